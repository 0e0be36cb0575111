"""A migrated SQLite database for tests of the store itself."""

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


@pytest.fixture
def sqlite_url(sqlite_templates: SqliteTemplates, tmp_path: Path) -> str:
    return sqlite_templates.fresh(tmp_path)


@pytest.fixture
def database(sqlite_url: str) -> Iterator[SqlDatabase]:
    opened = open_database(sqlite_url, region=REGION)
    yield opened
    opened.close()
