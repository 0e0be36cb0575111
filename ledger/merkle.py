"""The Merkle tree of RFC 9162 §2.1: roots, proofs, and the two verifications.

The `verify_` functions take hashes, indexes and proofs from anyone: whatever is wrong with them,
types and lengths included, is an `InclusionError` (a `VerificationError`). Their steps are those
of §2.1.3.2 and §2.1.4.2. The functions that make proofs follow the definitions over all leaf
hashes, in O(n); `ledger.tile_tree` makes the same proofs from tiles.

Two rules are stricter than the RFC: a size is at most `MAX_TREE_SIZE`, and an old size of 0 is
always refused, since an empty log proves nothing about what follows it. A log's first anchor is
therefore not a consistency proof, and its caller handles it before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ledger import hashing
from ledger.errors import InclusionError
from ledger.hashing import EMPTY_ROOT, leaf_hash, node_hash
from ledger.types import DIGEST_SIZE, MAX_TREE_SIZE, Digest

__all__ = [
    "EMPTY_ROOT",
    "consistency_proof",
    "inclusion_proof",
    "leaf_hash",
    "root_hash",
    "verify_consistency",
    "verify_inclusion",
]

_MAX_PROOF: Final = MAX_TREE_SIZE.bit_length() + 1
"""No proof has more hashes: one a level, and one more when an old tree's root is sent along."""


def root_hash(leaf_hashes: Sequence[Digest]) -> Digest:
    """MTH over leaves given by their hashes (§2.1.1); the hash of nothing when there are none."""
    if not leaf_hashes:
        return EMPTY_ROOT
    level = leaf_hashes
    while len(level) > 1:
        above = hashing.node_hashes(level)
        if len(level) % 2:
            above.append(level[-1])  # no neighbour: it stands for itself one level higher
        level = above
    return level[0]


def inclusion_proof(leaf_hashes: Sequence[Digest], index: int) -> list[Digest]:
    """PATH(index, leaves) of §2.1.3.1, from the leaf's neighbour up to the root's child."""
    if not 0 <= index < len(leaf_hashes):
        raise InclusionError(f"leaf {index} is not in a tree of {len(leaf_hashes)} leaves")
    return [
        root_hash(leaf_hashes[begin:end])
        for begin, end in inclusion_ranges(index, len(leaf_hashes))
    ]


def consistency_proof(
    leaf_hashes: Sequence[Digest], old_size: int, new_size: int | None = None
) -> list[Digest]:
    """PROOF(old_size, leaves[0:new_size]) of §2.1.4.1; `new_size` is all leaves unless given."""
    size = len(leaf_hashes) if new_size is None else new_size
    if not 0 < old_size <= size <= len(leaf_hashes):
        raise InclusionError(
            f"no proof from size {old_size} to {size} in a tree of {len(leaf_hashes)} leaves"
        )
    return [root_hash(leaf_hashes[begin:end]) for begin, end in consistency_ranges(old_size, size)]


def inclusion_ranges(index: int, tree_size: int) -> list[tuple[int, int]]:
    """The leaf ranges [begin, end) whose roots are PATH(index, D[tree_size]), in its order.

    Each range begins at a multiple of a power of two that is no smaller than the range.
    Needs 0 ≤ index < tree_size.
    """
    begin, end, ranges = 0, tree_size, list[tuple[int, int]]()
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    ranges.reverse()
    return ranges


def consistency_ranges(old_size: int, new_size: int) -> list[tuple[int, int]]:
    """The leaf ranges whose roots are PROOF(old_size, D[new_size]), as in `inclusion_ranges`.

    Needs 0 < old_size ≤ new_size.
    """
    begin, end, ranges = 0, new_size, list[tuple[int, int]]()
    while old_size < end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    if begin:  # SUBPROOF with b false: the verifier does not hold this subtree's root
        ranges.append((begin, end))
    ranges.reverse()
    return ranges


