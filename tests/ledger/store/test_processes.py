"""Several processes on one database: one is killed in the middle, others take turns."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ledger.store.backends import parse_url
from ledger.store.database import open_database
from ledger.types import Index, Position
from tests.ledger.store.writers import BATCH
from tests.ports.databases import REGION, PostgresDatabases
from tests.ports.samples import license_id, new_license

ROOT = Path(__file__).parents[3]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    if request.param == "sqlite":
        sqlite_url: str = request.getfixturevalue("sqlite_url")
        return sqlite_url
    postgres: PostgresDatabases = request.getfixturevalue("postgres_databases")
    return postgres.fresh()


@contextmanager
def process(url: str, mode: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.ledger.store.writers", url, mode]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


@pytest.mark.parametrize("after", [1, 3, 8])
def test_a_killed_writer_leaves_whole_transactions_only(url: str, after: int) -> None:
    with process(url, "for ever") as running:
        assert running.stdout is not None
        for _ in range(after):
            said = int(running.stdout.readline())
        running.send_signal(signal.SIGKILL)
        running.wait()
        said = max([said, *map(int, running.stdout)])
    database = open_database(url, region=REGION)
    with database.read() as session:
        count = session.licenses.count()
        # What was said to be committed is there; at most one more batch was, unsaid.
        assert count in {said, said + BATCH}
        assert session.licenses.pending_count() == 0
        last = session.licenses.at(Position(0, Index(count - 1)))
        assert last is not None
        assert last.id == license_id(count - 1)
    with database.write() as session:
        session.licenses.create([new_license(count)])
    database.close()
    verify_integrity(url)


def test_what_a_killed_writer_held_is_free_again(url: str) -> None:
    with process(url, "hold") as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "held\n"
        running.send_signal(signal.SIGKILL)
        running.wait()
    database = open_database(url, region=REGION, busy_timeout=10)
    with database.write() as session:
        assert session.licenses.count() == 0
        session.licenses.create([new_license(0)])
    database.close()


def test_two_processes_write_in_turn(url: str) -> None:
    with process(url, "in turn") as one, process(url, "in turn") as other:
        for ready in (one, other):
            assert ready.stdout is not None
            assert ready.stdout.readline() == "ready\n"
        for told in (one, other):
            assert told.stdin is not None
            told.stdin.write("start\n")
            told.stdin.flush()
        assert [one.wait(60), other.wait(60)] == [0, 0]
    database = open_database(url, region=REGION)
    with database.read() as session:
        assert session.licenses.count() == 80
        assert session.licenses.get(license_id(79)) is not None
    database.close()


def verify_integrity(url: str) -> None:
    """SQLite checks every page and index; PostgreSQL's recovery is its own affair."""
    if url.startswith("sqlite"):
        with create_engine(parse_url(url)).connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
