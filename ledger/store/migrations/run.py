"""Bringing a database to this version's schema."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import ConfigurationError
from ledger.store.backends import open_backend, parse_url
from ledger.store.failures import failure

_SCRIPTS: Final = Path(__file__).parent
_LOCK_TIMEOUT: Final = 60.0
"""Seconds to wait while another process migrates the same database."""


def upgrade(url: str) -> None:
    """Bring the database at `url` to the newest revision, creating it when it is empty.

    All revisions run in one transaction that excludes every other writer: two processes may call
    this at once, and a kill in the middle leaves the old schema. Raise ConfigurationError when the
    database is of a later version than this software, BusyError or StoreError when it fails.
    """
    with _writing(url) as connection:
        try:
            command.upgrade(_config(connection), "head")
        except CommandError as error:
            raise ConfigurationError(
                f"the database's schema is not one that this version knows: {error};"
                " run the version that made it, or a later one"
            ) from error


def check(url: str) -> None:
    """Raise ConfigurationError when the tables of the code and the migrated database differ."""
    with _writing(url) as connection:
        try:
            command.check(_config(connection))
        except CommandError as error:
            raise ConfigurationError(f"schema and tables differ: {error}") from error


@contextmanager
def _writing(url: str) -> Iterator[Connection]:
    backend = open_backend(parse_url(url), busy_timeout=_LOCK_TIMEOUT, readers=1)
    try:
        with backend.writer.connect() as connection:
            for statement in backend.begin_write:
                connection.exec_driver_sql(statement)
            yield connection
            connection.exec_driver_sql("COMMIT")
    except SQLAlchemyError as error:
        raise failure(error) from error
    finally:
        backend.dispose()


def _config(connection: Connection) -> Config:
    config = Config(stdout=StringIO())
    # Alembic reads `%` in an option as the start of an interpolation.
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
