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
        _applyStatuses(region, words, false);
        emit StatusesCorrected(region, words);
    }

    /// @inheritdoc ILicenseLog
    function setStatuses(uint32 region, StatusWord[] calldata words) external onlyConsortium {
        if (words.length == 0) revert NoStatusWords();
        _applyStatuses(region, words, false);
        emit StatusesDecided(region, words);
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
        return _statusWord(Keys.statusKey(region, epoch, wordIndex));
    }

    /// @dev Apply in order; a later word sees what an earlier one did. The live range is looked up
    ///      once for each run of words of one epoch.
    /// @param finalBinds Whether revoked and superseded may not change.
    function _applyStatuses(uint32 region, StatusWord[] calldata words, bool finalBinds) internal {
        uint32 epoch;
        uint64 start;
        uint64 end;
        for (uint256 i; i < words.length; ++i) {
            StatusWord calldata word = words[i];
            if (i == 0 || word.epoch != epoch) {
                epoch = word.epoch;
                (start, end) = _requireLiveEpoch(region, LICENSES, epoch);
            }
            uint256 outside = word.mask & ~StatusWords.within(word.wordIndex, start, end);
            if (outside != 0) {
                uint256 index = StatusWords.lowest(word.wordIndex, outside);
                _requireInRange(region, LICENSES, epoch, index, start, end);
            }
            uint256 key = Keys.statusKey(region, epoch, word.wordIndex);
            _setStatusWord(key, StatusWords.applied(_statusWord(key), word, finalBinds));
        }
    }

    /// @dev The two bits of one license.
    function _statusAt(uint32 region, uint32 epoch, uint64 index) private view returns (uint8) {
        uint64 wordIndex = index / uint64(StatusWords.PER_WORD);
        return StatusWords.statusAt(_statusWord(Keys.statusKey(region, epoch, wordIndex)), index);
    }
}
