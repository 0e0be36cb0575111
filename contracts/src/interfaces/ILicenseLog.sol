// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ILicenseLogErrors} from "./ILicenseLogErrors.sol";
import {EpochStart, HeadOpening, Reason, StatusWord} from "./Types.sol";

/// @title The regions' logs: heads that only grow, statuses, epochs
/// @notice Nothing about a person is here: roots of trees, and two bits for each license.
interface ILicenseLog is ILicenseLogErrors {
    /// @notice A head was accepted: it covers first the indices previousSize <= i < size. Its
    ///         block number and time are those of the block that holds this event.
    event Anchored(
        uint32 indexed region,
        uint8 indexed kind,
        uint32 epoch,
        uint64 size,
        uint64 previousSize,
        bytes32 root
    );
    /// @notice The region's anchor key changed statuses: word = word & ~mask | values, in order.
    event StatusesChanged(uint32 indexed region, StatusWord[] words);
    /// @notice The region's cold key corrected statuses, final ones too. Applied in the same way.
    event StatusesCorrected(uint32 indexed region, StatusWord[] words);
    /// @notice The quorum set statuses of a region that is no member. Applied in the same way.
    event StatusesDecided(uint32 indexed region, StatusWord[] words);
    /// @notice A log goes on in `epoch` from `size` and `root` of `fromEpoch`: later epochs leave
    ///         the lineage, and every position of them, and of `fromEpoch` at or above `size`, is
    ///         disowned. The head cut off was (`abandonedEpoch`, `abandonedSize`).
    event LogReopened(
        uint32 indexed region,
        uint8 indexed kind,
        uint32 epoch,
        uint32 fromEpoch,
        uint64 size,
        bytes32 root,
        uint32 abandonedEpoch,
        uint64 abandonedSize,
        bool byQuorum
    );

    /// @notice Anchor a head that extends the last one, and change statuses, in one transaction.
    ///         A replacement and the superseding of the old version go together this way.
    /// @dev The caller must be the effective anchor key of an active region, which is the log's
    ///      region. The first head of a log has nothing to extend: its proof is empty. The same
    ///      size with the same root is allowed when statuses change; it makes no new anchor.
    ///      After a reopening the first append states the reopened size as its previous size.
    /// @param kind 0 licenses, 1 access.
    /// @param newSize Leaves of the new tree, at most 2**48 - 1.
    /// @param newRoot RFC 9162 root over them.
    /// @param consistencyProof RFC 9162 §2.1.4 proof from the anchored size to `newSize`.
    /// @param statusWords Changes of statuses, applied in order, at positions below `newSize`.
    function append(
        uint8 kind,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata consistencyProof,
        StatusWord[] calldata statusWords
    ) external;

    /// @notice Correct wrong statuses, final ones too. Only a region's admin, visibly.
    function correctStatuses(StatusWord[] calldata words) external;

    /// @notice Set statuses of a region that is no member. Only the consortium, for its quorum.
    function setStatuses(uint32 region, StatusWord[] calldata words) external;

    /// @notice Go on from an anchored head on the live lineage in a new epoch. Only the
    ///         consortium, which rotates the anchor key in the same transaction or has a quorum.
    /// @dev Size 0 of epoch 0 stands for the empty log, with every other field zero: a thief may
    ///      have made a log's very first head. It counts as old as the region's first admission.
    /// @param byQuorum False: kind must be `licenses` and the head at most `reopenWindow` old.
    /// @return epoch The new epoch.
    function reopen(uint32 region, uint8 kind, HeadOpening calldata opening, bool byQuorum)
        external
        returns (uint32 epoch);

    /// @notice The contract that says who may append.
    function consortium() external view returns (address);

    /// @notice How many blocks back the cold key alone may reopen.
    function reopenWindow() external view returns (uint64);

    /// @notice The newest head. A log that has none answers zeros; so does the empty log.
    function head(uint32 region, uint8 kind) external view returns (HeadOpening memory);

    /// @notice keccak256(abi.encode(root, previousSize, blockNumber, blockTime)) of the head
    ///         anchored with this size, zero if there is none.
    function anchoredAt(uint32 region, uint8 kind, uint32 epoch, uint64 size)
        external
        view
        returns (bytes32);

    /// @notice The live lineage, oldest first. It always begins with (0, 0).
    function lineage(uint32 region, uint8 kind) external view returns (EpochStart[] memory);

    /// @notice The epoch that the next reopening opens.
    function nextEpoch(uint32 region, uint8 kind) external view returns (uint32);

    /// @notice Status of a license: 0 in force, 1 suspended, 2 revoked, 3 superseded. Reverts by
    ///         name where the position is not live.
    function statusOf(uint32 region, uint32 epoch, uint64 index) external view returns (uint8);

    /// @notice The same as a verdict's reason: `Ok` in force; `NotAnchored` beyond the log.
    function tryStatusOf(uint32 region, uint32 epoch, uint64 index) external view returns (Reason);

    /// @notice The packed statuses of indices 128 * wordIndex and the 127 after it.
    function statusWordAt(uint32 region, uint32 epoch, uint64 wordIndex)
        external
        view
        returns (uint256);

    /// @notice Prove that a live leaf stands at `index` and that `opening` is the anchored head
    ///         that first covered it. Reverts by name otherwise.
    function verifyInclusion(
        uint32 region,
        uint8 kind,
        HeadOpening calldata opening,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata inclusionProof
    ) external view;

    /// @notice The same as a verdict's reason: `Ok`, `Malformed` (not the first covering head),
    ///         `RootNotOnChain`, `Disowned` or `NotInLog`.
    function tryVerifyInclusion(
        uint32 region,
        uint8 kind,
        HeadOpening calldata opening,
        bytes32 leafHash,
        uint64 index,
        bytes32[] calldata inclusionProof
    ) external view returns (Reason);
}
