// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "../interfaces/IConsortium.sol";
import {ILicenseLog} from "../interfaces/ILicenseLog.sol";
import {EpochStart, HeadOpening, HeadWord, LICENSES} from "../interfaces/Types.sol";
import {Lineage} from "../libraries/Lineage.sol";
import {LogState} from "./LogState.sol";

/// @title Going on after a theft
/// @notice A thief with the anchor key can extend a log with leaves nobody knows, up to the size
///         limit. Reopening goes on from the last good head in a new epoch and disowns the rest.
///         It must not become a way to rewrite history, hence the limits of the cold key.
abstract contract Reopening is LogState {
    using Lineage for EpochStart[];

    /// @inheritdoc ILicenseLog
    uint64 public immutable reopenWindow;

    /// @param window Blocks that the cold key alone may go back, 72 h of them; not zero.
    constructor(uint64 window) {
        if (window == 0) revert SpanZero();
        reopenWindow = window;
    }

    /// @inheritdoc ILicenseLog
    function reopen(uint32 region, uint8 kind, HeadOpening calldata opening, bool byQuorum)
        external
        onlyConsortium
        returns (uint32 epoch)
    {
        Log storage log = _logOf(region, kind);
        if (!byQuorum) _requireWithinReach(region, kind, opening);
        _requireLiveHead(region, kind, opening);

        HeadWord memory abandoned = log.head;
        uint48 size = uint48(opening.size);
        epoch = ++log.reopenings;
        log.reopened.branch(opening.epoch, epoch, size);
        _setHead(log, epoch, size, size, opening.root);
        emit LogReopened(
            region,
            kind,
            epoch,
            opening.epoch,
            opening.size,
            opening.root,
            abandoned.epoch,
            abandoned.size,
            byQuorum
        );
    }

    /// @inheritdoc ILicenseLog
    function nextEpoch(uint32 region, uint8 kind) external view returns (uint32) {
        return _logOf(region, kind).reopenings + 1;
    }

    /// @inheritdoc ILicenseLog
    function lineage(uint32 region, uint8 kind) external view returns (EpochStart[] memory steps) {
        EpochStart[] storage reopened = _logOf(region, kind).reopened;
        steps = new EpochStart[](reopened.length + 1);
        for (uint256 i; i < reopened.length; ++i) {
            steps[i + 1] = reopened[i];
        }
    }

    /// @dev What the cold key alone may do. All that it can disown was anchored after the head it
    ///      names, so within the window. A reopened head gets no anchor of its own, so reopening
    ///      again and again never makes an old head young.
    function _requireWithinReach(uint32 region, uint8 kind, HeadOpening calldata opening)
        private
        view
    {
        if (kind != LICENSES) revert ReopeningNeedsQuorum(kind);
        uint64 since = opening.size == 0
            ? IConsortium(consortium).firstMemberBlock(region)
            : opening.blockNumber;
        if (block.number > uint256(since) + reopenWindow) {
            revert ReopeningTooFarBack(since, uint64(block.number) - reopenWindow);
        }
    }

    /// @dev The opening is an anchored head whose leaves are all live, or the empty log. The
    ///      window's block number is trusted only because the anchor slot commits to it.
    function _requireLiveHead(uint32 region, uint8 kind, HeadOpening calldata opening)
        private
        view
    {
        (, uint64 end) = _requireLiveEpoch(region, kind, opening.epoch);
        if (!_isEmptyLog(opening) && !_isAnchored(region, kind, opening)) {
            revert HeadNotAnchored(region, kind, opening.epoch, opening.size);
        }
        if (opening.size > end) revert HeadDisowned(opening.epoch, opening.size, end);
    }

    /// @dev The head before a log's first: size 0 of epoch 0, which has no anchor slot.
    function _isEmptyLog(HeadOpening calldata opening) private pure returns (bool) {
        return opening.size == 0 && opening.epoch == 0 && opening.root == 0
            && opening.previousSize == 0 && opening.blockNumber == 0 && opening.blockTime == 0;
    }
}
