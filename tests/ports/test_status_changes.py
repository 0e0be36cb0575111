"""Status changes on their way, and answers kept for repeated requests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.database import Database
from tests.ports.samples import NOW, OFFICE, license_id, new_license, status_change


@pytest.fixture
def licensed(database: Database) -> Iterator[Database]:
    with database.write() as session:
        session.licenses.create([new_license(number) for number in range(4)])
    yield database


def test_a_change_waits_is_carried_and_is_done(licensed: Database) -> None:
    change = status_change(1, 1)
    with licensed.write() as session:
        session.licenses.create_status_change(change)
        assert session.licenses.open_status_change(license_id(1)) == change
        assert session.licenses.waiting_status_changes(10) == (change,)
        assert session.licenses.unfinished_status_changes() == ()
    carried = replace(change, transaction_id="tx")
    with licensed.write() as session:
        session.licenses.carry_status_changes([change.id], "tx")
        assert session.licenses.waiting_status_changes(10) == ()
        assert session.licenses.unfinished_status_changes() == (carried,)
        assert session.licenses.status_changes_of("tx") == (carried,)
        assert session.licenses.open_status_change(license_id(1)) == carried
    with licensed.write() as session:
        session.licenses.finish_status_changes([change.id])
        assert session.licenses.unfinished_status_changes() == ()
        assert session.licenses.open_status_change(license_id(1)) is None
        assert session.licenses.status_changes_of("tx") == (replace(carried, done=True),)


def test_a_change_whose_transaction_failed_waits_again(licensed: Database) -> None:
    change = status_change(1, 1)
    with licensed.write() as session:
        session.licenses.create_status_change(change)
        session.licenses.carry_status_changes([change.id], "tx")
        session.licenses.carry_status_changes([change.id], None)
        assert session.licenses.waiting_status_changes(10) == (change,)


def test_the_oldest_changes_come_first(licensed: Database) -> None:
    with licensed.write() as session:
        for number in (3, 1, 2):
            session.licenses.create_status_change(status_change(number, number))
        found = session.licenses.waiting_status_changes(2)
    assert [change.id for change in found] == ["change-1", "change-2"]


def test_a_license_has_one_open_change(licensed: Database) -> None:
    with licensed.write() as session:
        session.licenses.create_status_change(status_change(1, 1))
    with pytest.raises(ConflictError), licensed.write() as session:
        session.licenses.create_status_change(status_change(2, 1))
    with licensed.write() as session:
        session.licenses.finish_status_changes(["change-1"])
        session.licenses.create_status_change(status_change(2, 1))


def test_updating_an_unknown_change_is_an_error(licensed: Database) -> None:
    with pytest.raises(NotFoundError), licensed.write() as session:
        session.licenses.finish_status_changes(["nothing"])


def test_an_answer_is_kept_for_its_office_and_key(database: Database) -> None:
    with database.write() as session:
        session.licenses.remember_answer(OFFICE, "key", b"digest", b"answer", NOW)
        assert session.licenses.idempotent_answer(OFFICE, "key") == (b"digest", b"answer")
        assert session.licenses.idempotent_answer("other", "key") is None
        assert session.licenses.idempotent_answer(OFFICE, "other") is None


def test_a_key_is_taken_once(database: Database) -> None:
    with database.write() as session:
        session.licenses.remember_answer(OFFICE, "key", b"digest", b"answer", NOW)
    with pytest.raises(ConflictError), database.write() as session:
        session.licenses.remember_answer(OFFICE, "key", b"digest", b"second", NOW)
    with database.read() as session:
        assert session.licenses.idempotent_answer(OFFICE, "key") == (b"digest", b"answer")


def test_old_answers_are_forgotten(database: Database) -> None:
    with database.write() as session:
        for days in range(3):
            at = NOW + timedelta(days=days)
            session.licenses.remember_answer(OFFICE, f"key {days}", b"d", b"a", at)
        assert session.licenses.forget_answers(NOW + timedelta(days=1)) == 1
        assert session.licenses.idempotent_answer(OFFICE, "key 0") is None
        assert session.licenses.idempotent_answer(OFFICE, "key 1") is not None
