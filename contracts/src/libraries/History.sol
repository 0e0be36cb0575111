// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Authority, Grant, Holder, Quorum, TypeState} from "../interfaces/Types.sol";

/// @title Histories by block number
/// @notice A history is an array of one-slot checkpoints, oldest first, whose low 64 bits are the
///         first block for which they hold. So three slots prove what held as of block b: the
///         length, checkpoint i with sinceBlock <= b, and checkpoint i + 1 with sinceBlock > b
///         (or, where i is the last, its absence).
/// @dev The search sees every history as an array of words; the casts below are sound because each
///      struct fills exactly one slot and begins with `uint64 sinceBlock`.
library History {
    /// @notice First block for which a change made now holds.
    function nextBlock() internal view returns (uint64) {
        return uint64(block.number) + 1;
    }

    /// @notice Where a change made now is to be written: over the newest checkpoint if that, too,
    ///         holds only from the next block on, else behind it.
    function place(uint256[] storage words) internal returns (uint256 index) {
        index = words.length;
        if (index != 0 && uint64(words[index - 1]) > block.number) return index - 1;
        words.push();
    }

    /// @notice Number of checkpoints that hold from `blockNumber` or before; the last of them,
    ///         at this number less one, is the one in force. 0: nothing held yet.
    /// @dev Searched from the newest, which is nearly always the answer.
    function countUntil(uint256[] storage words, uint256 blockNumber)
        internal
        view
        returns (uint256 count)
    {
        count = words.length;
        while (count != 0 && uint64(words[count - 1]) > blockNumber) --count;
    }

    function asWords(Authority[] storage history) internal pure returns (uint256[] storage words) {
        assembly ("memory-safe") {
            words.slot := history.slot
        }
    }

    function asWords(Holder[] storage history) internal pure returns (uint256[] storage words) {
        assembly ("memory-safe") {
            words.slot := history.slot
        }
    }

    function asWords(TypeState[] storage history) internal pure returns (uint256[] storage words) {
        assembly ("memory-safe") {
            words.slot := history.slot
        }
    }

    function asWords(Grant[] storage history) internal pure returns (uint256[] storage words) {
        assembly ("memory-safe") {
            words.slot := history.slot
        }
    }

    function asWords(Quorum[] storage history) internal pure returns (uint256[] storage words) {
        assembly ("memory-safe") {
            words.slot := history.slot
        }
    }
}
