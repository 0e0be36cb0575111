"""Statements compiled once and run by the driver itself, for the few that are run all the time.

SQLAlchemy's execution costs five times what SQLite needs to find a row. A verification makes ten
look-ups, so these go past it: the statement is compiled by SQLAlchemy once for each dialect, with
its types' conversions, and then handed to the driver's own connection. Same SQL, same values, same
errors (`SQLAlchemyError`); lists of values ("expanding" parameters) stay with SQLAlchemy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

from sqlalchemy import Connection, Dialect, LargeBinary, Select
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import UpdateBase
from sqlalchemy.types import TypeEngine

AnySelect = Select[*tuple[Any, ...]]
Convert = Callable[[Any], Any]
PreparedRow = tuple[Any, ...]
_MOST_STATEMENTS: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prepared:
    sql: str
    names: tuple[str, ...] | None
    """Order of the parameters; None when the driver takes them by name."""
    into: Mapping[str, Convert]
    """Conversions of parameters that need one."""
    out: tuple[tuple[int, Convert], ...]
    """Conversions of the columns that need one, by place."""
    constants: Mapping[str, Any]
    """Values that stand in the statement itself, such as LIMIT 1."""


def run(connection: Connection, sql: str) -> None:
    """Run a statement without values or rows, such as BEGIN."""
    driver: Any = connection.connection.driver_connection
    try:
        driver.execute(sql)
    except Exception as error:
        raise _told(connection, sql, error) from error


def first(
    connection: Connection, statement: AnySelect, values: Mapping[str, Any]
) -> PreparedRow | None:
    """The statement's first row as a plain tuple."""
    prepared, cursor = _run(connection, statement, values)
    row = cursor.fetchone()
    return None if row is None else _converted(row, prepared.out)


def rows(
    connection: Connection, statement: AnySelect, values: Mapping[str, Any]
) -> list[PreparedRow]:
    """All of the statement's rows as plain tuples."""
    prepared, cursor = _run(connection, statement, values)
    return [_converted(row, prepared.out) for row in cursor.fetchall()]


def many(connection: Connection, statement: UpdateBase, rows: Sequence[Mapping[str, Any]]) -> int:
    """Run an INSERT or UPDATE for every row in one go; how many rows it touched in all."""
    prepared = _prepare(statement, connection.dialect)
    parameters = [_parameters(prepared, row) for row in rows]
    driver: Any = connection.connection.driver_connection
    try:
        with closing(driver.cursor()) as cursor:
            cursor.executemany(prepared.sql, parameters)
            return int(cursor.rowcount)
    except Exception as error:
        raise _told(connection, prepared.sql, error) from error


def _run(
    connection: Connection, statement: AnySelect, values: Mapping[str, Any]
) -> tuple[_Prepared, Any]:
    prepared = _prepare(statement, connection.dialect)
    driver: Any = connection.connection.driver_connection
    try:
        return prepared, driver.execute(prepared.sql, _parameters(prepared, values))
    except Exception as error:
        raise _told(connection, prepared.sql, error) from error


def _parameters(prepared: _Prepared, values: Mapping[str, Any]) -> Any:
    if prepared.names is not None and not prepared.into and not prepared.constants:
        return tuple([values[name] for name in prepared.names])
    given = {**prepared.constants, **values}
    for name, convert in prepared.into.items():
        given[name] = convert(given[name])
    return given if prepared.names is None else tuple([given[name] for name in prepared.names])


def _told(connection: Connection, sql: str, error: Exception) -> Exception:
    """The driver's error under SQLAlchemy's name; any other error as it is."""
    base = cast("DefaultDialect", connection.dialect).loaded_dbapi.Error
    if not isinstance(error, base):
        return error
    return DBAPIError.instance(
        sql, None, error, base, dialect=connection.dialect, hide_parameters=True
    )


@lru_cache(maxsize=_MOST_STATEMENTS)
def _prepare(statement: AnySelect | UpdateBase, dialect: Dialect) -> _Prepared:
    compiled = statement.compile(dialect=dialect)
    if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params - set(
        compiled.literal_execute_params
    ):
        raise TypeError("a statement with a list of values cannot be prepared")
    return _Prepared(
        sql=compiled.string,
        names=None if compiled.positiontup is None else tuple(compiled.positiontup),
        into={
            name: convert
            for bind, name in compiled.bind_names.items()
            if (convert := _bind_processor(bind.type, dialect)) is not None
        },
        out=tuple(
            (at, convert)
            for at, column in enumerate(
                statement.selected_columns if isinstance(statement, Select) else ()
            )
            if (convert := _result_processor(column.type, dialect)) is not None
        ),
        constants={
            name: bind.effective_value
            for bind, name in compiled.bind_names.items()
            if not bind.required
        },
    )


def _bind_processor(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    implementation = type_.dialect_impl(dialect)
    if dialect.name == "sqlite" and isinstance(implementation, LargeBinary):
        return None  # the driver takes bytes as they are
    return implementation.bind_processor(dialect)


def _result_processor(type_: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    return type_.dialect_impl(dialect).result_processor(dialect, None)


def _converted(row: Sequence[Any], out: tuple[tuple[int, Convert], ...]) -> PreparedRow:
    if not out:
        return tuple(row)
    values = list(row)
    for at, convert in out:
        values[at] = convert(values[at])
    return tuple(values)
