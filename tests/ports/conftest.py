"""The databases that every suite here runs on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.store.database import SqlDatabase, open_database
from tests.ports.databases import REGION, PostgresDatabases, SqliteTemplates, postgres_server


@pytest.fixture(scope="session")
def sqlite_templates(tmp_path_factory: pytest.TempPathFactory) -> SqliteTemplates:
    return SqliteTemplates(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    with postgres_server() as databases:
        yield databases


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database of each kind."""
    if request.param == "sqlite":
        sqlite: SqliteTemplates = request.getfixturevalue("sqlite_templates")
        return sqlite.fresh(tmp_path)
    postgres: PostgresDatabases = request.getfixturevalue("postgres_databases")
    return postgres.fresh()


@pytest.fixture
def database(database_url: str) -> Iterator[SqlDatabase]:
    opened = open_database(database_url, region=REGION, busy_timeout=5, readers=4)
    yield opened
    opened.close()
