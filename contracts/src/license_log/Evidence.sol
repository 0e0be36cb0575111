// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILicenseLog} from "../interfaces/ILicenseLog.sol";
import {HeadOpening, HeadWord, Reason} from "../interfaces/Types.sol";
import {Rfc9162} from "../libraries/Rfc9162.sol";
import {LogState} from "./LogState.sol";

/// @title What the log can show: heads, anchors, inclusion
/// @notice The first covering head of an index is the one with previousSize <= index < size. Its
///         block is the entry's anchor block, and no other head can be shown instead.
abstract contract Evidence is LogState {
    /// @inheritdoc ILicenseLog
    function head(uint32 region, uint8 kind) external view returns (HeadOpening memory) {
        Log storage log = _logOf(region, kind);
        HeadWord memory last = log.head;
        return HeadOpening({
            epoch: last.epoch,
            size: last.size,
            root: log.root,
            previousSize: last.previousSize,
            blockNumber: last.blockNumber,
            blockTime: last.blockTime
        });
    }

    /// @inheritdoc ILicenseLog
    function anchoredAt(uint32 region, uint8 kind, uint32 epoch, uint64 size)
        external
        view
        returns (bytes32)
    {
        return _anchor(region, kind, epoch, size);
    }

    /// @inheritdoc ILicenseLog
    function verifyInclusion(
        uint32 region,
        uint8 kind,
        HeadOpening calldata opening,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata inclusionProof
    ) external view {
        if (!_coversFirst(opening, index)) {
            revert NotFirstCoveringHead(index, opening.previousSize, opening.size);
        }
        if (!_isAnchored(region, kind, opening)) {
            revert HeadNotAnchored(region, kind, opening.epoch, opening.size);
        }
        _requireLive(region, kind, opening.epoch, index);
        if (!Rfc9162.isIncluded(leafHash, index, opening.size, opening.root, inclusionProof)) {
            revert NotIncluded(index, opening.size, leafHash, opening.root);
        }
    }

    /// @inheritdoc ILicenseLog
    function tryVerifyInclusion(
        uint32 region,
        uint8 kind,
        HeadOpening calldata opening,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata inclusionProof
    ) external view returns (Reason) {
        if (!_coversFirst(opening, index)) return Reason.Malformed;
        if (!_isAnchored(region, kind, opening)) return Reason.RootNotOnChain;
        if (_liveness(region, kind, opening.epoch, index) != Reason.Ok) return Reason.Disowned;
        if (!Rfc9162.isIncluded(leafHash, index, opening.size, opening.root, inclusionProof)) {
            return Reason.NotInLog;
        }
        return Reason.Ok;
    }

    /// @dev Whether the head, if it is anchored, is the one that covered `index` first.
    function _coversFirst(HeadOpening calldata opening, uint64 index) private pure returns (bool) {
        return opening.previousSize <= index && index < opening.size;
    }
}
