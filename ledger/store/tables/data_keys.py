"""Table of the data keys, each wrapped by the node's master key."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import SmallInteger
from sqlmodel import Field

from ledger.store.tables.columns import NO_SEQUENCE, Instant, Row, table_of


class DataKeyRow(Row, table=True):
    """One numbered data key (`ledger.store.encryption`)."""

    __tablename__: ClassVar[str] = "data_key"

    number: int = Field(primary_key=True, sa_type=SmallInteger, sa_column_kwargs=NO_SEQUENCE)
    wrapped: bytes
    master_check: bytes
    """Tells which master key wrapped it, and nothing else about that key."""
    created_at: datetime = Field(sa_type=Instant)


DATA_KEY = table_of(DataKeyRow)
