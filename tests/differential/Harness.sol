// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StatusWord} from "interfaces/Types.sol";
import {Rfc9162} from "libraries/Rfc9162.sol";
import {StatusWords} from "libraries/StatusWords.sol";

/// @title The contracts' pure libraries, made callable for the differential tests
contract Harness {
    struct Consistency {
        uint64 oldSize;
        uint64 newSize;
        bytes32 oldRoot;
        bytes32 newRoot;
        bytes32[] proof;
    }

    struct Inclusion {
        bytes32 leafHash;
        uint64 index;
        uint64 size;
        bytes32 root;
        bytes32[] proof;
    }

    function consistent(Consistency[] calldata cases) external view returns (bool[] memory holds) {
        holds = new bool[](cases.length);
        for (uint256 i; i < cases.length; ++i) {
            Consistency calldata c = cases[i];
            holds[i] =
                Rfc9162.isConsistent(c.oldSize, c.newSize, c.oldRoot, c.newRoot, c.proof);
        }
    }

    function included(Inclusion[] calldata cases) external pure returns (bool[] memory holds) {
        holds = new bool[](cases.length);
        for (uint256 i; i < cases.length; ++i) {
            Inclusion calldata c = cases[i];
            holds[i] = Rfc9162.isIncluded(c.leafHash, c.index, c.size, c.root, c.proof);
        }
    }

    function applied(uint256 word, StatusWord calldata change, bool finalBinds)
        external
        pure
        returns (uint256)
    {
        return StatusWords.applied(word, change, finalBinds ? StatusWords.HIGH : 0);
    }
}
