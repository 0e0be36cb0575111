// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Action} from "./Types.sol";

/// @title What happened in the consortium
/// @notice The events alone rebuild the whole state. A change holds for blocks >= `sinceBlock`;
///         a later event of the same subject with the same `sinceBlock` replaces the earlier one.
interface IConsortiumEvents {
    /// @notice A region became (again) a member. The keys and the endpoint that it brought follow
    ///         in events of their own in the same transaction. `term` counts its admissions from 1.
    event RegionAdmitted(
        uint32 indexed region, address admin, address anchorKey, uint32 term, uint64 sinceBlock
    );
    /// @notice A region stopped being a member: its anchor key, its admin and its current signing
    ///         and encryption keys end with block `sinceBlock`, and its open votes stop counting.
    event RegionRemoved(uint32 indexed region, address anchorKey, uint64 sinceBlock);
    /// @notice A region's cold key was replaced.
    event AdminReplaced(uint32 indexed region, address admin, address previous, uint64 sinceBlock);
    /// @notice A region's anchor key was rotated. `previous` cannot append any more, from now on.
    event AnchorKeyRotated(
        uint32 indexed region, address anchorKey, address previous, uint64 sinceBlock
    );
    /// @notice Key `number` signs for the region; the key before it ends with block `sinceBlock`.
    event SigningKeyRotated(
        uint32 indexed region,
        uint256 indexed number,
        uint8 algorithm,
        bytes32 x,
        bytes32 y,
        uint64 sinceBlock
    );
    /// @notice Messages to the region are sealed to key `number`; the one before it ends.
    event EncryptionKeyRotated(
        uint32 indexed region,
        uint256 indexed number,
        uint8 algorithm,
        bytes32 x,
        bytes32 y,
        uint64 sinceBlock
    );
    /// @notice The region's node answers at `endpoint`.
    event EndpointChanged(uint32 indexed region, string endpoint, uint64 sinceBlock);
    /// @notice A license type was added, regraded, withdrawn or brought back.
    event TypeSet(bytes32 indexed typeHash, uint8 level, bool active, uint64 sinceBlock);
    /// @notice A region may, or may no longer, issue a type.
    event GrantSet(
        uint32 indexed region, bytes32 indexed typeHash, bool granted, uint64 sinceBlock
    );
    /// @notice So many active regions must approve a proposal.
    event QuorumChanged(uint32 quorum, uint64 sinceBlock);
    /// @notice The consortium goes on in another contract; this one stays readable and usable.
    event SuccessorNamed(address indexed successor, uint64 sinceBlock);
    /// @notice A region proposed, which counts as its approval. Approvable up to and including
    ///         block `expiresAtBlock`.
    event ProposalCreated(
        uint256 indexed id,
        uint32 indexed region,
        Action indexed action,
        uint64 expiresAtBlock,
        bytes data
    );
    /// @notice A region approved.
    event ProposalApproved(uint256 indexed id, uint32 indexed region);
    /// @notice The approvals of active regions reached the quorum; the effects stand before this.
    event ProposalExecuted(uint256 indexed id);
}
