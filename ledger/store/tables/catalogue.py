"""Table of the catalogue of license types."""

from __future__ import annotations

from typing import ClassVar

from sqlalchemy import SmallInteger
from sqlmodel import Field

from ledger.store.tables.columns import Row, table_of


class LicenseTypeRow(Row, table=True):
    """One type (`ledger.catalogue.LicenseType`)."""

    __tablename__: ClassVar[str] = "license_type"

    code: str = Field(primary_key=True)
    name_zh: str
    name_en: str
    authority_zh: str
    authority_en: str
    holder: str
    level: int = Field(sa_type=SmallInteger)
    validity_years: int = Field(sa_type=SmallInteger)


LICENSE_TYPE = table_of(LicenseTypeRow)
