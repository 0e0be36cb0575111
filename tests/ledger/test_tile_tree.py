"""The tree over tiles gives exactly the roots and proofs of `ledger.merkle`, for every size."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import merkle, tiles
from ledger.errors import InclusionError, StoreError
from ledger.tile_tree import TileTree, tile_interior
from ledger.types import MAX_TREE_SIZE, Digest

LOG = json.loads((Path(__file__).parents[1] / "vectors/tlog/tessera_log.json").read_text())
COUNT = 140_000
LEAVES = [Digest(hashlib.sha256(number.to_bytes(4, "big")).digest()) for number in range(COUNT)]


class TileStore:
    """Tiles in memory, and how many were read."""

    def __init__(self) -> None:
        self.tiles: dict[tuple[int, int], bytes] = {}
        self.reads = 0

    def read(self, level: int, index: int) -> bytes:
        self.reads += 1
        return self.tiles[level, index]

    def grown(self, sizes: list[int]) -> TileTree:
        """The tree after one append up to each of `sizes`, each root checked."""
        tree = TileTree(self.read, 0)
        for size in sizes:
            growth = tree.append(LEAVES[tree.tree_size : size])
            self.tiles |= growth.tiles
            tree = TileTree(self.read, growth.tree_size)
            assert (growth.tree_size, growth.root_hash) == (size, tree.root_hash())
        return tree


@pytest.fixture(scope="module")
def large() -> TileTree:
    return TileStore().grown([1, 255, 256, 257, 65_535, 65_536, 65_537, 131_071, COUNT])


def test_published_log() -> None:
    leaves = [merkle.leaf_hash(text.encode()) for text in LOG["entries_utf8"]]
    tree, held = (
        TileTree(lambda level, index: held[level, index], 0),
        dict[tuple[int, int], bytes](),
    )
    assert tree.root_hash() == b64decode(LOG["roots_base64_by_size"][0])
    for size, leaf in enumerate(leaves, start=1):
        growth = tree.append([leaf])
        assert growth.root_hash == b64decode(LOG["roots_base64_by_size"][size])
        if tile := LOG["tile_0_000_p_hex"].get(str(size)):
            assert growth.tiles == {(0, 0): bytes.fromhex(tile)}
        held |= growth.tiles
        tree = TileTree(tree.read, size)
    for size, root in enumerate(LOG["roots_base64_by_size"]):
        assert tree.root_hash(size) == b64decode(root)


@given(st.lists(st.integers(0, 700), max_size=12))
def test_any_batches_give_the_same_tiles_and_root(batches: list[int]) -> None:
    sizes = [sum(batches[: at + 1]) for at in range(len(batches))]
    store = TileStore()
    tree = store.grown(sizes)
    assert tree.root_hash() == merkle.root_hash(LEAVES[: tree.tree_size])
    assert {
        (tile.level, tile.index): width for tile, width in tiles.tiles_between(0, tree.tree_size)
    } == {key: len(data) // 32 for key, data in store.tiles.items()}


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_an_append_returns_only_tiles_that_gained(old_size: int, more: int) -> None:
    tree = TileStore().grown([old_size])
    growth = tree.append(LEAVES[old_size : old_size + more])
    gained = {
        (tile.level, tile.index): width
        for tile, width in tiles.tiles_between(old_size, old_size + more)
    }
    assert {key: len(data) // 32 for key, data in growth.tiles.items()} == gained


@settings(max_examples=40)
@given(st.data())
def test_proofs_equal_the_definition(large: TileTree, data: st.DataObject) -> None:
    # Edges of tiles and of powers of two, where such trees go wrong, as often as anything else.
    edges = st.sampled_from([256, 512, 65_536, 131_072]).flatmap(
        lambda edge: st.integers(edge - 2, edge + 2)
    )
    size = data.draw(st.integers(1, 2000) | edges)
    index = data.draw(st.integers(0, size - 1) | st.sampled_from([0, size - 1]))
    leaves = LEAVES[:size]
    assert large.root_hash(size) == merkle.root_hash(leaves)
    assert large.inclusion_proof(index, size) == merkle.inclusion_proof(leaves, index)
    assert large.consistency_proof(index + 1, size) == merkle.consistency_proof(leaves, index + 1)


@given(st.integers(1, COUNT), st.data())
def test_proofs_verify(large: TileTree, size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    root = large.root_hash(size)
    merkle.verify_inclusion(
        leaf_hash=LEAVES[index],
        leaf_index=index,
        tree_size=size,
        proof=large.inclusion_proof(index, size),
        root_hash=root,
    )
    merkle.verify_consistency(
        old_size=index + 1,
        new_size=size,
        old_root=large.root_hash(index + 1),
        new_root=root,
        proof=large.consistency_proof(index + 1, size),
    )


def test_a_partial_tile_is_never_hashed_into_the_level_above() -> None:
    store = TileStore()
    store.grown([255])
    assert set(store.tiles) == {(0, 0)}
    store.grown([256])
    assert {key: len(data) for key, data in store.tiles.items()} == {(0, 0): 8192, (1, 0): 32}
    assert store.tiles[1, 0] == merkle.root_hash(LEAVES[:256])


def test_an_append_takes_only_the_hashes_its_size_covers() -> None:
    # Left-overs of a log cut back to 300 leaves must not become part of what follows.
    store = TileStore()
    store.grown([600])
    growth = TileTree(store.read, 300).append(LEAVES[1000:1010])
    assert growth.root_hash == merkle.root_hash(LEAVES[:300] + LEAVES[1000:1010])


def test_reads_grow_with_the_levels_only() -> None:
    store = TileStore()
    tree = store.grown([COUNT])
    for ask in (
        lambda: tree.inclusion_proof(1000),
        lambda: tree.consistency_proof(70_000, 131_000),
        lambda: tree.root_hash(139_999),
        lambda: tree.append(LEAVES[:300]),
    ):
        store.reads = 0
        ask()
        assert store.reads <= 6  # 3 levels


def test_interiors_may_be_remembered(large: TileTree) -> None:
    remembering = lru_cache(maxsize=64)(tile_interior)
    tree = TileTree(large.read, large.tree_size, remembering)
    for index in (5, 5, 6, 70_000):
        assert tree.inclusion_proof(index) == large.inclusion_proof(index)
    assert remembering.cache_info().hits > remembering.cache_info().misses


def test_questions_beyond_the_tree_are_refused(large: TileTree) -> None:
    empty = TileTree(large.read, 0)
    assert empty.root_hash() == merkle.EMPTY_ROOT
    assert empty.append([]).root_hash == merkle.EMPTY_ROOT
    for tree, index, size in ((large, 0, COUNT + 1), (large, 5, 5), (large, -1, 5), (empty, 0, 0)):
        with pytest.raises(InclusionError):
            tree.inclusion_proof(index, size)
    for old_size, new_size in ((0, 5), (6, 5), (1, COUNT + 1), (-1, 1)):
        with pytest.raises(InclusionError):
            large.consistency_proof(old_size, new_size)
    with pytest.raises(InclusionError):
        large.root_hash(-1)
    with pytest.raises(StoreError):
        TileTree(large.read, MAX_TREE_SIZE).append([LEAVES[0]])


@pytest.mark.parametrize("tile", [b"", bytes(32 * 9), bytes(33), bytes(32 * 257)])
def test_a_damaged_tile_is_a_store_error(tile: bytes) -> None:
    tree = TileTree(lambda level, index: tile, 10)
    for ask in (
        tree.root_hash,
        lambda: tree.inclusion_proof(9),
        lambda: tree.inclusion_proof(0),
        lambda: tree.consistency_proof(5),
        lambda: tree.append([LEAVES[0]]),
    ):
        with pytest.raises(StoreError):
            ask()
