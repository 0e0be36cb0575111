"""The tree of a log, kept as tiles: grows by whole batches, proves from O(log n) tiles.

Pure: tiles come from a function, and what changes goes back to the caller to store. Hashes that
are read are trusted; a caller who cannot trust its store compares the root with an anchored one.

For every size that the tiles cover, not only the newest: a tile may hold more hashes than a size
needs, since complete subtrees never change. Costs, in hashes of 64 bytes and tile reads:

    append k leaves   1.004·k + 255·log₂₅₆ n      log₂₅₆ n reads
    root, a proof     255 for each tile it reads  2·log₂₅₆ n reads at most

Those 255 make a tile's inner hashes, which depend on its bytes alone. Give
`interior=functools.lru_cache(maxsize=…)(tile_interior)` to keep them over calls: a proof then
costs next to no hashing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ledger.errors import InclusionError, MalformedError, StoreError
from ledger.hashing import EMPTY_ROOT, node_hash, node_hashes
from ledger.merkle import consistency_ranges, inclusion_ranges
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, TileId, hashes_at, split_hashes, tile_width
from ledger.types import MAX_TREE_SIZE, Digest

ReadTile = Callable[[int, int], bytes]
"""Hashes of the tile (level, index), one after the other; at least those the tree's size covers."""

Interior = Callable[[bytes], Sequence[Sequence[Digest]]]
"""`tile_interior`, or that function with a memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What appending leaves made of a tree. Storing it is the caller's transaction."""

    tree_size: int
    root_hash: Digest
    tiles: dict[tuple[int, int], bytes]
    """Every tile that is new or grew, whole, by (level, index)."""


def tile_interior(hashes: bytes) -> list[list[Digest]]:
    """The complete subtrees inside a tile: row r holds the roots over 2^r of its hashes each."""
    row = _hashes(hashes)
    rows = [row]
    while len(row) > 1:
        row = node_hashes(row)
        rows.append(row)
    return rows


@dataclass(frozen=True, slots=True)
class TileTree:
    """A log's tree at one size. Appending gives a `Growth` and leaves this value as it is."""

    read: ReadTile
    tree_size: int
    """Leaves that the stored tiles hold; no question may go beyond it."""
    interior: Interior = field(default=tile_interior)

    def root_hash(self, tree_size: int | None = None) -> Digest:
        """The root over the first `tree_size` leaves (all unless given)."""
        return self._reader().range_root(0, self._size(tree_size))

    def inclusion_proof(self, index: int, tree_size: int | None = None) -> list[Digest]:
        """PATH of RFC 9162 §2.1.3.1 for the leaf `index` in the first `tree_size` leaves."""
        size = self._size(tree_size)
        if not 0 <= index < size:
            raise InclusionError(f"leaf {index} is not in a tree of {size} leaves")
        reader = self._reader()
        return [reader.range_root(begin, end) for begin, end in inclusion_ranges(index, size)]

    def consistency_proof(self, old_size: int, new_size: int | None = None) -> list[Digest]:
        """PROOF of RFC 9162 §2.1.4.1 that the tree of `new_size` goes on from `old_size` > 0."""
        size = self._size(new_size)
        if not 0 < old_size <= size:
            raise InclusionError(f"no proof from size {old_size} to {size}")
        reader = self._reader()
        return [reader.range_root(begin, end) for begin, end in consistency_ranges(old_size, size)]

    def append(self, leaf_hashes: Sequence[Digest]) -> Growth:
        """The tree with `leaf_hashes` (32 bytes each) after its own leaves, and its root."""
        tree_size = self.tree_size + len(leaf_hashes)
        if tree_size > MAX_TREE_SIZE:
            raise StoreError(f"a log holds at most {MAX_TREE_SIZE} leaves, not {tree_size}")
        tiles: dict[tuple[int, int], bytes] = {}
        level, gained = 0, list(leaf_hashes)
        while gained:
            gained = self._append_level(level, gained, tiles)
            level += 1

        def read(level: int, index: int) -> bytes:
            return tiles.get((level, index)) or self.read(level, index)

        root_hash = _Reader(read, tree_size, self.interior).range_root(0, tree_size)
        return Growth(tree_size=tree_size, root_hash=root_hash, tiles=tiles)

    def _append_level(
        self, level: int, gained: list[Digest], tiles: dict[tuple[int, int], bytes]
    ) -> list[Digest]:
        """Put `gained` behind the hashes of `level`; what this completes is gained one level up."""
        index, held = divmod(hashes_at(level, self.tree_size), TILE_WIDTH)
        if held:
            partial = _hashes(self.read(level, index))[:held]
            if len(partial) < held:
                raise _short_tile(level, index, len(partial), held)
            gained = partial + gained
        completed = []
        for begin in range(0, len(gained), TILE_WIDTH):
            row = gained[begin : begin + TILE_WIDTH]
            tiles[level, index] = b"".join(row)
            index += 1
            if len(row) == TILE_WIDTH:
                for _ in range(TILE_HEIGHT):
                    row = node_hashes(row)
                completed += row
        return completed

    def _reader(self) -> _Reader:
        return _Reader(self.read, self.tree_size, self.interior)

    def _size(self, tree_size: int | None) -> int:
        size = self.tree_size if tree_size is None else tree_size
        if not 0 <= size <= self.tree_size:
            raise InclusionError(f"the tree holds {self.tree_size} leaves, not {size}")
        return size


class _Reader:
    """Roots over ranges of leaves, from tiles. One answer reads and hashes each tile once."""

    __slots__ = ("_interior", "_read", "_rows", "_tree_size")

    def __init__(self, read: ReadTile, tree_size: int, interior: Interior) -> None:
        self._read = read
        self._tree_size = tree_size
        self._interior = interior
        self._rows: dict[tuple[int, int], Sequence[Sequence[Digest]]] = {}

    def range_root(self, begin: int, end: int) -> Digest:
        """Root over leaves [begin, end); `begin` as `merkle.inclusion_ranges` promises it."""
        if begin == end:
            return EMPTY_ROOT
        # The complete subtrees of the range are the set bits of its length, smallest at the end.
        subtrees = []
        while begin < end:
            size = end - begin
            height = (size & -size).bit_length() - 1
            end -= 1 << height
            subtrees.append(self._subtree(height, end >> height))
        root = subtrees[0]
        for left in subtrees[1:]:
            root = node_hash(left, root)
        return root

    def _subtree(self, height: int, number: int) -> Digest:
        """Root of the complete subtree `number` among those with 2^height leaves."""
        level, row = divmod(height, TILE_HEIGHT)
        index, place = divmod(number, TILE_WIDTH >> row)
        rows = self._rows.get((level, index))
        if rows is None:
            rows = self._rows[level, index] = self._tile(TileId(level, index))
        return rows[row][place]

    def _tile(self, tile: TileId) -> Sequence[Sequence[Digest]]:
        rows = self._interior(self._read(tile.level, tile.index))
        width = tile_width(tile, self._tree_size)
        if len(rows[0]) < width:
            raise _short_tile(tile.level, tile.index, len(rows[0]), width)
        return rows


def _short_tile(level: int, index: int, held: int, needed: int) -> StoreError:
    return StoreError(f"tile {level}/{index} holds {held} hashes where {needed} are needed")


def _hashes(tile: bytes) -> list[Digest]:
    try:
        return split_hashes(tile)
    except MalformedError as error:
        raise StoreError(f"a stored tile is damaged: {error}") from error
