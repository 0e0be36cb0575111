"""Trees for the contract tests: real ones, huge ones, and what a thief makes of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from ledger import merkle
from ledger.hashing import leaf_hash, node_hash
from ledger.types import Digest


class Opening(NamedTuple):
    """The ABI struct `HeadOpening`."""

    epoch: int
    size: int
    root: bytes
    previous_size: int
    block_number: int
    block_time: int


EMPTY_LOG = Opening(0, 0, bytes(32), 0, 0, 0)
"""Stands for the head before a log's first one."""


@dataclass(frozen=True, slots=True)
class Head:
    """Size and root of a tree."""

    size: int
    root: bytes


class Tree:
    """A log's leaves; heads and proofs over any beginning of them."""

    def __init__(self, name: str = "tree", size: int = 1_000) -> None:
        self.leaves = [leaf_hash(f"{name} {index}".encode()) for index in range(size)]

    def head(self, size: int) -> Head:
        return Head(size, merkle.root_hash(self.leaves[:size]))

    def consistency(self, old: int, new: int) -> list[Digest]:
        return merkle.consistency_proof(self.leaves, old, new)

    def inclusion(self, index: int, size: int) -> list[Digest]:
        return merkle.inclusion_proof(self.leaves[:size], index)

    def growing(self, *sizes: int) -> Iterator[tuple[Head, list[Digest]]]:
        """Heads of these sizes in turn, each with its proof from the one before it."""
        before = 0
        for size in sizes:
            yield self.head(size), self.consistency(before, size) if before else []
            before = size


class EqualLeaves:
    """A tree whose leaves are all the same: roots and proofs of any size in O(log n)."""

    def head(self, size: int) -> Head:
        return Head(size, _equal_root(size))

    def consistency(self, old: int, new: int) -> list[Digest]:
        return [_equal_root(end - begin) for begin, end in merkle.consistency_ranges(old, new)]


@cache
def _equal_root(size: int) -> Digest:
    if size == 1:
        return leaf_hash(b"the same")
    left = 1 << (size - 1).bit_length() - 1
    return node_hash(_equal_root(left), _equal_root(size - left))


def forged_extension(tree: Tree, old: int, new: int) -> tuple[Head, list[Digest]]:
    """What a thief with the anchor key can do: a proven extension by leaves that nobody knows.

    Left siblings are public (tiles); for right ones any hash will do. The new root is what the
    RFC's verifier computes from them.
    """
    proof = [
        merkle.root_hash(tree.leaves[begin:end]) if end <= old else leaf_hash(b"nobody %d" % end)
        for begin, end in merkle.consistency_ranges(old, new)
    ]
    path = [merkle.root_hash(tree.leaves[:old]), *proof] if old & (old - 1) == 0 else proof
    node, last, root = old - 1, new - 1, path[0]
    while node & 1:
        node, last = node >> 1, last >> 1
    for sibling in path[1:]:
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    return Head(new, root), proof
