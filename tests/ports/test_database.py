"""The unit of work: what is visible to whom, and what an error leaves behind."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ledger.errors import BusyError, ConflictError, StoreError
from ledger.ports.database import Database
from ledger.store.database import open_database
from tests.ports.databases import REGION
from tests.ports.samples import license_id, new_license


def test_a_clean_exit_commits(database: Database) -> None:
    with database.write() as session:
        session.licenses.create([new_license(1)])
    with database.read() as reading:
        assert reading.licenses.count() == 1


def test_an_exception_rolls_back_and_goes_through(database: Database) -> None:
    class SurpriseError(Exception):
        pass

    with pytest.raises(SurpriseError), database.write() as session:
        session.licenses.create([new_license(1)])
        raise SurpriseError
    with database.read() as reading:
        assert reading.licenses.get(license_id(1)) is None


def test_after_a_failed_write_the_next_one_works(database: Database) -> None:
    with database.write() as session:
        session.licenses.create([new_license(1)])
    with pytest.raises(ConflictError), database.write() as session:
        session.licenses.create([new_license(2), new_license(1)])
    with database.write() as session:
        session.licenses.create([new_license(3)])
    with database.read() as reading:
        assert reading.licenses.get(license_id(2)) is None
        assert reading.licenses.count() == 2


def test_a_read_session_keeps_its_snapshot(database: Database) -> None:
    with database.read() as reading:
        assert reading.licenses.count() == 0
        with database.write() as session:
            session.licenses.create([new_license(1)])
        assert reading.licenses.count() == 0
    with database.read() as reading:
        assert reading.licenses.count() == 1


def test_a_write_session_reads_what_it_wrote_and_nobody_else_does(database: Database) -> None:
    with database.write() as session:
        session.licenses.create([new_license(1)])
        assert session.licenses.count() == 1
        with database.read() as reading:
            assert reading.licenses.count() == 0


def test_a_second_writer_waits_for_the_first(database: Database) -> None:
    """Each counts and adds one: a lost update would show as a number taken twice."""
    numbers: list[int] = []

    def add_one(_: int) -> None:
        with database.write() as session:
            number = session.licenses.count()
            session.licenses.create([new_license(number)])
            numbers.append(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add_one, range(40)))
    assert sorted(numbers) == list(range(40))


def test_a_writer_that_waits_too_long_is_told_that_it_is_busy(database_url: str) -> None:
    held, release = threading.Event(), threading.Event()
    one = open_database(database_url, region=REGION)
    # Two pools, as two processes have: the wait is in the database, not in the pool.
    other = open_database(database_url, region=REGION, busy_timeout=0.3)

    def hold() -> None:
        with one.write() as session:
            session.licenses.create([new_license(1)])
            held.set()
            release.wait(10)

    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(hold)
        assert held.wait(10)
        with pytest.raises(BusyError), other.write():
            raise AssertionError("the second writer got in")
        release.set()
        holding.result()
    with other.write() as session:
        session.licenses.create([new_license(2)])
    one.close()
    other.close()


def test_too_many_readers_are_told_that_it_is_busy(database_url: str) -> None:
    small = open_database(database_url, region=REGION, busy_timeout=0.2, readers=1)
    with small.read() as session:
        with pytest.raises(BusyError), small.read():
            raise AssertionError("a second connection appeared")
        assert session.licenses.count() == 0
    with small.read() as session:
        assert session.licenses.count() == 0
    small.close()


def test_a_failing_statement_becomes_a_store_error_without_its_values(database: Database) -> None:
    with pytest.raises(StoreError) as caught, database.write() as session:
        session.licenses.create([new_license(1, sealed=None)])
    assert "sealed" in str(caught.value)
    assert digest_text() not in str(caught.value)


def digest_text() -> str:
    return repr(new_license(1).record.identifier_digest)
