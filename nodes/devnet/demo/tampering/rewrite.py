"""An insider with the database and every key of a region rewrites what its log committed to.

The entry says something else, and everything here that follows from it is made to match: leaf
hash, promise (signed anew with the region's own key), tiles of every level, head, and this node's
copy of what the chain says. The region's own node then finds nothing wrong. What he cannot reach
is the chain, and the copies of it that the other regions keep.

The way back is the same way: with the old entry everything becomes what it was.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from ledger import canonical
from ledger.hashing import leaf_hash
from ledger.keys import KeyId, SigningKey
from ledger.license import parse_entry
from ledger.promise import parse_promise, sign_promise
from ledger.tile_tree import TileTree, tile_interior
from ledger.tiles import split_hashes
from ledger.types import Digest, LogKind, Region
from nodes.devnet.demo.tampering.sqlite import outside_transaction

_KIND = int(LogKind.LICENSES)
_READ = "SELECT entry, promise, valid_until FROM license WHERE id = ?"
_WRITE = (
    "UPDATE license SET entry = ?, leaf_hash = ?, promise = ?, valid_until = ? WHERE id = ?"
    " RETURNING leaf_index"
)
_LEAVES = (
    "SELECT hashes FROM log_tile WHERE region = ? AND kind = ? AND level = 0 ORDER BY tile_index"
)
_TILE = (
    "UPDATE log_tile SET hashes = ? WHERE region = ? AND kind = ? AND level = ? AND tile_index = ?"
)
_HEAD = "UPDATE log_head SET root_hash = ? WHERE region = ? AND kind = ?"
_ANCHORS = "SELECT tree_size FROM mirror_anchor WHERE region = ? AND kind = ? AND tree_size > ?"
_ANCHOR = "UPDATE mirror_anchor SET root_hash = ? WHERE region = ? AND kind = ? AND tree_size = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What a license's row says; one column follows from another."""

    entry: bytes
    promise: bytes
    valid_until: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """One license in two versions."""

    database: Path
    region: Region
    license_id: str
    old: Version
    new: Version

    @classmethod
    def plan(
        cls,
        *,
        database: Path,
        region: Region,
        license_id: str,
        valid_until: date,
        key: SigningKey,
        key_id: KeyId,
    ) -> Rewrite:
        """The license with another last day; nothing is changed yet."""
        with outside_transaction(database) as connection:
            row = connection.execute(_READ, (license_id,)).fetchone()
        old = Version(entry=row[0], promise=row[1], valid_until=row[2])
        entry = replace(parse_entry(canonical.parse(old.entry)), valid_until=valid_until).encode()
        promised = parse_promise(canonical.parse(old.promise))
        promise = sign_promise(
            key,
            key=key_id,
            leaf_hash=leaf_hash(entry),
            time=promised.time,
            anchor_by=promised.anchor_by,
        )
        return cls(
            database=database,
            region=region,
            license_id=license_id,
            old=old,
            new=Version(
                entry=entry,
                promise=canonical.encode(promise.to_json()),
                valid_until=valid_until.isoformat(),
            ),
        )

    def apply(self) -> None:
        self._write(self.new)

    def undo(self) -> None:
        self._write(self.old)

    def _write(self, version: Version) -> None:
        leaf = leaf_hash(version.entry)
        row = (version.entry, leaf, version.promise, version.valid_until, self.license_id)
        with outside_transaction(self.database) as connection:
            (index,) = connection.execute(_WRITE, row).fetchone()
            leaves = _leaves(connection, self.region)
            leaves[index] = leaf
            _match(connection, self.region, leaves, index)


def _leaves(connection: sqlite3.Connection, region: Region) -> list[Digest]:
    tiles = connection.execute(_LEAVES, (region, _KIND)).fetchall()
    return [leaf for (tile,) in tiles for leaf in split_hashes(tile)]


def _match(
    connection: sqlite3.Connection, region: Region, leaves: Sequence[Digest], changed: int
) -> None:
    """Recompute tiles, head, and the anchors above `changed` in this node's mirror."""
    log = (region, _KIND)
    grown = TileTree(read=_nothing, tree_size=0, interior=tile_interior).append(leaves)
    for (level, index), hashes in grown.tiles.items():
        connection.execute(_TILE, (hashes, *log, level, index))
    connection.execute(_HEAD, (grown.root_hash, *log))
    tree = TileTree(
        read=lambda level, index: grown.tiles[level, index],
        tree_size=grown.tree_size,
        interior=tile_interior,
    )
    for (size,) in connection.execute(_ANCHORS, (*log, changed)).fetchall():
        if size <= grown.tree_size:
            connection.execute(_ANCHOR, (tree.root_hash(size), *log, size))


def _nothing(_level: int, _index: int) -> bytes:
    return b""
