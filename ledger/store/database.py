"""The unit of work on SQLite or PostgreSQL (`ledger.ports.database`)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import CommitUnknownError
from ledger.store.backends import Backend, open_backend, parse_url
from ledger.store.failures import commit_failure, failure
from ledger.store.kept_readers import KeptReaders
from ledger.store.prepared import run
from ledger.store.schema import verify_revision
from ledger.store.sessions import SqlReadSession, SqlWriteSession
from ledger.types import Region

DEFAULT_BUSY_TIMEOUT: Final = 5.0
"""Seconds to wait for a connection, and for another writer, before BusyError."""
DEFAULT_READERS: Final = 16
"""Connections for reading; as many threads read at once, others wait."""


class SqlDatabase:
    """One region's database. Safe to share between threads; every session has its connection.

    After an error inside a session only leaving it makes sense: PostgreSQL refuses every further
    statement of a transaction in which one failed.
    """

    __slots__ = ("_backend", "_readers", "_region")

    def __init__(self, backend: Backend, region: Region) -> None:
        self._backend = backend
        self._region = region
        self._readers = KeptReaders(backend)

    @contextmanager
    def read(self) -> Iterator[SqlReadSession]:
        """A consistent snapshot; see the port."""
        kept = self._readers.take()
        connection = _begin(kept or self._backend.reader, self._backend.begin_read)
        try:
            yield SqlReadSession(connection, self._region)
        except BaseException as error:
            connection.close()
            if isinstance(error, SQLAlchemyError):
                raise failure(error) from error
            raise
        self._readers.give_back(connection)

    @contextmanager
    def write(self) -> Iterator[SqlWriteSession]:
        """A transaction, committed on a clean exit; see the port."""
        connection = _begin(self._backend.writer, self._backend.begin_write)
        try:
            yield SqlWriteSession(connection, self._region)
            _commit(connection)
        except SQLAlchemyError as error:
            raise failure(error) from error
        finally:
            # Returning to the pool rolls back whatever is still open.
            connection.close()

    def close(self) -> None:
        """Close the pools. Sessions still open keep their connection until they end."""
        self._readers.close()
        self._backend.dispose()


def open_database(
    url: str,
    *,
    region: Region,
    busy_timeout: float = DEFAULT_BUSY_TIMEOUT,
    readers: int = DEFAULT_READERS,
) -> SqlDatabase:
    """Open the migrated database of `region` at `url` (`sqlite:///file`, `postgresql://…`).

    Raise ConfigurationError when the URL cannot be used or the schema is not this version's:
    `ledger.store.migrations.upgrade(url)` comes first. `busy_timeout` is in seconds.
    """
    backend = open_backend(parse_url(url), busy_timeout=busy_timeout, readers=readers)
    verify_revision(backend.reader)
    return SqlDatabase(backend, region)


def _begin(source: Engine | Connection, statements: tuple[str, ...]) -> Connection:
    try:
        connection = source if isinstance(source, Connection) else source.connect()
    except SQLAlchemyError as error:
        raise failure(error) from error
    try:
        for statement in statements:
            run(connection, statement)
    except SQLAlchemyError as error:
        connection.close()
        raise failure(error) from error
    except BaseException:
        connection.close()
        raise
    return connection


def _commit(connection: Connection) -> None:
    """Commit, or say what became of it. A connection in doubt is not used again."""
    try:
        run(connection, "COMMIT")
    except SQLAlchemyError as error:
        meaning = commit_failure(error)
        if isinstance(meaning, CommitUnknownError):
            connection.invalidate()
        raise meaning from error
