"""The catalogue of license types (`ledger.ports.catalogue`)."""

from __future__ import annotations

from dataclasses import asdict
from functools import lru_cache
from typing import Final

from sqlalchemy import bindparam, select

from ledger.catalogue import LicenseType
from ledger.store.prepared import PreparedRow
from ledger.store.repository import Repository
from ledger.store.tables.catalogue import LICENSE_TYPE

_ALL: Final = select(LICENSE_TYPE).order_by(LICENSE_TYPE.c.code)
_ONE: Final = select(LICENSE_TYPE).where(LICENSE_TYPE.c.code == bindparam("key"))


_COLUMNS: Final = tuple(LICENSE_TYPE.columns.keys())


class SqlCatalogueReader(Repository):
    """Reads types; the table's columns are the type's attributes."""

    __slots__ = ()

    def get(self, type_code: str) -> LicenseType | None:
        row = self._first(_ONE, key=type_code)
        return None if row is None else _to_type(row)

    def all(self) -> tuple[LicenseType, ...]:
        return tuple(LicenseType(**row) for row in self._connection.execute(_ALL).mappings())


class SqlCatalogueWriter(SqlCatalogueReader):
    """Adds and replaces types."""

    __slots__ = ()

    def put_all(self, types: tuple[LicenseType, ...]) -> None:
        self._put(LICENSE_TYPE, [asdict(kind) for kind in types])


@lru_cache(maxsize=1024)
def _to_type(row: PreparedRow) -> LicenseType:
    """The type of a row; the few there are get asked for all the time."""
    return LicenseType(**dict(zip(_COLUMNS, row, strict=True)))
