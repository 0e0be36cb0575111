"""Reading connections of SQLite that stay out of the pool between sessions.

The pool's bookkeeping costs as much as three look-ups, and a node reads all the time. One is kept
only while the pool has others to give, so that nobody waits for a connection that lies idle here.
"""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from ledger.store.backends import SQLITE, Backend
from ledger.store.prepared import run


class KeptReaders:
    """Safe to share between threads: a list's `append` and `pop` are atomic."""

    __slots__ = ("_is_open", "_kept", "_pool")

    def __init__(self, backend: Backend) -> None:
        pool = backend.reader.pool
        is_sqlite = backend.reader.dialect.name == SQLITE
        self._pool = pool if is_sqlite and isinstance(pool, QueuePool) else None
        self._kept: list[Connection] = []
        self._is_open = True

    def take(self) -> Connection | None:
        """A kept connection outside any transaction, or None."""
        try:
            return self._kept.pop()
        except IndexError:
            return None

    def give_back(self, connection: Connection) -> None:
        """End the connection's transaction, and keep it or return it to the pool."""
        pool = self._pool
        if pool is None or not self._is_open or pool.checkedout() >= pool.size():
            connection.close()
            return
        try:
            run(connection, "ROLLBACK")
        except SQLAlchemyError:
            connection.invalidate()
            connection.close()
        else:
            self._kept.append(connection)

    def close(self) -> None:
        """Return all to the pool; none is kept from now on."""
        self._is_open = False
        while (connection := self.take()) is not None:
            connection.close()
