"""Licenses: creating, finding, giving positions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from ledger.errors import ConflictError, StoreError
from ledger.ports.database import Database
from ledger.ports.licenses import NewLicense
from ledger.types import Index, Position
from tests.ports.samples import NOW, TYPES, digest, license_id, new_license, record


def store(database: Database, *licenses: NewLicense) -> None:
    with database.write() as session:
        session.licenses.create(licenses)


def test_a_record_comes_back_as_it_was_stored(database: Database) -> None:
    sparse = new_license(
        2,
        valid_until=None,
        file_sha256=None,
        file_size=0,
        media_type=None,
        file_kept=False,
        supersedes_id=license_id(1),
        position=Position(3, Index(2**47)),
    )
    store(database, new_license(1, "王"), sparse)
    with database.read() as session:
        assert session.licenses.get(license_id(1)) == record(1)
        assert session.licenses.get(license_id(2)) == sparse.record


def test_each_digest_finds_its_license_and_no_other(database: Database) -> None:
    printed = digest("number")
    store(database, new_license(1, "a"), new_license(2, "b", number_digest=printed))
    with database.read() as session:
        found = session.licenses
        assert found.by_identifier(digest("identifier", 2)) == record(2)
        assert found.by_check_code(digest("check code", 2)) == record(2)
        assert found.by_file(digest("file", 2)) == record(2)
        assert found.by_leaf(digest("leaf", 2)) == record(2)
        assert found.by_number(printed) == (record(2),)
        nobody = digest("nobody")
        assert found.get(license_id(3)) is None
        assert found.by_identifier(nobody) is None
        assert found.by_check_code(nobody) is None
        assert found.by_file(nobody) is None
        assert found.by_leaf(nobody) is None
        assert found.by_number(nobody) == ()
        assert found.by_holder(nobody) == ()
        assert found.successor(license_id(1)) is None


def test_of_two_licenses_with_one_file_the_newest_is_found(database: Database) -> None:
    shared = digest("shared file")
    store(database, *(new_license(number, file_sha256=shared) for number in (1, 3, 2)))
    with database.read() as session:
        assert session.licenses.by_file(shared) == record(3, file_sha256=shared)


def test_a_holder_s_licenses_come_newest_first(database: Database) -> None:
    store(database, *(new_license(number, "a", f"only {number}") for number in range(6)))
    with database.read() as session:
        by_holder = session.licenses.by_holder
        assert [found.id for found in by_holder(digest("holder", "a"))] == [
            license_id(number) for number in (5, 4, 3, 2, 1, 0)
        ]
        assert by_holder(digest("holder", "only 4")) == (record(4),)
        assert by_holder(digest("holder", "a"), limit=2) == (record(5), record(4))
        assert by_holder(digest("holder", "a"), [TYPES[1], "unknown"]) == (record(4), record(1))
        assert by_holder(digest("holder", "a"), ["unknown"]) == ()


def test_a_holder_named_twice_counts_once(database: Database) -> None:
    store(database, new_license(1, "a", "a"))
    with database.read() as session:
        assert session.licenses.by_holder(digest("holder", "a")) == (record(1),)


def test_the_successor_is_the_newest_replacement(database: Database) -> None:
    store(database, new_license(1), new_license(2, supersedes_id=license_id(1)))
    with database.read() as session:
        assert session.licenses.successor(license_id(1)) == record(2, supersedes_id=license_id(1))


@pytest.mark.parametrize(
    ("clash", "named"),
    [
        ({"id": license_id(1)}, "id"),
        ({"identifier_digest": digest("identifier", 1)}, "identifier"),
        ({"check_code_digest": digest("check code", 1)}, "check code"),
    ],
)
def test_what_exists_already_is_named(
    database: Database, clash: dict[str, Any], named: str
) -> None:
    store(database, new_license(1))
    with pytest.raises(ConflictError, match=f"with this {named} is registered"):
        store(database, new_license(2), new_license(3, **clash))
    with database.read() as session:
        assert session.licenses.count() == 1


def test_a_replacement_of_an_unknown_license_is_refused(database: Database) -> None:
    with pytest.raises(StoreError):
        store(database, new_license(2, supersedes_id=license_id(1)))


def test_existing_digests_are_found_in_bulk(database: Database) -> None:
    store(database, *(new_license(number) for number in range(5)))
    asked = [digest("identifier", number) for number in range(3, 12_000)]
    codes = [digest("check code", number) for number in range(4, 12_000)]
    with database.read() as session:
        assert session.licenses.existing_identifiers(asked) == {
            digest("identifier", number): record(number) for number in (3, 4)
        }
        assert session.licenses.existing_check_codes(codes) == {digest("check code", 4)}
        assert session.licenses.existing_identifiers([]) == {}
        assert session.licenses.existing_check_codes([]) == set()


def test_pending_licenses_get_their_positions_in_order(database: Database) -> None:
    store(database, *(new_license(number) for number in (2, 0, 1)))
    with database.write() as session:
        pending = session.licenses.pending(2)
        assert pending == (
            (license_id(0), digest("leaf", 0)),
            (license_id(1), digest("leaf", 1)),
        )
        session.licenses.assign_positions(0, Index(7), [key for key, _ in pending])
    with database.read() as session:
        assert session.licenses.pending_count() == 1
        assert session.licenses.pending(9) == ((license_id(2), digest("leaf", 2)),)
        assert session.licenses.at(Position(0, Index(8))) == record(
            1, position=Position(0, Index(8))
        )
        assert session.licenses.at(Position(1, Index(8))) is None


def test_a_position_is_given_once(database: Database) -> None:
    store(database, new_license(1), new_license(2))
    with database.write() as session:
        session.licenses.assign_positions(0, Index(0), [license_id(1)])
    for ids in ([license_id(1)], [license_id(2), license_id(9)]):
        with pytest.raises(StoreError, match="1 of"), database.write() as session:
            session.licenses.assign_positions(0, Index(5), ids)
    with pytest.raises(StoreError, match="taken"), database.write() as session:
        session.licenses.assign_positions(0, Index(0), [license_id(2)])
    with database.read() as session:
        assert session.licenses.pending_count() == 1


def test_reset_positions_makes_pending_again(database: Database) -> None:
    store(database, *(new_license(number) for number in range(4)))
    ids = [license_id(number) for number in range(4)]
    with database.write() as session:
        session.licenses.assign_positions(0, Index(0), ids)
    with database.write() as session:
        assert session.licenses.reset_positions(Index(2)) == 2
        session.licenses.assign_positions(1, Index(2), ids[2:])
    with database.read() as session:
        assert session.licenses.at(Position(0, Index(1))) is not None
        assert session.licenses.at(Position(0, Index(2))) is None
        assert session.licenses.at(Position(1, Index(2))) == record(
            2, position=Position(1, Index(2))
        )


def test_the_oldest_unanchored_license_counts_pending_ones(database: Database) -> None:
    with database.read() as session:
        assert session.licenses.oldest_unanchored(0) is None
    store(database, *(new_license(number) for number in range(3)))
    with database.write() as session:
        session.licenses.assign_positions(0, Index(0), [license_id(0), license_id(1)])
        oldest = session.licenses.oldest_unanchored
        assert oldest(0) == NOW
        assert oldest(1) == NOW + timedelta(seconds=1)
        assert oldest(2) == NOW + timedelta(seconds=2)
        session.licenses.assign_positions(0, Index(2), [license_id(2)])
        assert oldest(3) is None


def test_nothing_to_do_is_fine(database: Database) -> None:
    with database.write() as session:
        session.licenses.create([])
        session.licenses.assign_positions(0, Index(0), [])
        assert session.licenses.pending(5) == ()
