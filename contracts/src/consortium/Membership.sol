// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "../interfaces/IConsortium.sol";
import {
    Admission,
    Authority,
    Holder,
    KeyMaterial,
    KeyRecord,
    KeyUse,
    Role
} from "../interfaces/Types.sol";
import {History} from "../libraries/History.sol";
import {KeyRing} from "../libraries/KeyRing.sol";

/// @title Who belongs, and who may act for whom
/// @notice Regions with their cold key (admin), hot key (anchor key), signing and encryption keys
///         and endpoint, each with its history.
/// @dev An address serves once, for one region in one role, ever: so an address alone says for
///      whom it acts, a stolen key never comes back, and hot and cold are never the same. Its
///      `KeyUse` word answers in one read what the histories say at length; every change goes
///      through `_appoint` and `_retire`, which keep the two equal. A retired address is refused
///      from the change on, though its history ends only with the block.
abstract contract Membership is IConsortium {
    using History for Authority[];
    using History for Holder[];
    using History for uint256[];
    using KeyRing for KeyRecord[];

    /// @dev All that is kept of one region. `term` counts its admissions.
    struct Region {
        Authority[] authorities;
        Holder[] admins;
        KeyRecord[] signingKeys;
        KeyRecord[] encryptionKeys;
        string endpoint;
        uint32 term;
    }

    /// @dev Longest endpoint, in bytes.
    uint256 private constant ENDPOINT_LIMIT = 256;

    mapping(uint32 => Region) private _regions;
    mapping(address => KeyUse) private _keyUses;
    uint32[] private _codes;
    uint32 private _active;

    // --- admission and removal ------------------------------------------------------------------

    /// @dev Make a region a member from the next block on.
    function _admit(Admission memory admission) internal {
        uint32 code = admission.region;
        if (code < 100000 || code > 999999) revert RegionCodeInvalid(code);
        Region storage region = _regions[code];
        if (_isMember(region)) revert RegionActive(code);
        if (region.term == 0) _codes.push(code);
        ++_active;
        ++region.term;
        uint64 since = History.nextBlock();

        _appoint(admission.admin, code, Role.Admin);
        _appoint(admission.anchorKey, code, Role.AnchorKey);
        _write(region.admins, admission.admin);
        _write(region.authorities, admission.anchorKey, true);
        emit RegionAdmitted(code, admission.admin, admission.anchorKey, region.term, since);
        _rotateSigningKey(code, admission.signingKey);
        _rotateEncryptionKey(code, admission.encryptionKey);
        _setEndpoint(code, admission.endpoint);
    }

    /// @dev End a membership with the next block; its keys are refused from now on.
    function _remove(uint32 code) internal {
        Region storage region = _requireMember(code);
        address anchorKey = _newestAuthority(region).anchorKey;
        _retire(anchorKey);
        _retire(_newestAdmin(region));
        --_active;
        _write(region.authorities, anchorKey, false);
        region.signingKeys.end();
        region.encryptionKeys.end();
        emit RegionRemoved(code, anchorKey, History.nextBlock());
    }

    // --- keys and endpoint ----------------------------------------------------------------------

    /// @dev Give a member another cold key.
    function _replaceAdmin(uint32 code, address admin) internal {
        Region storage region = _requireMember(code);
        address previous = _newestAdmin(region);
        _appoint(admin, code, Role.Admin);
        _retire(previous);
        _write(region.admins, admin);
        emit AdminReplaced(code, admin, previous, History.nextBlock());
    }

    /// @dev Give a member another hot key.
    function _rotateAnchorKey(uint32 code, address anchorKey) internal {
        Region storage region = _requireMember(code);
        address previous = _newestAuthority(region).anchorKey;
        _appoint(anchorKey, code, Role.AnchorKey);
        _retire(previous);
        _write(region.authorities, anchorKey, true);
        emit AnchorKeyRotated(code, anchorKey, previous, History.nextBlock());
    }

    /// @dev Give a region another signing key.
    function _rotateSigningKey(uint32 code, KeyMaterial memory key)
        internal
        returns (uint256 number)
    {
        number = _regions[code].signingKeys.rotate(code, key);
        emit SigningKeyRotated(code, number, key.algorithm, key.x, key.y, History.nextBlock());
    }

    /// @dev Give a region another encryption key.
    function _rotateEncryptionKey(uint32 code, KeyMaterial memory key)
        internal
        returns (uint256 number)
    {
        number = _regions[code].encryptionKeys.rotate(code, key);
        emit EncryptionKeyRotated(code, number, key.algorithm, key.x, key.y, History.nextBlock());
    }

    /// @dev Replace a region's endpoint; earlier ones stand in the events.
    function _setEndpoint(uint32 code, string memory endpoint) internal {
        uint256 length = bytes(endpoint).length;
        if (length == 0) revert EndpointEmpty(code);
        if (length > ENDPOINT_LIMIT) revert EndpointTooLong(code, length, ENDPOINT_LIMIT);
        _regions[code].endpoint = endpoint;
        emit EndpointChanged(code, endpoint, History.nextBlock());
    }

    // --- who may act ----------------------------------------------------------------------------

    /// @inheritdoc IConsortium
    function anchoringRegion(address caller) public view returns (uint32) {
        KeyUse memory use = _keyUses[caller];
        if (use.role != Role.AnchorKey) revert NotAnchorKey(caller);
        if (use.retired) {
            _requireMember(use.region);
            revert AnchorKeyRetired(caller, use.region);
        }
        if (use.sinceBlock > block.number) revert AnchorKeyNotYetEffective(caller, use.sinceBlock);
        return use.region;
    }

    /// @inheritdoc IConsortium
    function governingRegion(address caller) public view returns (uint32) {
        KeyUse memory use = _keyUses[caller];
        if (use.role != Role.Admin) revert NotAdmin(caller);
        if (use.retired) {
            _requireMember(use.region);
            revert AdminRetired(caller, use.region);
        }
        if (use.sinceBlock > block.number) revert AdminNotYetEffective(caller, use.sinceBlock);
        return use.region;
    }

    /// @dev A region that is a member, counting this block's changes; else a revert.
    function _requireMember(uint32 code) internal view returns (Region storage region) {
        region = _requireKnown(code);
        if (!_isMember(region)) revert RegionInactive(code);
    }

    /// @dev A region that was ever admitted, else a revert.
    function _requireKnown(uint32 code) internal view returns (Region storage region) {
        region = _regions[code];
        if (region.term == 0) revert RegionUnknown(code);
    }

    /// @dev Refuse a region that is a member, or was never one.
    function _requireNoMember(uint32 code) internal view {
        if (_isMember(_requireKnown(code))) revert RegionActive(code);
    }

    /// @dev Whether a vote of the region's `term` counts: it is active in this block, and was not
    ///      removed since (nor in this block). A region that came back votes anew.
    function _voteCounts(uint32 code, uint32 term) internal view returns (bool) {
        Region storage region = _regions[code];
        return region.term == term && _isMember(region)
            && _authorityAt(region, block.number).active;
    }

    // --- readers of state -----------------------------------------------------------------------

    function _region(uint32 code) internal view returns (Region storage) {
        return _regions[code];
    }

    function _keyUse(address key) internal view returns (KeyUse memory) {
        return _keyUses[key];
    }

    function _regionCodes() internal view returns (uint32[] memory) {
        return _codes;
    }

    function _activeCount() internal view returns (uint32) {
        return _active;
    }

    /// @dev What held as of a block; zeros if nothing did.
    function _authorityAt(Region storage region, uint256 blockNumber)
        internal
        view
        returns (Authority memory found)
    {
        uint256 count = region.authorities.asWords().countUntil(blockNumber);
        if (count != 0) found = region.authorities[count - 1];
    }

    function _newestAuthority(Region storage region) private view returns (Authority memory) {
        return region.authorities[region.authorities.length - 1];
    }

    function _newestAdmin(Region storage region) private view returns (address) {
        return region.admins[region.admins.length - 1].holder;
    }

    function _isMember(Region storage region) private view returns (bool) {
        return region.term != 0 && _newestAuthority(region).active;
    }

    // --- writers of state -----------------------------------------------------------------------

    /// @dev Bind a fresh address to a region and a role, from the next block on.
    function _appoint(address key, uint32 code, Role role) private {
        if (key == address(0)) revert ZeroAddress();
        KeyUse memory use = _keyUses[key];
        if (use.role != Role.None) revert AddressAlreadyUsed(key, use.region, use.role);
        _keyUses[key] =
            KeyUse({region: code, role: role, sinceBlock: History.nextBlock(), retired: false});
    }

    /// @dev From now on the address acts for nobody.
    function _retire(address key) private {
        _keyUses[key].retired = true;
    }

    function _write(Authority[] storage history, address anchorKey, bool active) private {
        history[history.asWords().place()] =
            Authority({sinceBlock: History.nextBlock(), anchorKey: anchorKey, active: active});
    }

    function _write(Holder[] storage history, address holder) private {
        history[history.asWords().place()] =
            Holder({sinceBlock: History.nextBlock(), holder: holder});
    }
}
