"""Tables of offices, their tokens, leases and the nonces of signed requests."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from ledger.store.tables.columns import WITHOUT_ROWID, Instant, Number, Row, table_of


class OfficeRow(Row, table=True):
    """A license office of this region."""

    __tablename__: ClassVar[str] = "office"

    uscc: str = Field(primary_key=True)
    name: str


class TokenRow(Row, table=True):
    """A bearer token; its secret is nowhere."""

    __tablename__: ClassVar[str] = "token"

    id: str = Field(primary_key=True)
    digest: bytes = Field(unique=True)
    office: str = Field(index=True)
    label: str
    scopes: str
    """Space-separated, sorted."""
    created_at: datetime = Field(sa_type=Instant)
    expires_at: datetime = Field(sa_type=Instant)
    revoked_at: datetime | None = Field(sa_type=Instant)
    last_used_at: datetime | None = Field(sa_type=Instant)


class LeaseRow(Row, table=True):
    """Who may do one thing alone. A released lease stays, without holder, for its fence."""

    __tablename__: ClassVar[str] = "lease"

    name: str = Field(primary_key=True)
    holder: str | None
    fence: int = Field(sa_type=Number)
    expires_at: datetime = Field(sa_type=Instant)


class NonceRow(Row, table=True):
    """A nonce that a signer used."""

    __tablename__: ClassVar[str] = "request_nonce"
    __table_args__ = (WITHOUT_ROWID,)

    key_id: str = Field(primary_key=True)
    nonce: str = Field(primary_key=True)
    expires_at: datetime = Field(sa_type=Instant, index=True)


OFFICE = table_of(OfficeRow)
TOKEN = table_of(TokenRow)
LEASE = table_of(LeaseRow)
NONCE = table_of(NonceRow)
