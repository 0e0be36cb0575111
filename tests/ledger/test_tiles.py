"""Tile coordinates and paths, on the published examples of C2SP tlog-tiles and of tessera."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import tiles
from ledger.errors import MalformedError
from ledger.tiles import TILE_WIDTH, TileId
from ledger.types import MAX_TREE_SIZE

VECTORS = json.loads((Path(__file__).parents[1] / "vectors/tlog/tile_paths.json").read_text())


@pytest.mark.parametrize("vector", VECTORS["tile"], ids=lambda v: v["path"])
def test_published_tile_paths(vector: dict[str, Any]) -> None:
    tile = TileId(vector["level"], vector["index"])
    width = vector["partial_width"] or TILE_WIDTH
    assert tiles.tile_path(tile, width) == vector["path"]
    assert tiles.parse_tile_path(vector["path"]) == (tile, width)


def test_published_entry_paths() -> None:
    # This system publishes no entries; their paths number the tiles in the same way.
    for vector in VECTORS["entries"]:
        path = tiles.index_path(vector["index"], vector["partial_width"] or TILE_WIDTH)
        assert f"tile/entries/{path}" == vector["path"]
    for vector in VECTORS["entries_for_log_index"]:
        tile = tiles.leaf_tile(vector["leaf_index"])
        width = tiles.tile_width(tile, vector["tree_size"])
        assert f"tile/entries/{tiles.index_path(tile.index, width)}" == vector["path"]


@pytest.mark.parametrize("vector", VECTORS["malformed"], ids=lambda v: "/".join(v.values()))
def test_published_malformed_paths(vector: dict[str, str]) -> None:
    with pytest.raises(MalformedError):
        tiles.parse_tile_path(f"tile/{vector['level']}/{vector['index_path']}")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/067\n",
        "/tile/0/067",
        "tile/00/067",
        "tile/64/067",
        "tile/0/x000/067",
        "tile/0/067.p/0",
        "tile/0/067.p/01",
        "tile/0/067.p/256",
        "tile/0/０67",
        "tile/entries/067",
        "tile/0/../067",
        None,
        b"tile/0/067",
    ],
)
def test_other_paths_are_refused(path: object) -> None:
    with pytest.raises(MalformedError):
        tiles.parse_tile_path(path)


def test_published_partial_widths() -> None:
    for vector in VECTORS["partial_tile_widths"]:
        size = vector["tree_size"]
        for level in (0, 1):
            full = vector[f"full_level_{level}_tiles"]
            assert tiles.tile_width(TileId(level, full - 1), size) == TILE_WIDTH
            partial = tiles.tile_width(TileId(level, full), size)
            assert partial == vector[f"level_{level}_partial_width"]
            assert tiles.tile_width(TileId(level, full + 1), size) == 0
        assert tiles.tile_width(TileId(2, 0), size) == vector["level_2_partial_width"]


@given(st.integers(0, 63), st.integers(0, 10**18 - 1), st.integers(1, TILE_WIDTH))
def test_paths_come_back(level: int, index: int, width: int) -> None:
    tile = TileId(level, index)
    assert tiles.parse_tile_path(tiles.tile_path(tile, width)) == (tile, width)


@given(st.integers(0, 3 * 2**16), st.integers(0, 600))
def test_tiles_between_are_those_that_gained(old_size: int, more: int) -> None:
    new_size = old_size + more
    gained = dict(tiles.tiles_between(old_size, new_size))
    levels = range(4)
    candidates = {
        TileId(level, index)
        for level in levels
        for index in range(tiles.hashes_at(level, new_size) // TILE_WIDTH + 2)
    }
    for tile in candidates:
        width = tiles.tile_width(tile, new_size)
        if width > tiles.tile_width(tile, old_size):
            assert gained.pop(tile) == width
    assert not gained


def test_the_largest_tree_has_few_levels() -> None:
    last = TileId(0, MAX_TREE_SIZE // TILE_WIDTH)
    assert list(tiles.tiles_between(MAX_TREE_SIZE - 1, MAX_TREE_SIZE)) == [(last, 255)]
    assert tiles.hashes_at(5, MAX_TREE_SIZE) == 255
    assert tiles.hashes_at(6, MAX_TREE_SIZE) == 0


def test_a_tile_is_made_of_whole_hashes() -> None:
    tile = bytes(range(256)) * 32
    assert b"".join(tiles.split_hashes(tile)) == tile
    assert tiles.split_hashes(b"") == []
    for data in (tile + bytes(32), tile[:-1], b"\x00"):
        with pytest.raises(MalformedError):
            tiles.split_hashes(data)
