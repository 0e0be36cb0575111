"""Paging through licenses, by their own values and by their mirrored status."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from ledger.chain_events import StatusWordSet
from ledger.ports.database import Database
from ledger.ports.licenses import LicenseFilter
from ledger.types import Index, LicenseStatus, Region
from tests.ports.databases import OTHER_REGION, REGION
from tests.ports.samples import NOW, OFFICE, TYPES, block, license_id, new_license

EVERYTHING = LicenseFilter()


def numbers(database: Database, selection: LicenseFilter, limit: int = 3) -> list[int]:
    """The numbers of all that `selection` finds, walked page by page."""
    found: list[int] = []
    after: str | None = None
    with database.read() as session:
        while True:
            page = session.licenses.page(selection, after=after, limit=limit)
            assert len(page.records) <= limit
            found += [int(record.entry[11:-1]) for record in page.records]
            if page.next_after is None:
                return found
            assert page.next_after == page.records[-1].id
            after = page.next_after


def word(
    changes: dict[int, LicenseStatus], region: Region = REGION, epoch: int = 0
) -> StatusWordSet:
    """Word 0 or later with the statuses of the licenses at these positions."""
    word_index = min(changes) // 128
    values = sum(int(status) << 2 * (index % 128) for index, status in changes.items())
    return StatusWordSet(
        region=region,
        epoch=epoch,
        word_index=word_index,
        mask=2**256 - 1,
        values=values,
        reason=0,
        corrected=False,
    )


def test_pages_go_through_everything_once(database: Database) -> None:
    with database.write() as session:
        session.licenses.create([new_license(number) for number in range(7)])
    for limit in (1, 3, 7, 8):
        assert numbers(database, EVERYTHING, limit) == list(range(7))


def test_an_empty_table_is_one_empty_page(database: Database) -> None:
    assert numbers(database, EVERYTHING) == []


def test_each_filter_selects(database: Database) -> None:
    dates: dict[int, dict[str, Any]] = {
        3: {"valid_from": date(2026, 6, 1)},
        4: {"valid_until": None},
        5: {"valid_until": date(2026, 5, 31)},
    }
    with database.write() as session:
        session.licenses.create(
            [
                new_license(
                    number, office=OFFICE if number < 5 else "other", **dates.get(number, {})
                )
                for number in range(6)
            ]
        )
    assert numbers(database, LicenseFilter(type_code=TYPES[1])) == [1, 4]
    assert numbers(database, LicenseFilter(office="other")) == [5]
    from_two = LicenseFilter(registered_from=NOW + timedelta(seconds=2))
    assert numbers(database, from_two) == [2, 3, 4, 5]
    before_two = LicenseFilter(registered_before=NOW + timedelta(seconds=2))
    assert numbers(database, before_two) == [0, 1]
    assert numbers(database, LicenseFilter(valid_on=date(2026, 5, 31))) == [0, 1, 2, 4, 5]
    assert numbers(database, LicenseFilter(valid_on=date(2026, 6, 1))) == [0, 1, 2, 3, 4]
    assert numbers(database, LicenseFilter(valid_on=date(2031, 1, 1))) == [4]
    assert numbers(database, LicenseFilter(office=OFFICE, type_code=TYPES[2])) == [2]


@pytest.fixture
def with_statuses(database: Database) -> Database:
    """300 licenses at positions 0-299, 300-301 pending; statuses in blocks 2, 3 and 4, 3 final."""
    with database.write() as session:
        session.licenses.create([new_license(number) for number in range(302)])
        ids = [license_id(number) for number in range(300)]
        session.licenses.assign_positions(0, Index(0), ids)
        session.mirror.apply(block(1), [])
        revoked = {5: LicenseStatus.REVOKED, 6: LicenseStatus.SUSPENDED}
        session.mirror.apply(
            block(2), [word(revoked), word({0: LicenseStatus.REVOKED}, OTHER_REGION)]
        )
        session.mirror.apply(
            block(3),
            [
                word({5: LicenseStatus.REVOKED, 6: LicenseStatus.IN_FORCE}),
                word({255: LicenseStatus.SUPERSEDED, 128: LicenseStatus.REVOKED}),
                word({1: LicenseStatus.REVOKED}, epoch=1),
            ],
        )
        session.mirror.apply(block(4), [word({7: LicenseStatus.REVOKED})])
        session.mirror.advance(final=3, checked_at=NOW)
    return database


def test_statuses_are_those_of_the_newest_final_block(with_statuses: Database) -> None:
    by_status = {
        status: numbers(with_statuses, LicenseFilter(status=status), limit=50)
        for status in LicenseStatus
    }
    assert by_status[LicenseStatus.REVOKED] == [5, 128]
    assert by_status[LicenseStatus.SUPERSEDED] == [255]
    assert by_status[LicenseStatus.SUSPENDED] == []
    others = {5, 128, 255}
    assert by_status[LicenseStatus.IN_FORCE] == [n for n in range(302) if n not in others]


def test_a_status_pages_and_combines(with_statuses: Database) -> None:
    revoked = LicenseFilter(status=LicenseStatus.REVOKED)
    assert numbers(with_statuses, revoked, limit=1) == [5, 128]
    typed = LicenseFilter(status=LicenseStatus.REVOKED, type_code=TYPES[128 % 3])
    assert numbers(with_statuses, typed) == [5, 128] if 5 % 3 == 128 % 3 else [128]


def test_a_status_moves_with_finality(with_statuses: Database) -> None:
    with with_statuses.write() as session:
        session.mirror.advance(final=4, checked_at=NOW)
    revoked = LicenseFilter(status=LicenseStatus.REVOKED)
    assert numbers(with_statuses, revoked) == [7, 128]


def test_without_a_mirror_everything_is_in_force(database: Database) -> None:
    with database.write() as session:
        session.licenses.create([new_license(1)])
        session.licenses.assign_positions(0, Index(0), [license_id(1)])
    assert numbers(database, LicenseFilter(status=LicenseStatus.IN_FORCE)) == [1]
    assert numbers(database, LicenseFilter(status=LicenseStatus.REVOKED)) == []
