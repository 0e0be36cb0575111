"""Rows of wrapped data keys."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import insert, select

from ledger.store.repository import Repository
from ledger.store.tables.data_keys import DATA_KEY

_ALL: Final = select(DATA_KEY).order_by(DATA_KEY.c.number)
_INSERT: Final = insert(DATA_KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrappedKey:
    """One data key as it is stored."""

    number: int
    wrapped: bytes
    master_check: bytes
    """Tells which master key wrapped it."""
    created_at: datetime


class SqlDataKeyReader(Repository):
    """Reads wrapped keys."""

    __slots__ = ()

    def all(self) -> tuple[WrappedKey, ...]:
        """Every key in the order of its number."""
        return tuple(WrappedKey(**row) for row in self._connection.execute(_ALL).mappings())


class SqlDataKeyWriter(SqlDataKeyReader):
    """Adds wrapped keys; none is ever taken away."""

    __slots__ = ()

    def create(self, key: WrappedKey) -> None:
        self._connection.execute(_INSERT, asdict(key))
