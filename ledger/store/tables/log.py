"""Tables of logs: the head that is held of each, and its tiles of 256 hashes."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import SmallInteger
from sqlmodel import Field

from ledger.store.tables.columns import WITHOUT_ROWID, Number, Row, table_of


class LogHeadRow(Row, table=True):
    """The head of one log; no row means the empty log."""

    __tablename__: ClassVar[str] = "log_head"
    __table_args__ = (WITHOUT_ROWID,)

    region: str = Field(primary_key=True)
    kind: int = Field(primary_key=True, sa_type=SmallInteger)
    epoch: int = Field(sa_type=Number)
    tree_size: int = Field(sa_type=Number)
    root_hash: bytes


class LogTileRow(Row, table=True):
    """One tile: 1-256 hashes in a row, 8 KiB when full."""

    __tablename__: ClassVar[str] = "log_tile"

    region: str = Field(primary_key=True)
    kind: int = Field(primary_key=True, sa_type=SmallInteger)
    level: int = Field(primary_key=True, sa_type=SmallInteger)
    tile_index: int = Field(primary_key=True, sa_type=Number)
    hashes: bytes


LOG_HEAD = table_of(LogHeadRow)
LOG_TILE = table_of(LogTileRow)
