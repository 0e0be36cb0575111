// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILicenseLogErrors} from "../interfaces/ILicenseLogErrors.sol";
import {StatusWord} from "../interfaces/Types.sol";

/// @title Two status bits for each license, 128 licenses to a word
/// @notice Pure rules; the same value type in Python is `ledger/status_word.py`.
/// @dev Index i of a log stands in word i / 128, in the pair of bits 2 * (i % 128):
///
///      | 255 254 |  …  | 3 2 | 1 0 |        0 in force   1 suspended
///      | 128w+127|  …  |128w+1| 128w|       2 revoked    3 superseded
///
///      So a pair's high bit says that the status is final.
library StatusWords {
    /// @dev Licenses in a word.
    uint256 internal constant PER_WORD = 128;
    /// @dev The low bit of every pair.
    uint256 internal constant LOW = type(uint256).max / 3;
    /// @dev The high bit of every pair.
    uint256 internal constant HIGH = LOW << 1;

    /// @notice The status of index `index` in its word.
    function statusAt(uint256 word, uint64 index) internal pure returns (uint8) {
        return uint8((word >> (2 * (index % PER_WORD))) & 3);
    }

    /// @notice `word` after the change, or a revert that names what is wrong with the change.
    /// @param finalBinds Whether revoked and superseded may not change (they bind the anchor key).
    function applied(uint256 word, StatusWord calldata change, bool finalBinds)
        internal
        pure
        returns (uint256 next)
    {
        uint256 mask = change.mask;
        uint256 values = change.values;
        if (mask == 0) revert ILicenseLogErrors.MaskEmpty(change.epoch, change.wordIndex);
        uint256 pairs = mask & LOW;
        if (mask != pairs * 3) {
            uint256 halves = mask ^ (((mask & (mask >> 1)) & LOW) * 3);
            revert ILicenseLogErrors.MaskNotWhole(change.epoch, change.wordIndex, halves);
        }
        if (values & ~mask != 0) {
            revert ILicenseLogErrors.ValuesOutsideMask(
                change.epoch, change.wordIndex, values & ~mask
            );
        }
        next = (word & ~mask) | values;
        uint256 unchanged = pairs & ~_changedPairs(word ^ next);
        if (unchanged != 0) {
            revert ILicenseLogErrors.StatusUnchanged(change.epoch, change.wordIndex, unchanged * 3);
        }
        uint256 finals = word & mask & HIGH;
        if (finalBinds && finals != 0) {
            revert ILicenseLogErrors.StatusFinal(
                change.epoch, change.wordIndex, (finals >> 1) * 3
            );
        }
    }

    /// @notice The pairs of word `wordIndex` whose indices are in [start, end).
    function within(uint64 wordIndex, uint64 start, uint64 end)
        internal
        pure
        returns (uint256 pairs)
    {
        uint256 base = uint256(wordIndex) * PER_WORD;
        if (end <= base || start >= base + PER_WORD) return 0;
        pairs = type(uint256).max;
        if (start > base) pairs <<= 2 * (start - base);
        if (end < base + PER_WORD) pairs &= (1 << (2 * (end - base))) - 1;
    }

    /// @notice The lowest index that `pairs` names in word `wordIndex`; `pairs` is not zero.
    function lowest(uint64 wordIndex, uint256 pairs) internal pure returns (uint256 index) {
        index = uint256(wordIndex) * PER_WORD;
        for (; pairs & 3 == 0; pairs >>= 2) ++index;
    }

    /// @dev The low bit of every pair in which `difference` has a bit.
    function _changedPairs(uint256 difference) private pure returns (uint256) {
        return (difference | (difference >> 1)) & LOW;
    }
}
