"""Table of the status changes that offices asked for."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, SmallInteger, text
from sqlmodel import Field

from ledger.store.tables.columns import Instant, Number, Row, table_of

_OPEN = text("NOT done")
_WAITING = text("NOT done AND transaction_id IS NULL")
_CARRIED = text("NOT done AND transaction_id IS NOT NULL")


class StatusChangeRow(Row, table=True):
    """One change (`ledger.ports.licenses.StatusChange`); a license has one open change at most."""

    __tablename__: ClassVar[str] = "status_change"
    __table_args__ = (
        Index(
            "uq_status_change_open",
            "license_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "ix_status_change_waiting",
            "requested_at",
            "id",
            sqlite_where=_WAITING,
            postgresql_where=_WAITING,
        ),
        Index(
            "ix_status_change_carried",
            "requested_at",
            "id",
            sqlite_where=_CARRIED,
            postgresql_where=_CARRIED,
        ),
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
    transaction_id: str | None = Field(index=True)
    done: bool


STATUS_CHANGE = table_of(StatusChangeRow)
