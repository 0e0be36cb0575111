"""Logs: heads by compare-and-swap, tiles that grow in place (`ledger.ports.log`)."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, delete, select, update

from ledger.errors import ConflictError, StoreError
from ledger.hashing import EMPTY_ROOT
from ledger.ports.log import LogName
from ledger.store.repository import Repository
from ledger.store.tables.log import LOG_HEAD, LOG_TILE
from ledger.types import DIGEST_SIZE, Digest, Head

_TILE_WIDTH: Final = 256
_TILE_BITS: Final = 8
_EMPTY: Final = Head(epoch=0, tree_size=0, root_hash=EMPTY_ROOT)

_THIS_HEAD: Final = (
    LOG_HEAD.c.region == bindparam("log_region"),
    LOG_HEAD.c.kind == bindparam("log_kind"),
)
_THIS_LOG: Final = (
    LOG_TILE.c.region == bindparam("log_region"),
    LOG_TILE.c.kind == bindparam("log_kind"),
)
_HEAD: Final = select(LOG_HEAD.c.epoch, LOG_HEAD.c.tree_size, LOG_HEAD.c.root_hash).where(
    *_THIS_HEAD
)
_SWAP: Final = (
    update(LOG_HEAD)
    .where(
        *_THIS_HEAD,
        LOG_HEAD.c.epoch == bindparam("old_epoch"),
        LOG_HEAD.c.tree_size == bindparam("old_size"),
        LOG_HEAD.c.root_hash == bindparam("old_root"),
    )
    .values(
        epoch=bindparam("new_epoch"),
        tree_size=bindparam("new_size"),
        root_hash=bindparam("new_root"),
    )
)
_TILE: Final = select(LOG_TILE.c.hashes).where(
    *_THIS_LOG,
    LOG_TILE.c.level == bindparam("tile_level"),
    LOG_TILE.c.tile_index == bindparam("index"),
)
_HIGHEST_LEVEL: Final = (
    select(LOG_TILE.c.level).where(*_THIS_LOG).order_by(LOG_TILE.c.level.desc()).limit(1)
)
_CUT: Final = delete(LOG_TILE).where(
    *_THIS_LOG,
    LOG_TILE.c.level == bindparam("tile_level"),
    LOG_TILE.c.tile_index >= bindparam("index"),
)


class SqlLogReader(Repository):
    """Heads and tiles of every log that is held."""

    __slots__ = ()

    def head(self, log: LogName) -> Head:
        row = self._first(_HEAD, **_key(log))
        if row is None:
            return _EMPTY
        return Head(epoch=row[0], tree_size=row[1], root_hash=Digest(row[2]))

    def tile(self, log: LogName, level: int, index: int) -> bytes:
        hashes = self._find_tile(log, level, index)
        if hashes is None:
            raise StoreError(
                f"tile {level}/{index} of the log {log.kind.name} of {log.region} is missing;"
                " run fsck"
            )
        return hashes

    def _find_tile(self, log: LogName, level: int, index: int) -> bytes | None:
        row = self._first(_TILE, **_key(log), tile_level=level, index=index)
        return None if row is None else row[0]


class SqlLogWriter(SqlLogReader):
    """Writes of the sequencer (own logs) and of replication (copies of other regions')."""

    __slots__ = ()

    def put_tiles(self, log: LogName, tiles: dict[tuple[int, int], bytes]) -> None:
        self._put(
            LOG_TILE,
            [_tile_row(log, level, index, hashes) for (level, index), hashes in tiles.items()],
        )

    def replace_head(self, log: LogName, old: Head, new: Head) -> None:
        values = {
            **_key(log),
            "old_epoch": old.epoch,
            "old_size": old.tree_size,
            "old_root": old.root_hash,
            "new_epoch": new.epoch,
            "new_size": new.tree_size,
            "new_root": new.root_hash,
        }
        if self._connection.execute(_SWAP, values).rowcount == 1:
            return
        # A log that nobody wrote to has no row, and stands for the empty head.
        if old == _EMPTY and self._add_new(LOG_HEAD, _head_row(log, new)):
            return
        raise ConflictError(
            f"the log {log.kind.name} of {log.region} is no longer at size {old.tree_size} of"
            f" epoch {old.epoch}; read it again"
        )

    def truncate(self, log: LogName, tree_size: int) -> None:
        # Level L holds the roots of full runs of 256^L leaves: as many as fit below the size.
        highest = self._connection.execute(_HIGHEST_LEVEL, _key(log)).scalar()
        for level in range(0 if highest is None else highest + 1):
            full, rest = divmod(tree_size >> (_TILE_BITS * level), _TILE_WIDTH)
            if rest:
                self._shorten(log, level, full, rest)
            first_gone = full + 1 if rest else full
            self._connection.execute(_CUT, {**_key(log), "tile_level": level, "index": first_gone})

    def _shorten(self, log: LogName, level: int, index: int, width: int) -> None:
        hashes = self._find_tile(log, level, index)
        size = width * DIGEST_SIZE
        if hashes is None or len(hashes) < size:
            raise StoreError(
                f"tile {level}/{index} of the log {log.kind.name} of {log.region} holds fewer than"
                f" {width} hashes; run fsck"
            )
        self.put_tiles(log, {(level, index): hashes[:size]})


def _key(log: LogName) -> dict[str, Any]:
    return {"log_region": log.region, "log_kind": int(log.kind)}


def _tile_row(log: LogName, level: int, index: int, hashes: bytes) -> dict[str, Any]:
    return {
        "region": log.region,
        "kind": int(log.kind),
        "level": level,
        "tile_index": index,
        "hashes": hashes,
    }


def _head_row(log: LogName, head: Head) -> dict[str, Any]:
    return {
        "region": log.region,
        "kind": int(log.kind),
        "epoch": head.epoch,
        "tree_size": head.tree_size,
        "root_hash": head.root_hash,
    }
