"""Appending to the tile tree and proving from it: the cost per leaf stays flat as the log grows."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator
from functools import lru_cache

from benchmarks.result import Result, within
from ledger.hashing import sha256
from ledger.tile_tree import Interior, ReadTile, TileTree, tile_interior
from ledger.types import Digest

SIZES = (10**3, 10**4, 10**5, 10**6)
BATCH = 1000
SAMPLE = 20
"""Batches timed at each size."""


def run() -> Iterator[Result]:
    tiles: dict[tuple[int, int], bytes] = {}
    interior = lru_cache(maxsize=4096)(tile_interior)
    leaves = [sha256(number.to_bytes(8, "big")) for number in range(BATCH)]
    append_times: dict[int, float] = {}
    proof_times: dict[int, float] = {}
    size = 0

    def read(level: int, index: int) -> bytes:
        return tiles[level, index]

    for target in SIZES:
        while size < target:
            size = _append(tiles, size, leaves)[0]
        times = []
        for _ in range(SAMPLE):
            size, seconds = _append(tiles, size, leaves)
            times.append(seconds / BATCH)
        append_times[target] = statistics.median(times)
        proof_times[target] = _proof_seconds(read, size, interior)
    base = append_times[SIZES[0]]
    for target in SIZES[1:]:
        yield within(
            f"tree append at {target:,} leaves",
            append_times[target] * 1e6,
            "µs/leaf",
            base * 1e6,
            1.3,
        )
        # A path has one hash more for each doubling: the cost per hash is what stays flat.
        yield within(
            f"inclusion proof at {target:,} leaves, per hash of its path",
            proof_times[target] * 1e6 / target.bit_length(),
            "µs/hash",
            proof_times[SIZES[0]] * 1e6 / SIZES[0].bit_length(),
            1.3,
        )


def _append(
    tiles: dict[tuple[int, int], bytes], size: int, leaves: list[Digest]
) -> tuple[int, float]:
    begin = time.perf_counter()
    tree = TileTree(read=lambda level, index: tiles[level, index], tree_size=size)
    growth = tree.append(leaves)
    seconds = time.perf_counter() - begin
    tiles.update(growth.tiles)
    return growth.tree_size, seconds


def _proof_seconds(read: ReadTile, size: int, interior: Interior) -> float:
    tree = TileTree(read=read, tree_size=size, interior=interior)
    source = random.Random(size)
    indexes = [source.randrange(size) for _ in range(200)]
    for index in indexes:
        tree.inclusion_proof(index)
    times = []
    for index in indexes:
        begin = time.perf_counter()
        tree.inclusion_proof(index)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)
