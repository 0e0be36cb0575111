// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Role} from "./Types.sol";

/// @title Why the consortium refuses
/// @notice Each refusal has one name and carries the values that disagree.
interface IConsortiumErrors {
    // --- who asks -------------------------------------------------------------------------------

    /// @notice The caller is not, and never was, the cold key of a region.
    error NotAdmin(address caller);
    /// @notice The caller's region has another cold key now.
    error AdminRetired(address caller, uint32 region);
    /// @notice The caller becomes the cold key only with block `sinceBlock`.
    error AdminNotYetEffective(address caller, uint64 sinceBlock);
    /// @notice The caller is not, and never was, the anchor key of a region.
    error NotAnchorKey(address caller);
    /// @notice The caller's region rotated to another anchor key, perhaps in this very block.
    error AnchorKeyRetired(address caller, uint32 region);
    /// @notice The caller becomes the anchor key only with block `sinceBlock`.
    error AnchorKeyNotYetEffective(address caller, uint64 sinceBlock);
    /// @notice Only a proposal that reached the quorum can do this.
    error OnlyByProposal(address caller);

    // --- regions and keys -----------------------------------------------------------------------

    /// @notice A region code has six digits and does not begin with zero (GB/T 2260).
    error RegionCodeInvalid(uint32 region);
    /// @notice No region of this code was ever admitted.
    error RegionUnknown(uint32 region);
    /// @notice The region was removed (or becomes active only with the next block).
    error RegionInactive(uint32 region);
    /// @notice The region is a member already, or still.
    error RegionActive(uint32 region);
    /// @notice The zero address cannot act for a region.
    error ZeroAddress();
    /// @notice The address served before; an address is used once, for one region and one role.
    error AddressAlreadyUsed(address key, uint32 region, Role role);
    /// @notice A key needs an algorithm and a value; neither may be zero.
    error KeyEmpty(uint8 algorithm, bytes32 x, bytes32 y);
    /// @notice The key is the current one already.
    error KeyUnchanged(uint32 region, uint256 number);
    /// @notice A region must say where its node is.
    error EndpointEmpty(uint32 region);
    /// @notice The endpoint has more than `limit` bytes.
    error EndpointTooLong(uint32 region, uint256 length, uint256 limit);

    // --- types and grants -----------------------------------------------------------------------

    /// @notice A batch must change something.
    error BatchEmpty();
    /// @notice A type hash is a SHA-256 digest and not zero.
    error TypeHashZero();
    /// @notice Levels are 1 open, 2 internal, 3 sensitive, 4 core.
    error LevelOutOfRange(bytes32 typeHash, uint8 level);
    /// @notice The type was never set, so it cannot be granted.
    error TypeUnknown(bytes32 typeHash);

    // --- proposals ------------------------------------------------------------------------------

    /// @notice There is no such action.
    error ActionUnknown(uint8 action);
    /// @notice There is no such proposal.
    error ProposalUnknown(uint256 id);
    /// @notice The proposal could be approved until block `expiresAtBlock`.
    error ProposalExpired(uint256 id, uint64 expiresAtBlock);
    /// @notice The proposal was carried out before.
    error ProposalAlreadyExecuted(uint256 id);
    /// @notice The region approved before; who held its cold key then does not matter.
    error AlreadyApproved(uint256 id, uint32 region);
    /// @notice The proposal's data are not the arguments of its action, or the gas ran out.
    error ProposalNotExecutable(uint256 id, uint8 action);
    /// @notice A quorum is at least 1 and never over the number of active regions.
    error QuorumOutOfRange(uint32 quorum, uint32 activeRegions);
    /// @notice A successor is another contract than this one.
    error SuccessorInvalid(address successor);
    /// @notice A span of blocks given to the constructor must not be zero.
    error SpanZero();
}
