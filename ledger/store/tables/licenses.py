"""Tables of the region's own licenses and the keyed digests by which holders are found."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import Index, text
from sqlmodel import Field

from ledger.store.tables.columns import WITHOUT_ROWID, Day, Instant, Number, Row, table_of

_PENDING = text("leaf_index IS NULL")
_PLACED = text("leaf_index IS NOT NULL")


class LicenseRow(Row, table=True):
    """One registered license (`ledger.ports.licenses.LicenseRecord`)."""

    __tablename__: ClassVar[str] = "license"
    __table_args__ = (
        Index(
            "uq_license_position",
            "leaf_index",
            "epoch",
            unique=True,
            sqlite_where=_PLACED,
            postgresql_where=_PLACED,
        ),
        Index(None, "file_sha256", "id"),
        Index(
            "ix_license_pending",
            "registered_at",
            "id",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index(None, "type_code", "id"),
        Index(None, "office", "id"),
    )

    id: str = Field(primary_key=True)
    type_code: str
    office: str
    valid_from: date = Field(sa_type=Day)
    valid_until: date | None = Field(sa_type=Day)
    entry: bytes
    leaf_hash: bytes = Field(unique=True)
    sealed: bytes
    promise: bytes
    registered_at: datetime = Field(sa_type=Instant)
    epoch: int | None = Field(sa_type=Number)
    leaf_index: int | None = Field(sa_type=Number)
    supersedes_id: str | None = Field(foreign_key="license.id", index=True)
    file_sha256: bytes | None
    file_size: int = Field(sa_type=Number)
    media_type: str | None
    file_kept: bool
    identifier_digest: bytes = Field(unique=True)
    check_code_digest: bytes = Field(unique=True)
    content_digest: bytes
    number_digest: bytes | None = Field(index=True)


class HolderRow(Row, table=True):
    """One holder of one license. The key's order makes a holder's newest license the last row."""

    __tablename__: ClassVar[str] = "license_holder"
    __table_args__ = (WITHOUT_ROWID,)

    holder_digest: bytes = Field(primary_key=True)
    license_id: str = Field(primary_key=True, foreign_key="license.id")
    type_code: str


LICENSE = table_of(LicenseRow)
HOLDER = table_of(HolderRow)
