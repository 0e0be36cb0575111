"""Tile coordinates of C2SP tlog-tiles: where a tree of 256 hashes a tile keeps which hash.

The tile (level L, index N) holds up to 256 hashes, each the root of a complete subtree of 256^L
leaves, counted from subtree 256·N. The last tile of a level may be partial. It is never hashed
into the level above, and there is no empty tile. A tree of 70,000 leaves:

    level 2  ▏1▕                               tile (2,0) partial, width 1
    level 1  ▏256▕▏17▕                         tiles (1,0) full and (1,1) partial
    level 0  ▏256▕▏256▕ … ▏256▕▏112▕           tiles (0,0) … (0,272) full, (0,273) partial
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, cast

from ledger.errors import MalformedError
from ledger.types import DIGEST_SIZE, Digest

TILE_HEIGHT: Final = 8
"""Levels of the tree between a tile's hashes and those of the tile above."""

TILE_WIDTH: Final = 1 << TILE_HEIGHT
"""Hashes in a full tile."""

TILE_BYTES: Final = TILE_WIDTH * DIGEST_SIZE

MAX_LEVEL: Final = 63

_PATH = re.compile(r"tile/(0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")


@dataclass(frozen=True, slots=True, order=True)
class TileId:
    """A tile's place in the tree."""

    level: int
    """0 for the tiles of leaf hashes."""
    index: int
    """Counted from 0 within its level."""


def hashes_at(level: int, tree_size: int) -> int:
    """How many hashes all tiles of `level` hold together for a tree of `tree_size` leaves."""
    return tree_size >> TILE_HEIGHT * level


def tile_width(tile: TileId, tree_size: int) -> int:
    """How many hashes of `tile` a tree of `tree_size` leaves covers: 0 (no such tile) to 256."""
    return max(0, min(TILE_WIDTH, hashes_at(tile.level, tree_size) - tile.index * TILE_WIDTH))


def leaf_tile(leaf_index: int) -> TileId:
    """The tile that holds the hash of leaf `leaf_index`."""
    return TileId(0, leaf_index >> TILE_HEIGHT)


def tiles_between(old_size: int, new_size: int) -> Iterator[tuple[TileId, int]]:
    """Each tile that gains hashes when a tree grows, with its new width; lower levels first.

    From size 0 these are all the tiles of a tree.
    """
    level = 0
    while held := hashes_at(level, new_size):
        first = hashes_at(level, old_size) // TILE_WIDTH
        for index in range(first, -(-held // TILE_WIDTH)):
            tile = TileId(level, index)
            width = tile_width(tile, new_size)
            if width > tile_width(tile, old_size):
                yield tile, width
        level += 1


def split_hashes(tile: bytes) -> list[Digest]:
    """The hashes that a tile's bytes are made of; `MalformedError` if they are no tile."""
    if len(tile) > TILE_BYTES or len(tile) % DIGEST_SIZE:
        raise MalformedError(f"{len(tile)} bytes are no tile of up to {TILE_WIDTH} hashes")
    hashes = [tile[at : at + DIGEST_SIZE] for at in range(0, len(tile), DIGEST_SIZE)]
    return cast("list[Digest]", hashes)


def index_path(index: int, width: int = TILE_WIDTH) -> str:
    """The part of a path that names a tile within its level, such as `x001/x234/067.p/89`."""
    groups = [f"{index % 1000:03}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups) + ("" if width == TILE_WIDTH else f".p/{width}")


def tile_path(tile: TileId, width: int = TILE_WIDTH) -> str:
    """The path of a tile, `tile/<L>/<N>` and for a partial one `.p/<W>`."""
    return f"tile/{tile.level}/{index_path(tile.index, width)}"


def parse_tile_path(path: object) -> tuple[TileId, int]:
    """Tile and width of a path that `tile_path` could have written, else `MalformedError`."""
    match = _PATH.fullmatch(path) if isinstance(path, str) else None
    if match:
        level, groups, partial = match.groups()
        tile = TileId(int(level), int(groups.replace("x", "").replace("/", "")))
        width = int(partial) if partial else TILE_WIDTH
        # The way back refuses leading `x000` groups and `.p/256`.
        if tile.level <= MAX_LEVEL and tile_path(tile, width) == path and width <= TILE_WIDTH:
            return tile, width
    raise MalformedError("a tile path must look like tile/0/x001/x234/067 or tile/0/067.p/89")
