"""A node's database as any other program of the machine sees it: a file, and SQL."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ledger.errors import StoreError

_BUSY_SECONDS = 10.0


@contextmanager
def outside_transaction(database: Path) -> Iterator[sqlite3.Connection]:
    """A transaction beside the running node's own, committed on a clean exit."""
    try:
        with closing(
            sqlite3.connect(f"file:{database}?mode=rw", uri=True, timeout=_BUSY_SECONDS)
        ) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")
    except sqlite3.Error as error:
        raise StoreError(f"{database}, opened from outside the node: {error}") from error
