"""Table of the status changes that offices asked for."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, SmallInteger, text
from sqlmodel import Field

from ledger.store.tables.columns import Instant, Number, Row, table_of

_HAS_CARRIER = text("transaction_id IS NOT NULL")
_WAITING, _CARRIED = "AND transaction_id IS NULL", "AND transaction_id IS NOT NULL"


def _open(name: str, *columns: str, rest: str = "", unique: bool = False) -> Index:
    """An index of open changes. Each database must recognise its own way to say *not done*."""
    return Index(
        name,
        *columns,
        unique=unique,
        sqlite_where=text(f"done = 0 {rest}".strip()),
        postgresql_where=text(f"NOT done {rest}".strip()),
    )


class StatusChangeRow(Row, table=True):
    """One change (`ledger.ports.licenses.StatusChange`); a license has one open change at most."""

    __tablename__: ClassVar[str] = "status_change"
    __table_args__ = (
        _open("uq_status_change_open", "license_id", unique=True),
        _open("ix_status_change_waiting", "requested_at", "id", rest=_WAITING),
        _open("ix_status_change_carried", "requested_at", "id", rest=_CARRIED),
        Index(None, "transaction_id", sqlite_where=_HAS_CARRIER, postgresql_where=_HAS_CARRIER),
    )

    id: str = Field(primary_key=True)
    license_id: str = Field(foreign_key="license.id")
    epoch: int = Field(sa_type=Number)
    leaf_index: int = Field(sa_type=Number)
    old: int = Field(sa_type=SmallInteger)
    new: int = Field(sa_type=SmallInteger)
    reason_code: int = Field(sa_type=Number)
    sealed_reason: bytes
    office: str
    requested_at: datetime = Field(sa_type=Instant)
    transaction_id: str | None
    done: bool


STATUS_CHANGE = table_of(StatusChangeRow)
