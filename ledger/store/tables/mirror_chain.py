"""Tables of the mirrored chain: blocks, how far they are final, anchored heads, reopenings.

Here and in the other mirror tables a row is a fact with the block that announced it
(`block_number`, and `ordinal` within the block). Rows are only added, and taken away by a rewind.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, SmallInteger
from sqlmodel import Field

from ledger.store.tables.columns import (
    NO_SEQUENCE,
    WITHOUT_ROWID,
    Instant,
    Number,
    Row,
    table_of,
)


class BlockRow(Row, table=True):
    """One mirrored block."""

    __tablename__: ClassVar[str] = "mirror_block"
    __table_args__ = (Index(None, "time", "number"),)

    number: int = Field(primary_key=True, sa_type=Number, sa_column_kwargs=NO_SEQUENCE)
    hash: bytes
    parent_hash: bytes
    time: int = Field(sa_type=Number)


class FollowingRow(Row, table=True):
    """How the following of the chain stands; one row."""

    __tablename__: ClassVar[str] = "mirror_following"

    id: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs=NO_SEQUENCE)
    final_number: int | None = Field(sa_type=Number)
    checked_at: datetime | None = Field(sa_type=Instant)
    halted: str | None


class AnchorRow(Row, table=True):
    """One head that the contract accepted."""

    __tablename__: ClassVar[str] = "mirror_anchor"
    __table_args__ = (Index(None, "region", "kind", "block_number"), WITHOUT_ROWID)

    region: str = Field(primary_key=True)
    kind: int = Field(primary_key=True, sa_type=SmallInteger)
    epoch: int = Field(primary_key=True, sa_type=Number)
    tree_size: int = Field(primary_key=True, sa_type=Number)
    previous_size: int = Field(sa_type=Number)
    root_hash: bytes
    block_time: int = Field(sa_type=Number)
    block_number: int = Field(sa_type=Number, index=True)
    ordinal: int = Field(sa_type=Number)


class ReopeningRow(Row, table=True):
    """One reopening of a log."""

    __tablename__: ClassVar[str] = "mirror_reopening"
    __table_args__ = (WITHOUT_ROWID,)

    region: str = Field(primary_key=True)
    kind: int = Field(primary_key=True, sa_type=SmallInteger)
    epoch: int = Field(primary_key=True, sa_type=Number)
    parent_epoch: int = Field(sa_type=Number)
    start_size: int = Field(sa_type=Number)
    root_hash: bytes
    block_number: int = Field(sa_type=Number, index=True)
    ordinal: int = Field(sa_type=Number)


BLOCK = table_of(BlockRow)
FOLLOWING = table_of(FollowingRow)
ANCHOR = table_of(AnchorRow)
REOPENING = table_of(ReopeningRow)
