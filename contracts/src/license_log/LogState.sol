// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortiumErrors} from "../interfaces/IConsortiumErrors.sol";
import {ILicenseLog} from "../interfaces/ILicenseLog.sol";
import {
    ACCESS,
    EpochStart,
    HeadOpening,
    HeadWord,
    MAX_SIZE,
    Reason
} from "../interfaces/Types.sol";
import {Keys} from "../libraries/Keys.sol";
import {Lineage} from "../libraries/Lineage.sol";

/// @title What the license log stores, and when a position is live
/// @notice All state of the license log is declared here, so its storage layout has one page.
abstract contract LogState is ILicenseLog, IConsortiumErrors {
    using Lineage for EpochStart[];

    /// @dev One log. A proof of the newest head needs the slots of `root` and `head`; one of the
    ///      lineage the length of `reopened` and its elements.
    struct Log {
        bytes32 root;
        HeadWord head;
        EpochStart[] reopened;
        uint32 reopenings;
    }

    /// @dev One word of statuses; a struct, so that its slot is computed once for each change.
    struct StatusCell {
        uint256 word;
    }

    /// @inheritdoc ILicenseLog
    address public immutable consortium;

    /// @dev By `Keys.logKey`.
    mapping(uint256 => Log) private _logs;
    /// @dev By `Keys.anchorKey`; each is written once and never changed.
    mapping(uint256 => bytes32) private _anchors;
    /// @dev By `Keys.statusKey`; drawn in `StatusWords`.
    mapping(uint256 => StatusCell) private _statuses;

    constructor() {
        consortium = msg.sender;
    }

    modifier onlyConsortium() {
        if (msg.sender != consortium) revert NotConsortium(msg.sender);
        _;
    }

    /// @dev The log, or a revert for a kind that does not exist.
    function _logOf(uint32 region, uint8 kind) internal view returns (Log storage) {
        if (kind > ACCESS) revert KindUnknown(kind);
        return _logs[Keys.logKey(region, kind)];
    }

    /// @dev Make `size` and `root` the newest head, in this block.
    function _setHead(Log storage log, uint32 epoch, uint48 size, uint48 previous, bytes32 root)
        internal
    {
        log.root = root;
        log.head = HeadWord({
            size: size,
            previousSize: previous,
            epoch: epoch,
            blockNumber: uint64(block.number),
            blockTime: uint64(block.timestamp)
        });
    }

    /// @dev Keep the evidence of a head that extends `previous` in this block.
    function _setAnchor(
        uint32 region,
        uint8 kind,
        uint32 epoch,
        uint48 size,
        uint48 previous,
        bytes32 root
    ) internal {
        _anchors[Keys.anchorKey(region, kind, epoch, size)] =
            keccak256(abi.encode(root, previous, uint64(block.number), uint64(block.timestamp)));
    }

    /// @dev The anchor slot of a size, zero if it was never anchored.
    function _anchor(uint32 region, uint8 kind, uint32 epoch, uint64 size)
        internal
        view
        returns (bytes32)
    {
        if (size > MAX_SIZE) return 0;
        return _anchors[Keys.anchorKey(region, kind, epoch, uint48(size))];
    }

    /// @dev Whether a head was anchored with exactly these values.
    function _isAnchored(uint32 region, uint8 kind, HeadOpening calldata opening)
        internal
        view
        returns (bool)
    {
        return _anchor(region, kind, opening.epoch, opening.size)
            == keccak256(
                abi.encode(
                    opening.root, opening.previousSize, opening.blockNumber, opening.blockTime
                )
            );
    }

    /// @dev Where the statuses of a word's 128 licenses stand.
    function _statusCell(uint256 statusKey) internal view returns (StatusCell storage) {
        return _statuses[statusKey];
    }

    // --- which positions are live ---------------------------------------------------------------

    /// @dev The live range of an epoch on the lineage, or a revert.
    function _requireLiveEpoch(uint32 region, uint8 kind, uint32 epoch)
        internal
        view
        returns (uint64 start, uint64 end)
    {
        Log storage log = _logOf(region, kind);
        bool found;
        (found, start, end) = log.reopened.rangeOf(epoch, log.head.size);
        if (found) return (start, end);
        if (epoch > log.reopenings) revert EpochUnknown(region, kind, epoch);
        revert EpochDisowned(region, kind, epoch);
    }

    /// @dev Refuse a position outside the live range [start, end) of its epoch; else do nothing.
    ///      `end` is the log's size only in the newest epoch, the one of the newest head.
    function _requireInRange(
        uint32 region,
        uint8 kind,
        uint32 epoch,
        uint256 index,
        uint256 start,
        uint256 end
    ) internal view {
        if (index < start) revert PositionBeforeEpoch(epoch, index, uint64(start));
        if (index < end) return;
        if (epoch != _logOf(region, kind).head.epoch) {
            revert PositionDisowned(epoch, index, uint64(end));
        }
        revert PositionBeyondLog(epoch, index, uint64(end));
    }

    /// @dev Refuse a position that is not live.
    function _requireLive(uint32 region, uint8 kind, uint32 epoch, uint64 index) internal view {
        (uint64 start, uint64 end) = _requireLiveEpoch(region, kind, epoch);
        _requireInRange(region, kind, epoch, index, start, end);
    }

    /// @dev The same as a verdict's reason. A position below its epoch's start cannot exist, which
    ///      is `Malformed`; an epoch that was never opened has no head: `RootNotOnChain`.
    function _liveness(uint32 region, uint8 kind, uint32 epoch, uint64 index)
        internal
        view
        returns (Reason)
    {
        Log storage log = _logOf(region, kind);
        (bool found, uint64 start, uint64 end) = log.reopened.rangeOf(epoch, log.head.size);
        if (!found) return epoch > log.reopenings ? Reason.RootNotOnChain : Reason.Disowned;
        if (index < start) return Reason.Malformed;
        if (index < end) return Reason.Ok;
        return epoch == log.head.epoch ? Reason.NotAnchored : Reason.Disowned;
    }
}