def verify_inclusion(
    *,
    leaf_hash: Digest,
    leaf_index: int,
    tree_size: int,
    proof: Sequence[Digest],
    root_hash: Digest,
) -> None:
    """Return if the leaf stands at `leaf_index` in the tree with that size and root (§2.1.3.2).

    Raises `InclusionError` for everything else.
    """
    if not _is_size(tree_size) or not _is_index(leaf_index, tree_size):
        raise InclusionError("a leaf index must be an integer from 0 to the tree size, exclusive")
    if not _are_hashes(proof) or not _are_hashes((leaf_hash, root_hash)):
        raise InclusionError(f"an inclusion proof is made of hashes of {DIGEST_SIZE} bytes")
    node, last, computed = leaf_index, tree_size - 1, leaf_hash
    for neighbour in proof:
        if not last:
            raise InclusionError("the inclusion proof has more hashes than the tree has levels")
        if node & 1 or node == last:
            computed = node_hash(neighbour, computed)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            computed = node_hash(computed, neighbour)
        node >>= 1
        last >>= 1
    if last or computed != root_hash:
        raise InclusionError(
            f"leaf {leaf_hash.hex()} at index {leaf_index} of {tree_size} leads to "
            f"{computed.hex()} by {len(proof)} proof hashes, the root is {root_hash.hex()}"
        )


def verify_consistency(
    *,
    old_size: int,
    new_size: int,
    old_root: Digest,
    new_root: Digest,
    proof: Sequence[Digest],
) -> None:
    """Return if the new tree begins with all leaves of the old one (§2.1.4.2).

    Raises `InclusionError` for everything else, any old size of 0 included.
    """
    if not (_is_size(old_size) and _is_size(new_size) and old_size <= new_size):
        raise InclusionError(
            f"sizes must be integers with 0 < old size <= new size <= {MAX_TREE_SIZE}"
        )
    if not _are_hashes(proof) or not _are_hashes((old_root, new_root)):
        raise InclusionError(f"a consistency proof is made of hashes of {DIGEST_SIZE} bytes")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise InclusionError(
                f"two heads of size {old_size}: roots {old_root.hex()} and {new_root.hex()}, "
                f"{len(proof)} proof hashes where none belong"
            )
        return
    old, new, complete = _fold_consistency(old_size, new_size, old_root, proof)
    if not complete or old != old_root or new != new_root:
        raise InclusionError(
            f"the proof from size {old_size} to {new_size} leads to roots {old.hex()} and "
            f"{new.hex()}, the heads state {old_root.hex()} and {new_root.hex()}"
        )


def _fold_consistency(
    old_size: int, new_size: int, old_root: Digest, proof: Sequence[Digest]
) -> tuple[Digest, Digest, bool]:
    """Steps 2-7 of §2.1.4.2: both roots as the proof has them, and whether it reached the top."""
    whole_subtree = old_size & (old_size - 1) == 0
    path = [old_root, *proof] if whole_subtree else list(proof)
    if not path:
        raise InclusionError(f"the proof from size {old_size} to {new_size} is empty")
    node, last = old_size - 1, new_size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old = new = path[0]
    for neighbour in path[1:]:
        if not last:
            raise InclusionError("the consistency proof has more hashes than the tree has levels")
        if node & 1 or node == last:
            old, new = node_hash(neighbour, old), node_hash(neighbour, new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, neighbour)
        node >>= 1
        last >>= 1
    return old, new, last == 0


def _split(size: int) -> int:
    """The largest power of two smaller than `size`, for a size above 1 (§2.1.1)."""
    return 1 << (size - 1).bit_length() - 1


def _is_size(size: object) -> bool:
    return _is_index(size, MAX_TREE_SIZE + 1) and size != 0


def _is_index(index: object, limit: int) -> bool:
    # JSON's true is an `int` in Python, and no index.
    return isinstance(index, int) and not isinstance(index, bool) and 0 <= index < limit


def _are_hashes(hashes: object) -> bool:
    if not isinstance(hashes, list | tuple) or len(hashes) > _MAX_PROOF:
        return False
    return all(isinstance(item, bytes) and len(item) == DIGEST_SIZE for item in hashes)
