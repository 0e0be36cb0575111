"""SQLite and PostgreSQL as two pools of connections each: one reads, one writes.

Connections are in autocommit mode and every transaction is opened by an explicit statement, so
that both databases and both pools are driven alike. A reading connection cannot write: the
database itself refuses.

    SQLite      WAL, synchronous=FULL: a commit is durable when it returns. One writing connection
                per process, whose pool is the queue of this process's writers; BEGIN IMMEDIATE
                waits for writers of other processes.
    PostgreSQL  Reads see one snapshot (REPEATABLE READ). A write takes one advisory lock, so that
                writers follow each other as on SQLite and no service has to reason about two
                writers at once.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import QueuePool

from ledger.errors import ConfigurationError

SQLITE, POSTGRESQL = "sqlite", "postgresql"
WRITER_LOCK: Final = 0x4C4C_5752
"""Key of the advisory lock that PostgreSQL writers take."""
_OWNER_ONLY: Final = 0o600
_CACHED_STATEMENTS: Final = 512
_CHECKPOINT_PAGES: Final = 8_000
"""32 MiB of journal: pages that every batch of registrations changes are copied back less often."""
_READER_CACHE_KIB: Final = 8 * 1024
_WRITER_CACHE_KIB: Final = 64 * 1024
"""Registrations land in random places of the look-up indexes: those should stay in memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """One database with the statements that open its transactions."""

    reader: Engine
    writer: Engine
    begin_read: tuple[str, ...]
    begin_write: tuple[str, ...]

    def dispose(self) -> None:
        """Close every idle connection of both pools."""
        self.reader.dispose()
        self.writer.dispose()


def parse_url(text: str) -> URL:
    """A SQLite file or a PostgreSQL database. Raise ConfigurationError for anything else."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ConfigurationError(
            "database_url is not a URL; write sqlite:///path/to/file"
        ) from error
    backend = url.get_backend_name()
    if backend == POSTGRESQL:
        return url.set(drivername="postgresql+psycopg")
    if backend != SQLITE:
        raise ConfigurationError(
            f"database_url names {backend}; use sqlite:///path/to/file or postgresql://…"
        )
    if url.database in {None, "", ":memory:"}:
        raise ConfigurationError(
            "database_url must name a file: a database in memory keeps nothing"
        )
    return url


def open_backend(url: URL, *, busy_timeout: float, readers: int) -> Backend:
    """Pools for `url`; connections are made when first needed. `busy_timeout` is in seconds."""
    if url.get_backend_name() == POSTGRESQL:
        return _postgresql(url, busy_timeout, readers)
    return _sqlite(url, busy_timeout, readers)


def _sqlite(url: URL, busy_timeout: float, readers: int) -> Backend:
    _create_private(Path(str(url.database)))
    return Backend(
        reader=_sqlite_engine(url, busy_timeout, readers, query_only=True),
        writer=_sqlite_engine(url, busy_timeout, 1, query_only=False),
        begin_read=("BEGIN",),
        begin_write=("BEGIN IMMEDIATE",),
    )


def _create_private(path: Path) -> None:
    """Make the file with its mode before SQLite does; -wal and -shm take their mode from it.

    WAL is turned on here, once and alone: it is a property of the file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
        with closing(sqlite3.connect(path, timeout=30)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    except (OSError, sqlite3.Error) as error:
        raise ConfigurationError(f"database file {path} cannot be used: {error}") from error


def _sqlite_engine(url: URL, busy_timeout: float, size: int, *, query_only: bool) -> Engine:
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        pool_timeout=busy_timeout,
        pool_use_lifo=True,
        connect_args={
            "check_same_thread": False,
            "cached_statements": _CACHED_STATEMENTS,
            "timeout": busy_timeout,
        },
    )

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA temp_store=MEMORY")
        connection.execute(f"PRAGMA wal_autocheckpoint={_CHECKPOINT_PAGES}")
        cache = _READER_CACHE_KIB if query_only else _WRITER_CACHE_KIB
        connection.execute(f"PRAGMA cache_size=-{cache}")
        connection.execute(f"PRAGMA query_only={'ON' if query_only else 'OFF'}")

    return engine


def _postgresql(url: URL, busy_timeout: float, readers: int) -> Backend:
    return Backend(
        reader=_postgresql_engine(url, busy_timeout, readers),
        writer=_postgresql_engine(url, busy_timeout, readers),
        begin_read=("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",),
        begin_write=("BEGIN", f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"),
    )


def _postgresql_engine(url: URL, busy_timeout: float, size: int) -> Engine:
    return create_engine(
        url,
        isolation_level="AUTOCOMMIT",
        pool_size=size,
        max_overflow=0,
        pool_timeout=busy_timeout,
        pool_use_lifo=True,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": max(2, round(busy_timeout)),
            "options": f"-c lock_timeout={round(busy_timeout * 1000)} -c synchronous_commit=on",
        },
    )
