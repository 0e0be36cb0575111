"""Tokens, offices, leases and nonces."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.accounts import Lease, Office, TokenRecord
from ledger.ports.database import Database
from tests.ports.samples import NOW, OFFICE, digest

MINUTE = timedelta(minutes=1)


def token(number: int, office: str = OFFICE) -> TokenRecord:
    return TokenRecord(
        id=f"token-{number}",
        digest=digest("token", number),
        office=office,
        label="窗口 3",
        scopes=frozenset({"license:read", "license:issue"}),
        created_at=NOW + number * MINUTE,
        expires_at=NOW + timedelta(days=90),
        revoked_at=None,
        last_used_at=None,
    )


def test_a_token_is_found_by_its_digest_and_listed_by_its_office(database: Database) -> None:
    scopeless = replace(token(3, "other"), scopes=frozenset())
    with database.write() as session:
        for each in (token(2), token(1), scopeless):
            session.accounts.create_token(each)
        assert session.accounts.token_by_digest(digest("token", 1)) == token(1)
        assert session.accounts.token_by_digest(digest("nobody's")) is None
        assert session.accounts.tokens(OFFICE) == (token(1), token(2))
        assert session.accounts.tokens() == (token(1), token(2), scopeless)


@pytest.mark.parametrize("clash", [{"id": "token-1"}, {"digest": digest("token", 1)}])
def test_a_token_is_made_once(database: Database, clash: dict[str, Any]) -> None:
    with database.write() as session:
        session.accounts.create_token(token(1))
    with pytest.raises(ConflictError), database.write() as session:
        session.accounts.create_token(replace(token(2), **clash))


def test_revoking_twice_keeps_the_first_time(database: Database) -> None:
    with database.write() as session:
        session.accounts.create_token(token(1))
        session.accounts.revoke_token("token-1", NOW)
        session.accounts.revoke_token("token-1", NOW + MINUTE)
        session.accounts.note_token_use("token-1", NOW + MINUTE)
        assert session.accounts.tokens() == (
            replace(token(1), revoked_at=NOW, last_used_at=NOW + MINUTE),
        )
    with pytest.raises(NotFoundError), database.write() as session:
        session.accounts.revoke_token("nothing", NOW)


def test_an_office_is_added_and_renamed(database: Database) -> None:
    with database.write() as session:
        session.accounts.put_office(Office(uscc=OFFICE, name="市场监管局"))
        session.accounts.put_office(Office(uscc="1", name="other"))
        session.accounts.put_office(Office(uscc=OFFICE, name="北京市市场监管局"))
        assert session.accounts.office(OFFICE) == Office(uscc=OFFICE, name="北京市市场监管局")
        assert session.accounts.office("nothing") is None
        assert [office.uscc for office in session.accounts.offices()] == ["1", OFFICE]


def test_a_lease_has_one_holder_until_it_expires(database: Database) -> None:
    with database.write() as session:
        accounts = session.accounts
        assert accounts.lease("sequencer") is None
        first = accounts.take_lease("sequencer", "a", now=NOW, seconds=30)
        assert first == Lease(
            name="sequencer", holder="a", fence=1, expires_at=NOW + timedelta(seconds=30)
        )
        assert accounts.lease("sequencer") == first
        soon, late = NOW + timedelta(seconds=29), NOW + timedelta(seconds=30)
        assert accounts.take_lease("sequencer", "b", now=soon, seconds=30) is None
        renewed = accounts.take_lease("sequencer", "a", now=soon, seconds=1)
        assert renewed is not None
        assert renewed.fence == 1
        second = accounts.take_lease("sequencer", "b", now=late, seconds=30)
        assert second is not None
        assert second.fence == 2
        assert accounts.take_lease("other", "a", now=NOW, seconds=30) is not None


def test_a_lease_that_passed_on_no_longer_fences(database: Database) -> None:
    with database.write() as session:
        first = session.accounts.take_lease("sequencer", "a", now=NOW, seconds=1)
        assert first is not None
        session.accounts.check_fence(first)
        session.accounts.take_lease("sequencer", "b", now=NOW + MINUTE, seconds=1)
    with pytest.raises(ConflictError), database.write() as session:
        session.accounts.check_fence(first)
    with database.write() as session:
        again = session.accounts.take_lease("sequencer", "a", now=NOW + 2 * MINUTE, seconds=1)
        assert again is not None
        assert again.fence == 3
        session.accounts.check_fence(again)
    with pytest.raises(ConflictError), database.write() as session:
        session.accounts.check_fence(first)


def test_a_released_lease_is_free_and_its_fence_goes_on(database: Database) -> None:
    with database.write() as session:
        accounts = session.accounts
        first = accounts.take_lease("sequencer", "a", now=NOW, seconds=30)
        assert first is not None
        accounts.release_lease(replace(first, fence=7))
        assert accounts.lease("sequencer") == first
        accounts.release_lease(first)
        assert accounts.lease("sequencer") is None
        second = accounts.take_lease("sequencer", "b", now=NOW, seconds=30)
        assert second is not None
        assert second.fence == 2
    with pytest.raises(ConflictError), database.write() as session:
        session.accounts.check_fence(first)


def test_a_nonce_is_new_once_for_each_signer(database: Database) -> None:
    with database.write() as session:
        remember = session.accounts.remember_nonce
        assert remember("110000/0", "n", NOW)
        assert not remember("110000/0", "n", NOW + MINUTE)
        assert remember("110000/1", "n", NOW)
        assert remember("110000/0", "m", NOW + MINUTE)
    with database.write() as session:
        assert not session.accounts.remember_nonce("110000/0", "n", NOW)
        assert session.accounts.forget_nonces(NOW + MINUTE) == 2
        assert session.accounts.remember_nonce("110000/0", "n", NOW)
        assert not session.accounts.remember_nonce("110000/0", "m", NOW)
