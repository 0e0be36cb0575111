"""Migrations: the schema they make is the tables' own, once, whatever interrupts them."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, inspect, text

from ledger.errors import ConfigurationError
from ledger.store import migrations
from ledger.store.backends import parse_url
from ledger.store.database import open_database
from ledger.store.schema import REVISION
from ledger.store.tables import METADATA
from tests.ports.databases import REGION, PostgresDatabases

SCRIPTS = Path(migrations.__file__).parent
_NAMES = count()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/new/ledger.db"
    postgres: PostgresDatabases = request.getfixturevalue("postgres_databases")
    return postgres.empty(f"empty_{next(_NAMES)}")


def engine_of(url: str) -> Engine:
    return create_engine(parse_url(url))


def test_a_migrated_database_has_exactly_the_tables_of_the_code(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    migrations.check(empty_url)
    migrations.upgrade(empty_url)


def test_a_difference_is_found(empty_url: str) -> None:
    """The check above can fail."""
    migrations.upgrade(empty_url)
    with engine_of(empty_url).begin() as connection:
        connection.execute(text("DROP INDEX ix_status_change_transaction_id"))
    with pytest.raises(ConfigurationError, match="differ"):
        migrations.check(empty_url)


def test_the_statements_are_the_same_to_the_letter(tmp_path: Path) -> None:
    """Alembic compares no partial index, no WITHOUT ROWID and no constraint's name; SQLite does."""

    def statements(make: Callable[[str], None], name: str) -> dict[str, str]:
        path = tmp_path / name
        make(f"sqlite:///{path}")
        with sqlite3.connect(path) as connection:
            rows = connection.execute(
                "SELECT name, sql FROM sqlite_master"
                " WHERE sql IS NOT NULL AND name NOT LIKE 'alembic%'"
            )
            return {name: sorted_statement(sql) for name, sql in rows}

    def create(url: str) -> None:
        METADATA.create_all(create_engine(url))

    made = statements(create, "created.db")
    assert made == statements(migrations.upgrade, "migrated.db")
    assert len(made) > len(METADATA.tables)


def sorted_statement(sql: str) -> str:
    """The statement with its lines sorted: constraints may stand in another order."""
    return "\n".join(sorted(line.strip().rstrip(",") for line in sql.splitlines()))


def test_the_newest_revision_is_the_one_that_the_code_names() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    assert ScriptDirectory.from_config(config).get_current_head() == REVISION


def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(migrations.upgrade, [empty_url] * 4))
    migrations.check(empty_url)


def test_a_migration_that_fails_leaves_no_trace(empty_url: str) -> None:
    """The last table but one is there already: everything before it is rolled back."""
    if empty_url.startswith("sqlite"):
        Path(empty_url.removeprefix("sqlite:///")).parent.mkdir()
    with engine_of(empty_url).begin() as connection:
        connection.execute(text("CREATE TABLE mirror_grant (number INTEGER)"))
    with pytest.raises(Exception, match="mirror_grant"):
        migrations.upgrade(empty_url)
    assert inspect(engine_of(empty_url)).get_table_names() == ["mirror_grant"]


def test_a_database_of_a_later_version_is_refused(empty_url: str) -> None:
    migrations.upgrade(empty_url)
    with engine_of(empty_url).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ConfigurationError, match="9999"):
        open_database(empty_url, region=REGION)
    with pytest.raises(ConfigurationError, match="9999"):
        migrations.upgrade(empty_url)


def test_a_database_without_schema_is_not_opened(empty_url: str) -> None:
    with pytest.raises(ConfigurationError, match="run the migrations"):
        open_database(empty_url, region=REGION)


def test_a_database_file_belongs_to_its_owner_alone(tmp_path: Path) -> None:
    migrations.upgrade(f"sqlite:///{tmp_path}/ledger.db")
    database = open_database(f"sqlite:///{tmp_path}/ledger.db", region=REGION)
    with database.write() as session:
        session.mirror.halt("so that there is a journal")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    assert modes == dict.fromkeys(["ledger.db", "ledger.db-wal", "ledger.db-shm"], 0o600)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://host/db", "mysql"),
        ("no url", "not a URL"),
        ("sqlite://", "must name a file"),
        ("sqlite:///:memory:", "must name a file"),
        ("sqlite:////proc/nothing/ledger.db", "cannot be used"),
    ],
)
def test_a_url_that_cannot_be_used_is_named(url: str, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        open_database(url, region=REGION)
