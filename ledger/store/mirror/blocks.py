"""Mirrored blocks, and how far they are final."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sqlalchemy import bindparam, func, select

from ledger.ports.mirror import MirrorPosition
from ledger.store.repository import PlacedRow, Repository
from ledger.store.tables.mirror_chain import BLOCK, FOLLOWING
from ledger.types import BlockRef

NEVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""When the chain answered last, while it has not answered yet: as stale as can be."""

_COLUMNS: Final = (BLOCK.c.number, BLOCK.c.hash, BLOCK.c.parent_hash, BLOCK.c.time)
_BLOCK: Final = select(*_COLUMNS).where(BLOCK.c.number == bindparam("block"))
_NEWEST: Final = select(*_COLUMNS).order_by(BLOCK.c.number.desc()).limit(1)
_OLDEST: Final = select(*_COLUMNS).order_by(BLOCK.c.number).limit(1)
_FOLLOWING: Final = select(FOLLOWING.c.final_number, FOLLOWING.c.checked_at, FOLLOWING.c.halted)
_TIP, _FINAL = BLOCK.alias("tip"), BLOCK.alias("final")
_POSITION: Final = (
    select(
        FOLLOWING.c.checked_at,
        FOLLOWING.c.halted,
        *(_TIP.c[column.name] for column in _COLUMNS),
        *(_FINAL.c[column.name] for column in _COLUMNS),
    )
    .join_from(FOLLOWING, _FINAL, _FINAL.c.number == FOLLOWING.c.final_number)
    .join(_TIP, _TIP.c.number == select(func.max(BLOCK.c.number)).scalar_subquery())
)
_AT_TIME: Final = (
    select(*_COLUMNS)
    .where(BLOCK.c.time <= bindparam("at"), BLOCK.c.number <= bindparam("final"))
    .order_by(BLOCK.c.time.desc(), BLOCK.c.number.desc())
    .limit(1)
)


class BlockReader(Repository):
    """Blocks by number and by time."""

    __slots__ = ()

    def position(self) -> MirrorPosition | None:
        row = self._first(_POSITION)
        if row is not None:
            checked_at, halted, *blocks = row
            return MirrorPosition(
                newest=_to_block(tuple(blocks[:4])),
                final=_to_block(tuple(blocks[4:])),
                checked_at=checked_at or NEVER,
                halted=halted,
            )
        newest = self._newest()
        if newest is None:
            return None
        # Nothing is final by the chain's word yet, or its block is not held.
        _, checked_at, halted = self._first(_FOLLOWING) or (None, None, None)
        return MirrorPosition(
            newest=newest,
            final=self._oldest(),
            checked_at=checked_at or NEVER,
            halted=halted,
        )

    def block(self, number: int) -> BlockRef | None:
        row = self._first(_BLOCK, block=number)
        return None if row is None else _to_block(row)

    def block_at(self, time: int) -> BlockRef | None:
        position = self.position()
        if position is None:
            return None
        row = self._first(_AT_TIME, at=time, final=position.final.number)
        return None if row is None else _to_block(row)

    def _newest(self) -> BlockRef | None:
        row = self._first(_NEWEST)
        return None if row is None else _to_block(row)

    def _oldest(self) -> BlockRef:
        """Where following began, a block that the configuration vouches for: final from the start.

        Only for a mirror that has a block.
        """
        return _to_block(self._connection.execute(_OLDEST).one())


def _to_block(row: PlacedRow) -> BlockRef:
    return BlockRef(number=row[0], hash=row[1], parent_hash=row[2], time=row[3])
