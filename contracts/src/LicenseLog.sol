// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "./interfaces/IConsortium.sol";
import {ILicenseLog} from "./interfaces/ILicenseLog.sol";
import {HeadWord, LICENSES, MAX_SIZE, StatusWord} from "./interfaces/Types.sol";
import {Evidence} from "./license_log/Evidence.sol";
import {Reopening} from "./license_log/Reopening.sol";
import {Statuses} from "./license_log/Statuses.sol";
import {Rfc9162} from "./libraries/Rfc9162.sol";

/// @title LicenseLog
/// @notice Immutable; nobody can change its rules, pause it or take a head back. It trusts the
///         consortium that made it to say who may act for a region, and nothing else.
/// @dev Wiring: the Consortium's constructor creates this contract, so the two name each other
///      from their first block on, and a wrong pairing cannot be deployed. A LicenseLog that
///      something else deployed obeys that thing and belongs to no consortium: `licenseLog()`
///      there and `consortium()` here must agree (a trust file pins addresses and code hashes).
contract LicenseLog is Statuses, Reopening, Evidence {
    /// @param window Blocks that the cold key alone may reopen back, 72 h of them; not zero.
    constructor(uint64 window) Reopening(window) {}

    /// @inheritdoc ILicenseLog
    function append(
        uint8 kind,
        uint64 newSize,
        bytes32 newRoot,
        bytes32[] calldata consistencyProof,
        StatusWord[] calldata statusWords
    ) external {
        uint32 region = IConsortium(consortium).anchoringRegion(msg.sender);
        Log storage log = _logOf(region, kind);
        if (statusWords.length != 0 && kind != LICENSES) revert KindHasNoStatus(kind);

        HeadWord memory last = log.head;
        if (newSize != last.size) {
            _requireExtends(log.root, last.size, newRoot, newSize, consistencyProof);
            _setHead(log, last.epoch, uint48(newSize), last.size, newRoot);
            _setAnchor(region, kind, last.epoch, uint48(newSize), last.size, newRoot);
            emit Anchored(region, kind, last.epoch, newSize, last.size, newRoot);
        } else {
            if (statusWords.length == 0) revert NothingToAnchor(newSize);
            if (newRoot != log.root) revert RootChanged(newSize, log.root, newRoot);
            if (consistencyProof.length != 0) revert ProofUnexpected(consistencyProof.length);
        }
        // The new head stands before the statuses, so they may name what it has just covered.
        if (statusWords.length != 0) {
            _applyStatuses(region, statusWords, true, StatusesChanged.selector);
        }
    }

    /// @dev Refuse a head that is not a proven extension of the last one.
    function _requireExtends(
        bytes32 root,
        uint64 size,
        bytes32 newRoot,
        uint64 newSize,
        bytes32[] calldata proof
    ) private view {
        if (newSize < size) revert SizeDecreased(size, newSize);
        if (newSize > MAX_SIZE) revert SizeTooLarge(newSize, MAX_SIZE);
        if (newRoot == 0) revert RootZero();
        if (size == 0) {
            if (proof.length != 0) revert ProofUnexpected(proof.length);
        } else if (!Rfc9162.isConsistent(size, newSize, root, newRoot, proof)) {
            revert NotConsistent(size, root, newSize, newRoot);
        }
    }
}
