// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle proofs of RFC 9162, §2.1.3.2 and §2.1.4.2
/// @notice Decides whether a proof holds; trusts nothing but SHA-256 (precompile 2). The same
///         algorithm in Python is `ledger.merkle`; a differential test binds the two.
/// @dev Steps keep the RFC's numbers and names. Arithmetic is unchecked: sizes are uint64 and
///      only ever shifted down, and the loops are bounded by the proof's length.
library Rfc9162 {
    /// @notice Whether a tree of `newSize` leaves and root `newRoot` extends the tree of `oldSize`
    ///         leaves and root `oldRoot`.
    /// @dev Callers deal with oldSize 0 and oldSize == newSize, which have no proof to check:
    ///      both answer false here. `fr` climbs to the old root by the left siblings alone, `sr`
    ///      to the new root by all of them.
    function isConsistent(
        uint64 oldSize,
        uint64 newSize,
        bytes32 oldRoot,
        bytes32 newRoot,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        if (oldSize == 0 || oldSize >= newSize) return false;
        unchecked {
            uint256 next;
            bytes32 fr = oldRoot;
            // (2) A power of two is its own first path element. (5) Else the proof begins with it.
            if (oldSize & (oldSize - 1) != 0) {
                if (proof.length == 0) return false;
                fr = _element(proof, next++);
            }
            bytes32 sr = fr;
            // (3) (4) The old tree's right edge, up to the first level where it is a left child.
            uint256 fn = oldSize - 1;
            uint256 sn = newSize - 1;
            for (; fn & 1 != 0; fn >>= 1) sn >>= 1;
            // (6)
            for (; next < proof.length; ++next) {
                if (sn == 0) return false;
                bytes32 c = _element(proof, next);
                if (fn & 1 != 0 || fn == sn) {
                    fr = _node(c, fr);
                    sr = _node(c, sr);
                    for (; fn & 1 == 0 && fn != 0; fn >>= 1) sn >>= 1;
                } else {
                    sr = _node(sr, c);
                }
                fn >>= 1;
                sn >>= 1;
            }
            // (7)
            return fr == oldRoot && sr == newRoot && sn == 0;
        }
    }

    /// @notice Whether `leafHash` is leaf `index` of the tree of `size` leaves and root `root`.
    /// @dev A bit of the index says on which side the sibling stands; where the path runs along
    ///      the right edge (fn == sn) levels without a sibling are skipped.
    function isIncluded(
        bytes32 leafHash,
        uint64 index,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        // (1)
        if (index >= size) return false;
        unchecked {
            // (2) (3)
            uint256 fn = index;
            uint256 sn = size - 1;
            bytes32 r = leafHash;
            // (4)
            for (uint256 next; next < proof.length; ++next) {
                if (sn == 0) return false;
                bytes32 p = _element(proof, next);
                if (fn & 1 != 0 || fn == sn) {
                    r = _node(p, r);
                    for (; fn & 1 == 0 && fn != 0; fn >>= 1) sn >>= 1;
                } else {
                    r = _node(r, p);
                }
                fn >>= 1;
                sn >>= 1;
            }
            // (5)
            return sn == 0 && r == root;
        }
    }

    /// @dev Element `index` of the proof. The callers keep `index` below its length, and the ABI
    ///      decoder has checked that so many words are there.
    function _element(bytes32[] calldata proof, uint256 index) private pure returns (bytes32 c) {
        assembly ("memory-safe") {
            c := calldataload(add(proof.offset, shl(5, index)))
        }
    }

    /// @dev SHA-256(0x01 ‖ left ‖ right), §2.1.1. The 65-byte preimage lies behind the free memory
    ///      pointer, which stays. A failed precompile call (out of gas) reverts: a stale word must
    ///      never pass for a hash.
    function _node(bytes32 left, bytes32 right) private view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let preimage := mload(0x40)
            mstore8(preimage, 1)
            mstore(add(preimage, 1), left)
            mstore(add(preimage, 33), right)
            if iszero(staticcall(gas(), 2, preimage, 65, 0, 32)) { revert(0, 0) }
            hash := mload(0)
        }
    }
}
