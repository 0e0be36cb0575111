// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortiumErrors} from "./IConsortiumErrors.sol";
import {IConsortiumEvents} from "./IConsortiumEvents.sol";
import {
    Admission,
    Authority,
    Grant,
    GrantChange,
    HeadOpening,
    Holder,
    KeyMaterial,
    KeyRecord,
    KeyUse,
    ProposalView,
    Quorum,
    StatusWord,
    TypeChange,
    TypeState
} from "./Types.sol";

/// @title The consortium: its regions, their keys, what they may issue, how they decide
/// @notice Everything has a history by block number. A change made in block N holds from block
///         N + 1; a second change of the same thing in block N replaces the first. What was taken
///         away (a key, a membership) can no longer act in block N either, from the change on.
///         Views "as of" a block above the current one answer what would hold then if nothing
///         else changed. A view that finds no history answers zeros.
interface IConsortium is IConsortiumErrors, IConsortiumEvents {
    // --- a region alone (its admin) -------------------------------------------------------------

    /// @notice Rotate the caller's region to a new anchor key.
    function rotateAnchorKey(address anchorKey) external;

    /// @notice Rotate the caller's region to a new signing key.
    /// @return number The key's number.
    function rotateSigningKey(KeyMaterial calldata key) external returns (uint256 number);

    /// @notice Rotate the caller's region to a new encryption key.
    /// @return number The key's number.
    function rotateEncryptionKey(KeyMaterial calldata key) external returns (uint256 number);

    /// @notice Say where the node of the caller's region answers; at most 256 bytes.
    function setEndpoint(string calldata endpoint) external;

    /// @notice Reopen the caller's log after a theft of the anchor key, in one transaction with
    ///         its rotation. The old key cannot append after it, not even in the same block.
    /// @param kind Must be `licenses`; a parameter so that asking for `access` is refused by name.
    /// @param opening A head of the live lineage, at most the log's `reopenWindow` blocks old.
    /// @param anchorKey The new key; it may append from the next block on.
    /// @return epoch The new epoch.
    function reopenOwnLog(uint8 kind, HeadOpening calldata opening, address anchorKey)
        external
        returns (uint32 epoch);

    // --- proposals ------------------------------------------------------------------------------

    /// @notice Propose an action; the proposal counts as the caller's region's approval.
    /// @param action A value of `Action`.
    /// @param data ABI encoding of the arguments of the function that the action names.
    /// @return id The proposal's number, counted from 1.
    function propose(uint8 action, bytes calldata data) external returns (uint256 id);

    /// @notice Approve; the proposal executes by itself when the approvals of regions that are
    ///         active now reach the quorum. If its effects are refused, so is the approval.
    function approve(uint256 id) external;

    // --- actions of proposals (only this contract calls them) -----------------------------------

    /// @notice Make a region a member. One that returns brings a new admin and anchor key.
    function admitRegion(Admission calldata admission) external;

    /// @notice End a membership. Refused where fewer regions than the quorum would be left.
    function removeRegion(uint32 region) external;

    /// @notice Give an active region another cold key.
    function replaceAdmin(uint32 region, address admin) external;

    /// @notice Add, regrade, withdraw or bring back license types.
    function setTypes(TypeChange[] calldata changes) external;

    /// @notice Let a region issue types, or no longer.
    function setGrants(uint32 region, GrantChange[] calldata changes) external;

    /// @notice Require so many approvals from the next block on.
    function changeQuorum(uint32 quorum) external;

    /// @notice Reopen any log at any head of its live lineage.
    function reopenLog(uint32 region, uint8 kind, HeadOpening calldata opening) external;

    /// @notice Set statuses for a region that is no member, any transition.
    function setStatuses(uint32 region, StatusWord[] calldata words) external;

    /// @notice Name the contract in which the consortium goes on. This one is not stopped.
    function nameSuccessor(address successor) external;

    // --- views ----------------------------------------------------------------------------------

    /// @notice The log that this contract made and alone commands.
    function licenseLog() external view returns (address);

    /// @notice For how many blocks after its own a proposal can be approved.
    function proposalLifetime() external view returns (uint64);

    /// @notice The region for which `caller` may append now; reverts by name if there is none.
    function anchoringRegion(address caller) external view returns (uint32);

    /// @notice The region for which `caller` may govern now; reverts by name if there is none.
    function governingRegion(address caller) external view returns (uint32);

    /// @notice What became of an address.
    function keyUse(address key) external view returns (KeyUse memory);

    /// @notice All regions ever admitted, in the order of their first admission.
    function regions() external view returns (uint32[] memory);

    /// @notice How many regions are active once this block's changes hold.
    function activeRegions() external view returns (uint32);

    /// @notice First block for which the region was a member; reverts if it never was.
    function firstMemberBlock(uint32 region) external view returns (uint64);

    /// @notice How often the region was admitted.
    function termOf(uint32 region) external view returns (uint32);

    /// @notice Where the region's node answers.
    function endpointOf(uint32 region) external view returns (string memory);

    /// @notice Anchor key and membership as of a block.
    function authorityAt(uint32 region, uint64 blockNumber)
        external
        view
        returns (Authority memory);

    /// @notice All anchor keys and memberships, oldest first.
    function authorityHistory(uint32 region) external view returns (Authority[] memory);

    /// @notice The cold key as of a block.
    function adminAt(uint32 region, uint64 blockNumber) external view returns (Holder memory);

    /// @notice All cold keys, oldest first.
    function adminHistory(uint32 region) external view returns (Holder[] memory);

    /// @notice All signing keys; a key's number is its place.
    function signingKeys(uint32 region) external view returns (KeyRecord[] memory);

    /// @notice All encryption keys; a key's number is its place.
    function encryptionKeys(uint32 region) external view returns (KeyRecord[] memory);

    /// @notice A type's level and whether it is in use, as of a block.
    function typeAt(bytes32 typeHash, uint64 blockNumber) external view returns (TypeState memory);

    /// @notice All states of a type, oldest first.
    function typeHistory(bytes32 typeHash) external view returns (TypeState[] memory);

    /// @notice Whether a region was granted a type, as of a block.
    function grantAt(uint32 region, bytes32 typeHash, uint64 blockNumber)
        external
        view
        returns (Grant memory);

    /// @notice All grants and withdrawals of a type for a region, oldest first.
    function grantHistory(uint32 region, bytes32 typeHash) external view returns (Grant[] memory);

    /// @notice Check 5 of a verdict: as of the block, the region is active, the type in use and
    ///         granted to it.
    function mayIssue(uint32 region, bytes32 typeHash, uint64 blockNumber)
        external
        view
        returns (bool);

    /// @notice Approvals that a proposal needs, as of a block.
    function quorumAt(uint64 blockNumber) external view returns (Quorum memory);

    /// @notice All quorums, oldest first.
    function quorumHistory() external view returns (Quorum[] memory);

    /// @notice The successor named, as of a block.
    function successorAt(uint64 blockNumber) external view returns (Holder memory);

    /// @notice How many proposals were made; the newest has this number.
    function proposalCount() external view returns (uint256);

    /// @notice A proposal; reverts if there is none of this number.
    function proposal(uint256 id) external view returns (ProposalView memory);
}
