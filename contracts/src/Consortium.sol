// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LicenseLog} from "./LicenseLog.sol";
import {Catalogue} from "./consortium/Catalogue.sol";
import {Governance} from "./consortium/Governance.sol";
import {Registry} from "./consortium/Registry.sol";
import {IConsortium} from "./interfaces/IConsortium.sol";
import {ILicenseLog} from "./interfaces/ILicenseLog.sol";
import {ILicenseLogErrors} from "./interfaces/ILicenseLogErrors.sol";
import {
    Admission,
    GrantChange,
    HeadOpening,
    Holder,
    StatusWord,
    TypeChange
} from "./interfaces/Types.sol";
import {History} from "./libraries/History.sol";

/// @title Consortium
/// @notice Immutable; no owner, no proxy. Its regions change it by proposal, or go on in another
///         contract by naming a successor.
/// @dev Wiring: the constructor creates the LicenseLog (as this contract's first CREATE, nonce 1),
///      so both addresses are known before deployment, the two name each other from their first
///      block on, and a wrong pairing cannot be deployed.
contract Consortium is Registry, Catalogue, Governance, ILicenseLogErrors {
    using History for Holder[];
    using History for uint256[];

    /// @inheritdoc IConsortium
    address public immutable licenseLog;

    Holder[] private _successors;

    /// @param founders The first regions; at least as many as the quorum.
    /// @param quorum Approvals that a proposal needs.
    /// @param lifetime Blocks for which a proposal can be approved.
    /// @param reopenWindow Blocks that a cold key alone may reopen back (72 h of them).
    constructor(Admission[] memory founders, uint32 quorum, uint64 lifetime, uint64 reopenWindow)
        Governance(lifetime)
    {
        licenseLog = address(new LicenseLog(reopenWindow));
        for (uint256 i; i < founders.length; ++i) {
            _admit(founders[i]);
        }
        _setQuorum(quorum);
    }

    /// @inheritdoc IConsortium
    function reopenOwnLog(uint8 kind, HeadOpening calldata opening, address anchorKey)
        external
        returns (uint32 epoch)
    {
        uint32 region = governingRegion(msg.sender);
        _rotateAnchorKey(region, anchorKey);
        return ILicenseLog(licenseLog).reopen(region, kind, opening, false);
    }

    // --- actions of proposals -------------------------------------------------------------------

    /// @inheritdoc IConsortium
    function admitRegion(Admission calldata admission) external onlyByProposal {
        _admit(admission);
    }

    /// @inheritdoc IConsortium
    function removeRegion(uint32 region) external onlyByProposal {
        _remove(region);
        _requireQuorumPossible();
    }

    /// @inheritdoc IConsortium
    function replaceAdmin(uint32 region, address admin) external onlyByProposal {
        _replaceAdmin(region, admin);
    }

    /// @inheritdoc IConsortium
    function setTypes(TypeChange[] calldata changes) external onlyByProposal {
        _setTypes(changes);
    }

    /// @inheritdoc IConsortium
    function setGrants(uint32 region, GrantChange[] calldata changes) external onlyByProposal {
        _setGrants(region, changes);
    }

    /// @inheritdoc IConsortium
    function changeQuorum(uint32 quorum) external onlyByProposal {
        _setQuorum(quorum);
    }

    /// @inheritdoc IConsortium
    function reopenLog(uint32 region, uint8 kind, HeadOpening calldata opening)
        external
        onlyByProposal
    {
        _requireKnown(region);
        ILicenseLog(licenseLog).reopen(region, kind, opening, true);
    }

    /// @inheritdoc IConsortium
    function setStatuses(uint32 region, StatusWord[] calldata words) external onlyByProposal {
        _requireNoMember(region);
        ILicenseLog(licenseLog).setStatuses(region, words);
    }

    /// @inheritdoc IConsortium
    function nameSuccessor(address successor) external onlyByProposal {
        if (successor == address(0) || successor == address(this)) {
            revert SuccessorInvalid(successor);
        }
        uint64 since = History.nextBlock();
        _successors[_successors.asWords().place()] = Holder({sinceBlock: since, holder: successor});
        emit SuccessorNamed(successor, since);
    }

    /// @inheritdoc IConsortium
    function successorAt(uint64 blockNumber) external view returns (Holder memory found) {
        uint256 count = _successors.asWords().countUntil(blockNumber);
        if (count != 0) found = _successors[count - 1];
    }
}
