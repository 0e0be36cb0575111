"""Failures of real databases: what they are told as, and what is there afterwards."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from ledger.errors import BusyError, CommitUnknownError, LedgerError, StoreError
from ledger.store.backends import parse_url
from ledger.store.database import SqlDatabase, open_database
from ledger.store.failures import commit_failure, failure
from ledger.store.sessions import SqlReadSession
from tests.ports.databases import REGION, PostgresDatabases
from tests.ports.samples import new_license

ROOT = Path(__file__).parents[3]


def test_a_full_database_is_a_store_error_and_nothing_is_stored(sqlite_url: str) -> None:
    engine = create_engine(parse_url(sqlite_url))
    with engine.connect() as connection, pytest.raises(OperationalError) as caught:
        pages = connection.execute(text("PRAGMA page_count")).scalar_one()
        connection.execute(text(f"PRAGMA max_page_count={pages}"))
        connection.execute(text("CREATE TABLE more (name TEXT)"))
    for meaning in (failure(caught.value), commit_failure(caught.value)):
        assert type(meaning) is StoreError
        assert "full" in str(meaning)


def test_a_locked_database_is_busy_also_at_the_commit(sqlite_url: str) -> None:
    engine = create_engine(
        parse_url(sqlite_url), isolation_level="AUTOCOMMIT", connect_args={"timeout": 0}
    )
    with engine.connect() as one, engine.connect() as other:
        one.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError) as caught:
            other.exec_driver_sql("BEGIN IMMEDIATE")
    assert isinstance(failure(caught.value), BusyError)
    assert isinstance(commit_failure(caught.value), BusyError)


def test_a_disk_that_fails_in_the_commit_leaves_the_outcome_open(sqlite_url: str) -> None:
    """The process may write no byte more: SQLite gets an I/O error while it commits."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.ledger.store.test_failures", sqlite_url],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.split() == ["CommitUnknownError", "0"], done.stderr
    database = open_database(sqlite_url, region=REGION)
    with database.write() as session:
        assert session.licenses.count() == 0
        session.licenses.create([new_license(1)])
    database.close()


def fail_to_commit(url: str) -> None:
    """Say how a commit without disk space ends, and what the database holds after it."""
    database = open_database(url, region=REGION)
    with database.read() as reading:
        reading.licenses.count()
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with database.write() as session:
            session.licenses.create([new_license(number) for number in range(50)])
            resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, hard))
    except LedgerError as error:
        sys.stdout.write(type(error).__name__ + "\n")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    with database.read() as reading:
        sys.stdout.write(f"{reading.licenses.count()}\n")


@pytest.fixture
def postgres(postgres_databases: PostgresDatabases) -> str:
    return postgres_databases.fresh()


def end_other_sessions(url: str) -> None:
    engine = create_engine(parse_url(url))
    with engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    engine.dispose()


def test_a_connection_lost_in_the_commit_leaves_the_outcome_open(postgres: str) -> None:
    database = open_database(postgres, region=REGION)
    with pytest.raises(CommitUnknownError), database.write() as session:
        session.licenses.create([new_license(1)])
        end_other_sessions(postgres)
    with database.write() as session:
        assert session.licenses.count() == 0
        session.licenses.create([new_license(1)])
    database.close()


def test_a_connection_lost_before_the_commit_stored_nothing(postgres: str) -> None:
    database = open_database(postgres, region=REGION)
    with pytest.raises(BusyError), database.write() as session:
        session.licenses.create([new_license(1)])
        end_other_sessions(postgres)
        session.licenses.count()
    with database.read() as reading:
        assert reading.licenses.count() == 0
    database.close()


def test_a_connection_lost_while_idle_is_not_noticed(postgres: str) -> None:
    database = open_database(postgres, region=REGION)
    with database.write() as session:
        session.licenses.create([new_license(1)])
    end_other_sessions(postgres)
    with database.read() as reading:
        assert reading.licenses.count() == 1
    with database.write() as session:
        session.licenses.create([new_license(2)])
    database.close()


def test_a_server_that_is_away_is_busy() -> None:
    engine = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/nothing")
    with pytest.raises(DBAPIError) as caught, engine.connect():
        pass
    assert isinstance(failure(caught.value), BusyError)


@pytest.mark.parametrize("statement", ["UPDATE license SET id = id", "DELETE FROM license"])
def test_a_read_session_cannot_write(sqlite_url: str, postgres: str, statement: str) -> None:
    for url in (sqlite_url, postgres):
        database = open_database(url, region=REGION)
        with (
            pytest.raises(StoreError, match=r"read.?only"),
            database.read() as reading,
        ):
            connection_of(reading).execute(text(statement))
        database.close()


def connection_of(session: SqlReadSession) -> Connection:
    """The session's own connection, as a mistake inside the store would use it."""
    return session.licenses._connection


def test_a_session_that_failed_gives_its_connection_back(database: SqlDatabase) -> None:
    for _ in range(40):
        with pytest.raises(ZeroDivisionError), database.read():
            raise ZeroDivisionError
        with pytest.raises(ZeroDivisionError), database.write():
            raise ZeroDivisionError


if __name__ == "__main__":
    fail_to_commit(sys.argv[1])
