// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "../interfaces/IConsortium.sol";
import {ILicenseLog} from "../interfaces/ILicenseLog.sol";
import {LICENSES, Reason, StatusWord} from "../interfaces/Types.sol";
import {Keys} from "../libraries/Keys.sol";
import {StatusWords} from "../libraries/StatusWords.sol";
import {LogState} from "./LogState.sol";

/// @title Who may change which status
/// @notice The anchor key (through `append`): from in force and suspended to anything; revoked and
///         superseded bind it. The cold key and, for a region that is no member, the quorum:
///         anything, each with an event of its own. Only live positions have a status.
abstract contract Statuses is LogState {
    /// @inheritdoc ILicenseLog
    function correctStatuses(StatusWord[] calldata words) external {
        uint32 region = IConsortium(consortium).governingRegion(msg.sender);
        if (words.length == 0) revert NoStatusWords();
        _applyStatuses(region, words, false, StatusesCorrected.selector);
    }

    /// @inheritdoc ILicenseLog
    function setStatuses(uint32 region, StatusWord[] calldata words) external onlyConsortium {
        if (words.length == 0) revert NoStatusWords();
        _applyStatuses(region, words, false, StatusesDecided.selector);
    }

    /// @inheritdoc ILicenseLog
    function statusOf(uint32 region, uint32 epoch, uint64 index) external view returns (uint8) {
        _requireLive(region, LICENSES, epoch, index);
        return _statusAt(region, epoch, index);
    }

    /// @inheritdoc ILicenseLog
    function tryStatusOf(uint32 region, uint32 epoch, uint64 index)
        external
        view
        returns (Reason reason)
    {
        reason = _liveness(region, LICENSES, epoch, index);
        if (reason != Reason.Ok) return reason;
        uint8 status = _statusAt(region, epoch, index);
        if (status == 0) return Reason.Ok;
        if (status == 1) return Reason.Suspended;
        return status == 2 ? Reason.Revoked : Reason.Superseded;
    }

    /// @inheritdoc ILicenseLog
    function statusWordAt(uint32 region, uint32 epoch, uint64 wordIndex)
        external
        view
        returns (uint256)
    {
        return _statusCell(Keys.statusKey(region, epoch, wordIndex)).word;
    }

    /// @dev Apply in order; a later word sees what an earlier one did. The live range is looked up
    ///      once for each run of words of one epoch. Needs at least one word.
    /// @param finalBinds Whether revoked and superseded may not change.
    /// @param topic Selector of the event that reports the change.
    function _applyStatuses(
        uint32 region,
        StatusWord[] calldata words,
        bool finalBinds,
        bytes32 topic
    ) internal {
        uint256 binding = finalBinds ? StatusWords.HIGH : 0;
        uint32 epoch = words[0].epoch;
        (uint256 start, uint256 end) = _requireLiveEpoch(region, LICENSES, epoch);
        uint256 count = words.length;
        unchecked {
            for (uint256 i; i < count; ++i) {
                StatusWord calldata word = StatusWords.element(words, i);
                if (word.epoch != epoch) {
                    epoch = word.epoch;
                    (start, end) = _requireLiveEpoch(region, LICENSES, epoch);
                }
                uint256 wordIndex = word.wordIndex;
                uint256 first = wordIndex * StatusWords.PER_WORD;
                if (first < start || first + StatusWords.PER_WORD > end) {
                    _requireInside(region, word, start, end);
                }
                StatusCell storage cell = _statusCell(Keys.statusKey(region, epoch, wordIndex));
                cell.word = StatusWords.applied(cell.word, word, binding);
            }
        }
        _report(topic, region, words);
    }

    /// @dev Refuse a word that names an index outside the live range [start, end) of its epoch.
    function _requireInside(uint32 region, StatusWord calldata word, uint256 start, uint256 end)
        private
        view
    {
        uint256 outside = StatusWords.outside(word, start, end);
        if (outside == 0) return;
        uint256 index = StatusWords.lowest(word.wordIndex, outside);
        _requireInRange(region, LICENSES, word.epoch, index, start, end);
    }

    /// @dev Emit an event of the shape (uint32 indexed region, StatusWord[] words). The words are
    ///      copied as they came, which is their ABI encoding: a word with bits beyond a member's type
    ///      did not get past `StatusWords.applied`.
    function _report(bytes32 topic, uint32 region, StatusWord[] calldata words) private {
        assembly ("memory-safe") {
            let data := mload(0x40)
            let size := mul(words.length, 160)
            mstore(data, 32)
            mstore(add(data, 32), words.length)
            calldatacopy(add(data, 64), words.offset, size)
            log2(data, add(size, 64), topic, region)
        }
    }

    /// @dev The two bits of one license.
    function _statusAt(uint32 region, uint32 epoch, uint64 index) private view returns (uint8) {
        uint64 wordIndex = index / uint64(StatusWords.PER_WORD);
        return StatusWords.statusAt(_statusCell(Keys.statusKey(region, epoch, wordIndex)).word, index);
    }
}
