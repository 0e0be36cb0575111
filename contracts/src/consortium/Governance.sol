// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "../interfaces/IConsortium.sol";
import {Action, ProposalView, Quorum} from "../interfaces/Types.sol";
import {History} from "../libraries/History.sol";
import {Membership} from "./Membership.sol";

/// @title How the regions decide
/// @notice A region's admin proposes, which is its approval; others approve; when the approvals of
///         regions that are active now reach the quorum in force, the proposal executes in the
///         same transaction, once. It expires. A region votes once, whoever holds its cold key;
///         the votes of a removed region do not count, also not after it came back.
/// @dev A proposal is a call of this contract to one of its own functions that only it may call.
///      `executed` is set before the call, so nothing that the call does can execute it again.
abstract contract Governance is Membership {
    using History for Quorum[];
    using History for uint256[];

    /// @dev A region's approval in its `term`-th membership.
    struct Vote {
        uint32 region;
        uint32 term;
    }

    struct Proposal {
        Action action;
        uint32 proposer;
        uint64 expiresAtBlock;
        bool executed;
        Vote[] votes;
        bytes data;
    }

    /// @inheritdoc IConsortium
    uint64 public immutable proposalLifetime;

    Quorum[] private _quorums;
    /// @dev By number, counted from 1.
    mapping(uint256 => Proposal) private _proposals;
    uint256 private _proposalCount;

    /// @param lifetime Blocks after its own for which a proposal can be approved; not zero.
    constructor(uint64 lifetime) {
        if (lifetime == 0) revert SpanZero();
        proposalLifetime = lifetime;
    }

    modifier onlyByProposal() {
        if (msg.sender != address(this)) revert OnlyByProposal(msg.sender);
        _;
    }

    // --- proposals ------------------------------------------------------------------------------

    /// @inheritdoc IConsortium
    function propose(uint8 action, bytes calldata data) external returns (uint256 id) {
        uint32 region = governingRegion(msg.sender);
        if (action > uint8(type(Action).max)) revert ActionUnknown(action);
        id = ++_proposalCount;
        Proposal storage created = _proposals[id];
        created.action = Action(action);
        created.proposer = region;
        created.expiresAtBlock = uint64(block.number) + proposalLifetime;
        created.data = data;
        emit ProposalCreated(id, region, created.action, created.expiresAtBlock, data);
        _vote(id, created, region);
    }

    /// @inheritdoc IConsortium
    function approve(uint256 id) external {
        uint32 region = governingRegion(msg.sender);
        Proposal storage open = _requireProposal(id);
        if (open.executed) revert ProposalAlreadyExecuted(id);
        if (block.number > open.expiresAtBlock) revert ProposalExpired(id, open.expiresAtBlock);
        _vote(id, open, region);
    }

    /// @dev Record the region's approval; execute if the approvals now suffice.
    function _vote(uint256 id, Proposal storage open, uint32 region) private {
        uint32 term = _region(region).term;
        for (uint256 i; i < open.votes.length; ++i) {
            Vote memory vote = open.votes[i];
            if (vote.region == region && vote.term == term) revert AlreadyApproved(id, region);
        }
        open.votes.push(Vote({region: region, term: term}));
        emit ProposalApproved(id, region);
        if (_countedVotes(open) >= quorumAt(uint64(block.number)).quorum) _execute(id, open);
    }

    /// @dev Carry out, or revert with the action's own refusal.
    function _execute(uint256 id, Proposal storage ready) private {
        ready.executed = true;
        bytes memory call = bytes.concat(_selector(ready.action), ready.data);
        (bool done, bytes memory answer) = address(this).call(call);
        if (!done) {
            if (answer.length == 0) revert ProposalNotExecutable(id, uint8(ready.action));
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        emit ProposalExecuted(id);
    }

    /// @dev The function that an action calls.
    function _selector(Action action) private pure returns (bytes4) {
        if (action == Action.AdmitRegion) return IConsortium.admitRegion.selector;
        if (action == Action.RemoveRegion) return IConsortium.removeRegion.selector;
        if (action == Action.ReplaceAdmin) return IConsortium.replaceAdmin.selector;
        if (action == Action.SetTypes) return IConsortium.setTypes.selector;
        if (action == Action.SetGrants) return IConsortium.setGrants.selector;
        if (action == Action.ChangeQuorum) return IConsortium.changeQuorum.selector;
        if (action == Action.ReopenLog) return IConsortium.reopenLog.selector;
        if (action == Action.SetStatuses) return IConsortium.setStatuses.selector;
        return IConsortium.nameSuccessor.selector;
    }

    /// @dev Votes that count in this block.
    function _countedVotes(Proposal storage open) private view returns (uint32 counted) {
        for (uint256 i; i < open.votes.length; ++i) {
            Vote memory vote = open.votes[i];
            if (_voteCounts(vote.region, vote.term)) ++counted;
        }
    }

    function _requireProposal(uint256 id) private view returns (Proposal storage) {
        if (id == 0 || id > _proposalCount) revert ProposalUnknown(id);
        return _proposals[id];
    }

    // --- quorum ---------------------------------------------------------------------------------

    /// @dev Require so many approvals from the next block on.
    function _setQuorum(uint32 quorum) internal {
        uint64 since = History.nextBlock();
        _quorums[_quorums.asWords().place()] = Quorum({sinceBlock: since, quorum: quorum});
        _requireQuorumPossible();
        emit QuorumChanged(quorum, since);
    }

    /// @dev The newest quorum is at least 1 and at most the newest number of active regions.
    ///      Called after every change of either, so the consortium can always decide.
    function _requireQuorumPossible() internal view {
        uint32 quorum = _quorums[_quorums.length - 1].quorum;
        uint32 active = _activeCount();
        if (quorum == 0 || quorum > active) revert QuorumOutOfRange(quorum, active);
    }

    // --- views ----------------------------------------------------------------------------------

    /// @inheritdoc IConsortium
    function quorumAt(uint64 blockNumber) public view returns (Quorum memory found) {
        uint256 count = _quorums.asWords().countUntil(blockNumber);
        if (count != 0) found = _quorums[count - 1];
    }

    /// @inheritdoc IConsortium
    function quorumHistory() external view returns (Quorum[] memory) {
        return _quorums;
    }

    /// @inheritdoc IConsortium
    function proposalCount() external view returns (uint256) {
        return _proposalCount;
    }

    /// @inheritdoc IConsortium
    function proposal(uint256 id) external view returns (ProposalView memory shown) {
        Proposal storage kept = _requireProposal(id);
        shown.action = kept.action;
        shown.proposer = kept.proposer;
        shown.expiresAtBlock = kept.expiresAtBlock;
        shown.executed = kept.executed;
        shown.counted = _countedVotes(kept);
        shown.data = kept.data;
        shown.approvals = new uint32[](kept.votes.length);
        for (uint256 i; i < kept.votes.length; ++i) {
            shown.approvals[i] = kept.votes[i].region;
        }
    }
}
