// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILicenseLogErrors} from "../interfaces/ILicenseLogErrors.sol";
import {StatusWord} from "../interfaces/Types.sol";

/// @title Two status bits for each license, 128 licenses to a word
/// @notice Pure rules; the same value type in Python is `ledger/status_word.py`.
/// @dev Index i of a log stands in word i / 128, in the pair of bits 2 * (i % 128):
///
///      | 255 254 |  …  |  3   2  |  1   0 |        0 in force   1 suspended
///      | 128w+127|  …  | 128w+1  |  128w  |        2 revoked    3 superseded
///
///      So a pair's high bit says that the status is final.
library StatusWords {
    /// @dev Licenses in a word.
    uint256 internal constant PER_WORD = 128;
    /// @dev The low bit of every pair.
    uint256 internal constant LOW = type(uint256).max / 3;
    /// @dev The high bit of every pair.
    uint256 internal constant HIGH = LOW << 1;

    /// @notice `words[index]` for an `index` that the caller keeps below the length.
    function element(StatusWord[] calldata words, uint256 index)
        internal
        pure
        returns (StatusWord calldata word)
    {
        assembly ("memory-safe") {
            word := add(words.offset, mul(index, 160))
        }
    }

    /// @notice The status of index `index` in its word.
    function statusAt(uint256 word, uint64 index) internal pure returns (uint8) {
        return uint8((word >> (2 * (index % PER_WORD))) & 3);
    }

    /// @notice `word` after the change, or a revert that names what is wrong with the change.
    /// @dev One test for all rules keeps a good change cheap; `_refuse` tells them apart. The
    ///      reason is read because reading is what rejects bits beyond a member's type: no change
    ///      that passed here is malformed as ABI.
    /// @param binding Bits that must not change once they are set: `HIGH` where final statuses
    ///        bind (the anchor key), else 0.
    function applied(uint256 word, StatusWord calldata change, uint256 binding)
        internal
        pure
        returns (uint256 next)
    {
        uint256 mask = change.mask;
        uint256 values = change.values;
        next = (word & ~mask) | values;
        uint256 wrong = (mask ^ _widened(mask & LOW)) | (values & ~mask)
            | (mask & LOW & ~_changedPairs(word ^ next)) | (word & mask & binding)
            | (uint256(change.reason) >> 8);
        if (mask == 0 || wrong != 0) _refuse(word, change);
    }

    /// @notice The bits of the change's mask that name an index outside [start, end).
    function outside(StatusWord calldata change, uint256 start, uint256 end)
        internal
        pure
        returns (uint256)
    {
        uint256 first = uint256(change.wordIndex) * PER_WORD;
        uint256 top = first + PER_WORD;
        if (end <= first || start >= top) return change.mask;
        uint256 inside = type(uint256).max;
        if (start > first) inside <<= 2 * (start - first);
        if (end < top) inside &= (1 << (2 * (end - first))) - 1;
        return change.mask & ~inside;
    }

    /// @notice The lowest index that `bits` names in word `wordIndex`; `bits` is not zero.
    function lowest(uint64 wordIndex, uint256 bits) internal pure returns (uint256 index) {
        index = uint256(wordIndex) * PER_WORD;
        for (; bits & 3 == 0; bits >>= 2) ++index;
    }

    /// @dev Revert by the name of the first rule that the change breaks. The rule on final
    ///      statuses comes last: it is what is left.
    function _refuse(uint256 word, StatusWord calldata change) private pure {
        uint256 mask = change.mask;
        uint256 values = change.values;
        uint32 epoch = change.epoch;
        uint64 wordIndex = change.wordIndex;
        if (mask == 0) revert ILicenseLogErrors.MaskEmpty(epoch, wordIndex);
        uint256 whole = _widened(mask & (mask >> 1) & LOW);
        if (mask != whole) revert ILicenseLogErrors.MaskNotWhole(epoch, wordIndex, mask ^ whole);
        if (values & ~mask != 0) {
            revert ILicenseLogErrors.ValuesOutsideMask(epoch, wordIndex, values & ~mask);
        }
        uint256 same = mask & LOW & ~_changedPairs((word ^ values) & mask);
        if (same != 0) {
            revert ILicenseLogErrors.StatusUnchanged(epoch, wordIndex, _widened(same));
        }
        revert ILicenseLogErrors.StatusFinal(
            epoch, wordIndex, _widened((word & mask & HIGH) >> 1)
        );
    }

    /// @dev The low bit of every pair in which `difference` has a bit.
    function _changedPairs(uint256 difference) private pure returns (uint256) {
        return (difference | (difference >> 1)) & LOW;
    }

    /// @dev Both bits of every pair whose low bit is given.
    function _widened(uint256 lowBits) private pure returns (uint256) {
        return lowBits | (lowBits << 1);
    }
}
