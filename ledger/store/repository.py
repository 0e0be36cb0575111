"""What every repository shares: one connection inside one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql.dml import Insert as PostgresInsert
from sqlalchemy.dialects.sqlite.dml import Insert as SqliteInsert
from sqlalchemy.sql.expression import UpdateBase

from ledger.store import prepared
from ledger.store.prepared import AnySelect, PreparedRow

AnyRow = Row[*tuple[Any, ...]]
PlacedRow = AnyRow | PreparedRow
"""A row that is read by the places of its columns, not by their names."""


class Repository:
    """Runs statements on its session's connection. Lives as long as the session."""

    __slots__ = ("_connection",)

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _first(self, statement: AnySelect, **values: object) -> PreparedRow | None:
        """First row of a statement that is run all the time (`ledger.store.prepared`)."""
        return prepared.first(self._connection, statement, values)

    def _rows(self, statement: AnySelect, **values: object) -> list[PreparedRow]:
        """All rows of a statement that is run all the time."""
        return prepared.rows(self._connection, statement, values)

    def _many(self, statement: UpdateBase, rows: Sequence[dict[str, Any]]) -> int:
        """Run an INSERT or UPDATE for every row in one go; how many rows it touched."""
        return prepared.many(self._connection, statement, rows)

    def _put(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Add rows, or replace those that have the same primary key."""
        if rows:
            self._connection.execute(_upsert(self._connection.dialect.name, table), rows)

    def _add_new(self, table: Table, row: dict[str, Any]) -> bool:
        """Add a row unless one with its key exists; True when it was added."""
        statement = _insert_new(self._connection.dialect.name, table)
        return self._connection.execute(statement, row).first() is not None


def _insert(dialect: str, table: Table) -> SqliteInsert | PostgresInsert:
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _upsert(dialect: str, table: Table) -> SqliteInsert | PostgresInsert:
    keys = [column.name for column in table.primary_key]
    insert = _insert(dialect, table)
    others = [column.name for column in table.columns if not column.primary_key]
    values = {name: insert.excluded[name] for name in others}
    return insert.on_conflict_do_update(index_elements=keys, set_=values)


@cache
def _insert_new(dialect: str, table: Table) -> Executable:
    # An INSERT's row count is not told by every driver; what it returns is.
    return _insert(dialect, table).on_conflict_do_nothing().returning(*table.primary_key)
