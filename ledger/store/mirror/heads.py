"""Anchored heads and the live lineage of logs.

Within an epoch heads grow with their blocks, so the smallest size above an index is the first head
that covered it, whatever came later.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import bindparam, select

from ledger.store.prepared import PreparedRow
from ledger.store.repository import PlacedRow, Repository
from ledger.store.tables.mirror_chain import ANCHOR, REOPENING
from ledger.types import AnchoredHead, Digest, EpochStart, LogKind, Position, Region

_THIS_LOG: Final = (
    ANCHOR.c.region == bindparam("log_region"),
    ANCHOR.c.kind == bindparam("log_kind"),
)
_HEADS: Final = select(
    ANCHOR.c.epoch,
    ANCHOR.c.tree_size,
    ANCHOR.c.previous_size,
    ANCHOR.c.root_hash,
    ANCHOR.c.block_number,
    ANCHOR.c.block_time,
).where(*_THIS_LOG)
_IN_EPOCH: Final = _HEADS.where(ANCHOR.c.epoch == bindparam("in_epoch"))
_ANCHORED: Final = _IN_EPOCH.where(ANCHOR.c.tree_size == bindparam("size"))
_COVERING: Final = (
    _IN_EPOCH.where(ANCHOR.c.tree_size > bindparam("leaf_index"))
    .order_by(ANCHOR.c.tree_size)
    .limit(1)
)
_NEWEST_IN_EPOCH: Final = (
    _IN_EPOCH.where(ANCHOR.c.block_number <= bindparam("as_of"))
    .order_by(ANCHOR.c.tree_size.desc())
    .limit(1)
)
_AFTER: Final = ANCHOR.c.block_number > bindparam("after")
_LAST_BLOCK: Final = (
    select(ANCHOR.c.block_number)
    .where(*_THIS_LOG, _AFTER, ANCHOR.c.block_number <= bindparam("as_of"))
    .order_by(ANCHOR.c.block_number, ANCHOR.c.ordinal)
    .limit(1)
    .offset(bindparam("skipped"))
)
_BETWEEN: Final = _HEADS.where(_AFTER, ANCHOR.c.block_number <= bindparam("as_of")).order_by(
    ANCHOR.c.block_number, ANCHOR.c.ordinal
)
_REOPENINGS: Final = (
    select(REOPENING.c.epoch, REOPENING.c.parent_epoch, REOPENING.c.start_size)
    .where(
        REOPENING.c.region == bindparam("log_region"),
        REOPENING.c.kind == bindparam("log_kind"),
        REOPENING.c.block_number <= bindparam("as_of"),
    )
    .order_by(REOPENING.c.block_number, REOPENING.c.ordinal)
)


class HeadReader(Repository):
    """Heads by size, by position and in order."""

    __slots__ = ()

    def anchored(
        self, region: Region, kind: LogKind, epoch: int, tree_size: int, *, as_of: int
    ) -> AnchoredHead | None:
        values = {**_key(region, kind), "in_epoch": epoch, "size": tree_size}
        return _known(self._first(_ANCHORED, **values), as_of)

    def newest_head(self, region: Region, kind: LogKind, *, as_of: int) -> AnchoredHead | None:
        """The newest head on the live lineage: what a reopening disowned does not count."""
        for start in reversed(self.lineage(region, kind, as_of=as_of)):
            values = {**_key(region, kind), "in_epoch": start.epoch, "as_of": as_of}
            row = self._first(_NEWEST_IN_EPOCH, **values)
            if row is not None:
                return _to_head(row)
            # Nothing was appended since the reopening: the head is still the one it went on from.
            parent = self._reopened_at(region, kind, start.epoch, as_of)
            if parent is not None:
                return parent
        return None

    def first_covering_head(
        self, region: Region, kind: LogKind, position: Position, *, as_of: int
    ) -> AnchoredHead | None:
        values = {
            **_key(region, kind),
            "in_epoch": position.epoch,
            "leaf_index": position.index,
        }
        head = _known(self._first(_COVERING, **values), as_of)
        return head if head is not None and head.previous_size <= position.index else None

    def heads(
        self, region: Region, kind: LogKind, *, as_of: int, after: int, limit: int
    ) -> tuple[AnchoredHead, ...]:
        """At most `limit` heads, but a block's heads stay together: `after` skips whole blocks."""
        values = {**_key(region, kind), "after": after, "as_of": as_of}
        last = self._connection.execute(_LAST_BLOCK, {**values, "skipped": limit - 1}).scalar()
        if last is not None:
            values["as_of"] = last
        return tuple(map(_to_head, self._connection.execute(_BETWEEN, values)))

    def lineage(self, region: Region, kind: LogKind, *, as_of: int) -> tuple[EpochStart, ...]:
        live = [EpochStart(0, 0)]
        for epoch, parent_epoch, start_size in self._reopenings(region, kind, as_of):
            while live and live[-1].epoch > parent_epoch:
                live.pop()
            live.append(EpochStart(epoch, start_size))
        return tuple(live)

    def _reopened_at(
        self, region: Region, kind: LogKind, epoch: int, as_of: int
    ) -> AnchoredHead | None:
        for opened, parent_epoch, start_size in self._reopenings(region, kind, as_of):
            if opened == epoch:
                return self.anchored(region, kind, parent_epoch, start_size, as_of=as_of)
        return None

    def _reopenings(self, region: Region, kind: LogKind, as_of: int) -> list[PreparedRow]:
        return self._rows(_REOPENINGS, **_key(region, kind), as_of=as_of)


def _key(region: Region, kind: LogKind) -> dict[str, Any]:
    return {"log_region": region, "log_kind": int(kind)}


def _known(row: PlacedRow | None, as_of: int) -> AnchoredHead | None:
    """The head of `row` if its block counts. The filter is here: in SQL it would search on."""
    return None if row is None or row[4] > as_of else _to_head(row)


def _to_head(row: PlacedRow) -> AnchoredHead:
    return AnchoredHead(
        epoch=row[0],
        tree_size=row[1],
        previous_size=row[2],
        root_hash=Digest(row[3]),
        block_number=row[4],
        block_time=row[5],
    )
