// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Merkle proofs of RFC 9162, §2.1.3.2 and §2.1.4.2
/// @notice Decides whether a proof holds; trusts nothing but SHA-256 (precompile 2). The same
///         algorithm in Python is `ledger.merkle`; a differential test binds the two.
/// @dev Steps keep the RFC's numbers and names. Consistency is checked in every append, so it is
///      dense; inclusion is a view, so it is plain. In the assembly sizes are uint64 and are only
///      shifted down, the ABI decoder has checked that the proof's words are there, the preimage
///      lies behind the free memory pointer (which stays), and a failed call of the precompile
///      (out of gas) reverts: a stale word must never pass for a hash.
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
    ) internal view returns (bool holds) {
        if (oldSize == 0 || oldSize >= newSize) return false;
        assembly ("memory-safe") {
            // The preimage 0x01 ‖ left ‖ right of one node, rewritten for each.
            let preimage := mload(0x40)
            let left := add(preimage, 1)
            let right := add(preimage, 33)
            mstore8(preimage, 1)
            let cursor := proof.offset
            let end := add(cursor, shl(5, proof.length))

            // (2) A power of two is its own first path element. (5) Else the proof begins with it.
            let fr := oldRoot
            let reached := 1
            if and(oldSize, sub(oldSize, 1)) {
                reached := lt(cursor, end)
                fr := calldataload(cursor)
                cursor := add(cursor, 32)
            }
            let sr := fr
            // (3) (4) The old tree's right edge, up to the first level where it is a left child.
            let fn := sub(oldSize, 1)
            let sn := sub(newSize, 1)
            for {} and(fn, 1) { fn := shr(1, fn) } { sn := shr(1, sn) }
            // (6)
            for {} lt(cursor, end) { cursor := add(cursor, 32) } {
                if iszero(sn) {
                    reached := 0
                    break
                }
                switch or(and(fn, 1), eq(fn, sn))
                case 0 {
                    mstore(left, sr)
                    mstore(right, calldataload(cursor))
                }
                default {
                    mstore(left, calldataload(cursor))
                    mstore(right, fr)
                    if iszero(staticcall(gas(), 2, preimage, 65, 0, 32)) { revert(0, 0) }
                    fr := mload(0)
                    mstore(right, sr)
                    for {} iszero(or(and(fn, 1), iszero(fn))) { fn := shr(1, fn) } {
                        sn := shr(1, sn)
                    }
                }
                if iszero(staticcall(gas(), 2, preimage, 65, 0, 32)) { revert(0, 0) }
                sr := mload(0)
                fn := shr(1, fn)
                sn := shr(1, sn)
            }
            // (7)
            holds := and(and(reached, iszero(sn)), and(eq(fr, oldRoot), eq(sr, newRoot)))
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
    ) internal pure returns (bool) {
        // (1)
        if (index >= size) return false;
        // (2) (3)
        uint256 fn = index;
        uint256 sn = size - 1;
        bytes32 r = leafHash;
        // (4)
        for (uint256 i; i < proof.length; ++i) {
            if (sn == 0) return false;
            if (fn & 1 != 0 || fn == sn) {
                r = _node(proof[i], r);
                for (; fn & 1 == 0 && fn != 0; fn >>= 1) sn >>= 1;
            } else {
                r = _node(r, proof[i]);
            }
            fn >>= 1;
            sn >>= 1;
        }
        // (5)
        return sn == 0 && r == root;
    }

    /// @dev The node above two others, §2.1.1.
    function _node(bytes32 left, bytes32 right) private pure returns (bytes32) {
        return sha256(abi.encodePacked(hex"01", left, right));
    }
}
