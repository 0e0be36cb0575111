// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Why the license log refuses
/// @notice Each refusal has one name and carries the values that disagree.
interface ILicenseLogErrors {
    // --- appending ------------------------------------------------------------------------------

    /// @notice A region has two logs: 0 licenses, 1 access.
    error KindUnknown(uint8 kind);
    /// @notice Only the consortium's contract may ask for this.
    error NotConsortium(address caller);
    /// @notice Sizes stay below 2**48.
    error SizeTooLarge(uint64 newSize, uint64 limit);
    /// @notice A log only grows.
    error SizeDecreased(uint64 size, uint64 newSize);
    /// @notice The size is the anchored one and no status changes.
    error NothingToAnchor(uint64 size);
    /// @notice One size of one epoch has one root.
    error RootChanged(uint64 size, bytes32 root, bytes32 newRoot);
    /// @notice The root of a log that is not empty is not zero.
    error RootZero();
    /// @notice Nothing is to be proved, so the proof must be empty.
    error ProofUnexpected(uint256 length);
    /// @notice The proof does not show that the new head extends the old one (RFC 9162 §2.1.4).
    error NotConsistent(uint64 size, bytes32 root, uint64 newSize, bytes32 newRoot);

    // --- statuses -------------------------------------------------------------------------------

    /// @notice Only licenses have a status.
    error KindHasNoStatus(uint8 kind);
    /// @notice A status word must name at least one license.
    error MaskEmpty(uint32 epoch, uint64 wordIndex);
    /// @notice A mask names both bits of a status or none; `halves` are the single ones.
    error MaskNotWhole(uint32 epoch, uint64 wordIndex, uint256 halves);
    /// @notice Values may be set only where the mask is.
    error ValuesOutsideMask(uint32 epoch, uint64 wordIndex, uint256 outside);
    /// @notice These statuses already are what they are to become.
    error StatusUnchanged(uint32 epoch, uint64 wordIndex, uint256 pairs);
    /// @notice Revoked and superseded are final for the anchor key.
    error StatusFinal(uint32 epoch, uint64 wordIndex, uint256 pairs);
    /// @notice A correction or a decision must change something.
    error NoStatusWords();

    // --- positions ------------------------------------------------------------------------------

    /// @notice The log was never reopened so often.
    error EpochUnknown(uint32 region, uint8 kind, uint32 epoch);
    /// @notice A reopening further back took the whole epoch off the live lineage.
    error EpochDisowned(uint32 region, uint8 kind, uint32 epoch);
    /// @notice The epoch begins at `start`; what is below belongs to an epoch before it.
    error PositionBeforeEpoch(uint32 epoch, uint256 index, uint64 start);
    /// @notice A reopening at `end` disowned what this epoch held from there on.
    error PositionDisowned(uint32 epoch, uint256 index, uint64 end);
    /// @notice The log has `size` leaves.
    error PositionBeyondLog(uint32 epoch, uint256 index, uint64 size);

    // --- heads, reopening, inclusion ------------------------------------------------------------

    /// @notice No such head was anchored, or not with this root, previous size, block and time.
    error HeadNotAnchored(uint32 region, uint8 kind, uint32 epoch, uint64 size);
    /// @notice The head was anchored, but a reopening at `end` disowned it.
    error HeadDisowned(uint32 epoch, uint64 size, uint64 end);
    /// @notice The cold key alone reopens only `licenses`.
    error ReopeningNeedsQuorum(uint8 kind);
    /// @notice The head is older than the cold key alone may go back; the quorum may.
    error ReopeningTooFarBack(uint64 blockNumber, uint64 oldestBlock);
    /// @notice The head covers first the indices previousSize <= index < size.
    error NotFirstCoveringHead(uint64 index, uint64 previousSize, uint64 size);
    /// @notice The proof does not lead from the leaf to the root (RFC 9162 §2.1.3).
    error NotIncluded(uint64 index, uint64 size, bytes32 leafHash, bytes32 root);
}
