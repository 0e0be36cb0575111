// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortiumErrors} from "../interfaces/IConsortiumErrors.sol";
import {KeyMaterial, KeyRecord} from "../interfaces/Types.sol";
import {History} from "./History.sol";

/// @title Numbered keys of a region
/// @notice A key's number is its place in the array and never changes; receipts name keys by it.
///         Ranges of blocks [sinceBlock, endBlock) of one ring never overlap.
library KeyRing {
    /// @notice Make `key` current from the next block on and end the one before it. A key of which
    ///         the same holds already, so that it was never in force, is replaced in its place.
    function rotate(KeyRecord[] storage ring, uint32 region, KeyMaterial memory key)
        internal
        returns (uint256 number)
    {
        if (key.algorithm == 0 || (key.x | key.y) == 0) {
            revert IConsortiumErrors.KeyEmpty(key.algorithm, key.x, key.y);
        }
        uint64 since = History.nextBlock();
        number = ring.length;
        if (number != 0) {
            KeyRecord storage last = ring[number - 1];
            if (last.endBlock == 0 && _isSame(last, key)) {
                revert IConsortiumErrors.KeyUnchanged(region, number - 1);
            }
            if (last.sinceBlock == since) --number;
            else if (last.endBlock == 0) last.endBlock = since;
        }
        if (number == ring.length) ring.push();
        ring[number] = KeyRecord({
            algorithm: key.algorithm, sinceBlock: since, endBlock: 0, x: key.x, y: key.y
        });
    }

    /// @notice End the current key with the next block; the ring is not empty.
    function end(KeyRecord[] storage ring) internal {
        ring[ring.length - 1].endBlock = History.nextBlock();
    }

    function _isSame(KeyRecord storage record, KeyMaterial memory key) private view returns (bool) {
        return record.algorithm == key.algorithm && record.x == key.x && record.y == key.y;
    }
}
