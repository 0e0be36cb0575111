"""Table of the mirrored status words, with their history."""

from __future__ import annotations

from typing import ClassVar

from sqlmodel import Field

from ledger.store.tables.columns import WITHOUT_ROWID, Number, Row, Statuses, Word, table_of


class StatusWordRow(Row, table=True):
    """A status word as it stood after a change, 128 licenses."""

    __tablename__: ClassVar[str] = "mirror_status_word"
    __table_args__ = (WITHOUT_ROWID,)

    region: str = Field(primary_key=True)
    epoch: int = Field(primary_key=True, sa_type=Number)
    word_index: int = Field(primary_key=True, sa_type=Number)
    block_number: int = Field(primary_key=True, sa_type=Number, index=True)
    ordinal: int = Field(primary_key=True, sa_type=Number)
    statuses: int = Field(sa_type=Statuses)
    mask: int = Field(sa_type=Word)
    reason: int = Field(sa_type=Number)
    corrected: bool


STATUS_WORD = table_of(StatusWordRow)
