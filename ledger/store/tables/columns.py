"""Column types and the metadata that every table of the store hangs on.

All values are portable: whole numbers, text, bytes and calendar dates. So SQLite and PostgreSQL
hold the same values, and a look-up by key costs no conversion that matters.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import BigInteger, Date, Dialect, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

WITHOUT_ROWID = {"sqlite_with_rowid": False}
"""For small rows that are only read by their key: the key's tree holds the row itself."""

NO_SEQUENCE = {"autoincrement": False}
"""For a whole-number key that the domain assigns."""

UNREADABLE_DAY = date.min
"""No license has this date, so a comparison with the entry refuses the row that shows it."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WORD_BYTES = 32
_STATUSES_PER_WORD = 128
_DIGITS = {f"{nibble:x}": f"{nibble >> 2}{nibble & 3}" for nibble in range(16)}


class Row(SQLModel):
    """Base of every table. Rows never leave `ledger.store`."""

    metadata: ClassVar[MetaData] = METADATA


class Number(TypeDecorator[int]):
    """A whole number below 2^63 (SQLite: INTEGER, so that a sole key is the row id itself)."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else BigInteger())


class Instant(TypeDecorator[datetime]):
    """A UTC instant as microseconds since 1970; it sorts and compares as a number."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        # SQLite gives back whatever an outsider wrote; what is no number is no instant of ours.
        return _EPOCH + timedelta(microseconds=value) if isinstance(value, int) else _EPOCH


class Day(TypeDecorator[date]):
    """A calendar date. What an outsider wrote over it in SQLite reads as `UNREADABLE_DAY`."""

    impl = Date
    cache_ok = True

    def result_processor(
        self, dialect: Dialect, coltype: object
    ) -> Callable[[Any], date | None] | None:
        if dialect.name == "sqlite":
            return _read_day
        return super().result_processor(dialect, coltype)


class Word(TypeDecorator[int]):
    """A 256-bit word of the contracts, 32 bytes big-endian."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.to_bytes(_WORD_BYTES, "big")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> int | None:
        return None if value is None else int.from_bytes(value, "big")


class Statuses(TypeDecorator[int]):
    """A status word as 128 digits 0-3, the first license first.

    The same `substr` picks one license's status in both databases, and a person can read it.
    """

    impl = String(_STATUSES_PER_WORD)
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:
        if value is None:
            return None
        return "".join(_DIGITS[nibble] for nibble in f"{value:064x}")[::-1]

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value[::-1], 4)


def _read_day(value: object) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return UNREADABLE_DAY


def table_of(row: type[Row]) -> Table:
    """The table that `row` describes, for statements."""
    return METADATA.tables[str(row.__tablename__)]
