// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "../interfaces/IConsortium.sol";
import {Authority, Holder, KeyMaterial, KeyRecord, KeyUse} from "../interfaces/Types.sol";
import {History} from "../libraries/History.sol";
import {Membership} from "./Membership.sol";

/// @title What a region changes alone, and what anyone can read of it
abstract contract Registry is Membership {
    using History for Holder[];
    using History for uint256[];

    /// @inheritdoc IConsortium
    function rotateAnchorKey(address anchorKey) external {
        _rotateAnchorKey(governingRegion(msg.sender), anchorKey);
    }

    /// @inheritdoc IConsortium
    function rotateSigningKey(KeyMaterial calldata key) external returns (uint256 number) {
        return _rotateSigningKey(governingRegion(msg.sender), key);
    }

    /// @inheritdoc IConsortium
    function rotateEncryptionKey(KeyMaterial calldata key) external returns (uint256 number) {
        return _rotateEncryptionKey(governingRegion(msg.sender), key);
    }

    /// @inheritdoc IConsortium
    function setEndpoint(string calldata endpoint) external {
        _setEndpoint(governingRegion(msg.sender), endpoint);
    }

    /// @inheritdoc IConsortium
    function keyUse(address key) external view returns (KeyUse memory) {
        return _keyUse(key);
    }

    /// @inheritdoc IConsortium
    function regions() external view returns (uint32[] memory) {
        return _regionCodes();
    }

    /// @inheritdoc IConsortium
    function activeRegions() external view returns (uint32) {
        return _activeCount();
    }

    /// @inheritdoc IConsortium
    function firstMemberBlock(uint32 region) external view returns (uint64) {
        return _requireKnown(region).authorities[0].sinceBlock;
    }

    /// @inheritdoc IConsortium
    function termOf(uint32 region) external view returns (uint32) {
        return _region(region).term;
    }

    /// @inheritdoc IConsortium
    function endpointOf(uint32 region) external view returns (string memory) {
        return _region(region).endpoint;
    }

    /// @inheritdoc IConsortium
    function authorityAt(uint32 region, uint64 blockNumber)
        external
        view
        returns (Authority memory)
    {
        return _authorityAt(_region(region), blockNumber);
    }

    /// @inheritdoc IConsortium
    function authorityHistory(uint32 region) external view returns (Authority[] memory) {
        return _region(region).authorities;
    }

    /// @inheritdoc IConsortium
    function adminAt(uint32 region, uint64 blockNumber)
        external
        view
        returns (Holder memory found)
    {
        Holder[] storage history = _region(region).admins;
        uint256 count = history.asWords().countUntil(blockNumber);
        if (count != 0) found = history[count - 1];
    }

    /// @inheritdoc IConsortium
    function adminHistory(uint32 region) external view returns (Holder[] memory) {
        return _region(region).admins;
    }

    /// @inheritdoc IConsortium
    function signingKeys(uint32 region) external view returns (KeyRecord[] memory) {
        return _region(region).signingKeys;
    }

    /// @inheritdoc IConsortium
    function encryptionKeys(uint32 region) external view returns (KeyRecord[] memory) {
        return _region(region).encryptionKeys;
    }
}
