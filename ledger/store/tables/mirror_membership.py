"""Tables of the mirrored consortium: regions, their keys and endpoints, types and grants."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import Index, SmallInteger
from sqlmodel import Field

from ledger.store.tables.columns import WITHOUT_ROWID, Number, Row, table_of


class AuthorityRow(Row, table=True):
    """Whether a region is active, and by which key it anchors."""

    __tablename__: ClassVar[str] = "mirror_authority"
    __table_args__ = (WITHOUT_ROWID,)

    region: str = Field(primary_key=True)
    since_block: int = Field(primary_key=True, sa_type=Number)
    block_number: int = Field(primary_key=True, sa_type=Number, index=True)
    ordinal: int = Field(primary_key=True, sa_type=Number)
    anchor_key: str = Field(index=True)
    active: bool


class RegionKeyRow(Row, table=True):
    """A numbered signing or encryption key of a region."""

    __tablename__: ClassVar[str] = "mirror_region_key"
    __table_args__ = (WITHOUT_ROWID,)

    region: str = Field(primary_key=True)
    use: str = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=Number)
    block_number: int = Field(primary_key=True, sa_type=Number, index=True)
    ordinal: int = Field(primary_key=True, sa_type=Number)
    algorithm: int = Field(sa_type=SmallInteger)
    public: bytes
    since_block: int = Field(sa_type=Number)


class EndpointRow(Row, table=True):
    """Where a region's node answers."""

    __tablename__: ClassVar[str] = "mirror_endpoint"
    __table_args__ = (WITHOUT_ROWID,)

    region: str = Field(primary_key=True)
    block_number: int = Field(primary_key=True, sa_type=Number, index=True)
    ordinal: int = Field(primary_key=True, sa_type=Number)
    url: str
    since_block: int = Field(sa_type=Number)


class TypeRow(Row, table=True):
    """Level of a type, and whether it may be issued at all."""

    __tablename__: ClassVar[str] = "mirror_type"
    __table_args__ = (WITHOUT_ROWID,)

    type_hash: bytes = Field(primary_key=True)
    since_block: int = Field(primary_key=True, sa_type=Number)
    block_number: int = Field(primary_key=True, sa_type=Number, index=True)
    ordinal: int = Field(primary_key=True, sa_type=Number)
    level: int = Field(sa_type=SmallInteger)
    active: bool


class GrantRow(Row, table=True):
    """Whether a region may issue a type."""

    __tablename__: ClassVar[str] = "mirror_grant"
    __table_args__ = (WITHOUT_ROWID,)

    region: str = Field(primary_key=True)
    type_hash: bytes = Field(primary_key=True)
    since_block: int = Field(primary_key=True, sa_type=Number)
    block_number: int = Field(primary_key=True, sa_type=Number, index=True)
    ordinal: int = Field(primary_key=True, sa_type=Number)
    granted: bool


class GovernanceRow(Row, table=True):
    """Any other announcement of the contracts, for auditors."""

    __tablename__: ClassVar[str] = "mirror_governance"
    __table_args__ = (Index(None, "name", "block_number"),)

    block_number: int = Field(primary_key=True, sa_type=Number)
    ordinal: int = Field(primary_key=True, sa_type=Number)
    name: str
    arguments: str


AUTHORITY = table_of(AuthorityRow)
REGION_KEY = table_of(RegionKeyRow)
ENDPOINT = table_of(EndpointRow)
TYPE = table_of(TypeRow)
GRANT = table_of(GrantRow)
GOVERNANCE = table_of(GovernanceRow)
