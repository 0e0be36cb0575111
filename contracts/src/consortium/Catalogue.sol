// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "../interfaces/IConsortium.sol";
import {Grant, GrantChange, TypeChange, TypeState} from "../interfaces/Types.sol";
import {History} from "../libraries/History.sol";
import {Membership} from "./Membership.sol";

/// @title License types and who may issue them
/// @notice A type has a level (1 open, 2 internal, 3 sensitive, 4 core) and is in use or not; a
///         region is granted it or not. Both must hold at an entry's anchor block (check 5).
abstract contract Catalogue is Membership {
    using History for TypeState[];
    using History for Grant[];
    using History for uint256[];

    /// @dev By type hash.
    mapping(bytes32 => TypeState[]) private _types;
    /// @dev By region, then type hash.
    mapping(uint32 => mapping(bytes32 => Grant[])) private _grants;

    /// @dev Write a batch of types.
    function _setTypes(TypeChange[] calldata changes) internal {
        if (changes.length == 0) revert BatchEmpty();
        uint64 since = History.nextBlock();
        for (uint256 i; i < changes.length; ++i) {
            TypeChange calldata change = changes[i];
            if (change.typeHash == 0) revert TypeHashZero();
            if (change.level < 1 || change.level > 4) {
                revert LevelOutOfRange(change.typeHash, change.level);
            }
            TypeState[] storage history = _types[change.typeHash];
            history[history.asWords().place()] =
                TypeState({sinceBlock: since, level: change.level, active: change.active});
            emit TypeSet(change.typeHash, change.level, change.active, since);
        }
    }

    /// @dev Write a batch of grants for a member. A type out of use can be granted or withdrawn:
    ///      the grant has no effect until the type is back.
    function _setGrants(uint32 region, GrantChange[] calldata changes) internal {
        _requireMember(region);
        if (changes.length == 0) revert BatchEmpty();
        uint64 since = History.nextBlock();
        for (uint256 i; i < changes.length; ++i) {
            GrantChange calldata change = changes[i];
            if (_types[change.typeHash].length == 0) revert TypeUnknown(change.typeHash);
            Grant[] storage history = _grants[region][change.typeHash];
            history[history.asWords().place()] =
                Grant({sinceBlock: since, granted: change.granted});
            emit GrantSet(region, change.typeHash, change.granted, since);
        }
    }

    /// @inheritdoc IConsortium
    function typeAt(bytes32 typeHash, uint64 blockNumber)
        public
        view
        returns (TypeState memory found)
    {
        TypeState[] storage history = _types[typeHash];
        uint256 count = history.asWords().countUntil(blockNumber);
        if (count != 0) found = history[count - 1];
    }

    /// @inheritdoc IConsortium
    function typeHistory(bytes32 typeHash) external view returns (TypeState[] memory) {
        return _types[typeHash];
    }

    /// @inheritdoc IConsortium
    function grantAt(uint32 region, bytes32 typeHash, uint64 blockNumber)
        public
        view
        returns (Grant memory found)
    {
        Grant[] storage history = _grants[region][typeHash];
        uint256 count = history.asWords().countUntil(blockNumber);
        if (count != 0) found = history[count - 1];
    }

    /// @inheritdoc IConsortium
    function grantHistory(uint32 region, bytes32 typeHash) external view returns (Grant[] memory) {
        return _grants[region][typeHash];
    }

    /// @inheritdoc IConsortium
    function mayIssue(uint32 region, bytes32 typeHash, uint64 blockNumber)
        external
        view
        returns (bool)
    {
        return _authorityAt(_region(region), blockNumber).active
            && typeAt(typeHash, blockNumber).active
            && grantAt(region, typeHash, blockNumber).granted;
    }
}
