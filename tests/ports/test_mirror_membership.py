"""The mirrored consortium: regions, keys, types and grants as of a block."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.chain_events import GrantSet, TypeSet
from ledger.errors import StoreError
from ledger.ports.database import Database
from ledger.ports.mirror import RegionFacts
from ledger.types import Digest, Region
from tests.ports.chain_samples import authority, endpoint, follow, found_region, region_key
from tests.ports.databases import OTHER_REGION, REGION
from tests.ports.samples import digest

PERMIT, LICENCE = digest("type", 1), digest("type", 2)


def type_set(type_hash: Digest, announced: int, level: int, *, active: bool = True) -> TypeSet:
    return TypeSet(type_hash=type_hash, level=level, active=active, since_block=announced + 1)


def grant(
    type_hash: Digest, announced: int, *, granted: bool = True, region: Region = REGION
) -> GrantSet:
    return GrantSet(region=region, type_hash=type_hash, granted=granted, since_block=announced + 1)


def test_a_region_is_active_from_the_block_after_the_announcement(database: Database) -> None:
    follow(
        database,
        {
            2: found_region(REGION, 2),
            5: [authority(REGION, 5, active=False), authority(REGION, 5, active=True)],
            7: [authority(REGION, 7, active=False)],
        },
    )
    with database.read() as session:
        active = [session.mirror.region_active(REGION, at_block=number) for number in range(10)]
        assert active == [False] * 3 + [True] * 5 + [False] * 2
        assert not session.mirror.region_active(OTHER_REGION, at_block=9)


def test_a_type_counts_while_it_is_active_and_granted(database: Database) -> None:
    follow(
        database,
        {
            1: [type_set(PERMIT, 1, 2), type_set(LICENCE, 1, 1)],
            3: [grant(PERMIT, 3), grant(LICENCE, 3), grant(LICENCE, 3, region=OTHER_REGION)],
            5: [grant(PERMIT, 5, granted=False)],
            7: [type_set(LICENCE, 7, 4, active=False)],
        },
    )
    with database.read() as session:
        mirror = session.mirror
        permit = [mirror.type_granted(REGION, PERMIT, at_block=number) for number in range(9)]
        licence = [mirror.type_granted(REGION, LICENCE, at_block=number) for number in range(9)]
        assert permit == [False] * 4 + [True] * 2 + [False] * 3
        assert licence == [False] * 4 + [True] * 4 + [False]
        sets = [mirror.granted_types(REGION, at_block=number) for number in (3, 4, 6, 8)]
        assert sets == [set(), {PERMIT, LICENCE}, {LICENCE}, set()]
        assert mirror.granted_types(OTHER_REGION, at_block=7) == {LICENCE}
        levels = [mirror.type_level(LICENCE, at_block=number) for number in (1, 2, 7, 8)]
        assert levels == [None, 1, 1, 4]


def test_a_region_stands_as_it_was_last_announced(database: Database) -> None:
    rotated = region_key(REGION, 4, "signing", number=1)
    follow(
        database,
        {
            1: found_region(REGION, 1),
            2: found_region(OTHER_REGION, 2),
            4: [rotated, endpoint(REGION, 4, "https://new.example")],
            6: [authority(OTHER_REGION, 6, active=False)],
        },
    )
    first = RegionFacts(
        code=REGION,
        active=True,
        anchor_key=f"0xAnchor{REGION}",
        endpoint=f"https://{REGION}.example",
        signing_key=region_key(REGION, 1, "signing"),
        encryption_key=region_key(REGION, 1, "encryption"),
    )
    with database.read() as session:
        mirror = session.mirror
        assert mirror.region(REGION, as_of=3) == first
        assert mirror.regions(as_of=1) == (first,)
        assert mirror.regions(as_of=0) == ()
        assert mirror.region(REGION, as_of=4) == replace(
            first, signing_key=rotated, endpoint="https://new.example"
        )
        now = mirror.regions(as_of=6)
        assert [(facts.code, facts.active) for facts in now] == [
            (REGION, True),
            (OTHER_REGION, False),
        ]


def test_a_retired_signing_key_is_still_found_by_its_number(database: Database) -> None:
    old, new = (region_key(REGION, number, "signing", number=number) for number in (0, 3))
    follow(database, {0: [old], 3: [new, region_key(REGION, 3, "encryption", number=7)]})
    with database.read() as session:
        found = session.mirror.signing_key
        assert found(REGION, 0, as_of=9) == old
        assert found(REGION, 3, as_of=9) == new
        assert found(REGION, 3, as_of=2) is None
        assert found(REGION, 7, as_of=9) is None
        assert found(OTHER_REGION, 0, as_of=9) is None


def test_an_anchor_key_finds_its_region_while_it_is_current(database: Database) -> None:
    follow(
        database,
        {
            1: [authority(REGION, 1, key="0xA"), authority(OTHER_REGION, 1, key="0xB")],
            3: [authority(REGION, 3, key="0xC")],
        },
    )
    with database.read() as session:
        found = session.mirror.region_by_anchor_key
        assert found("0xA", as_of=2) == REGION
        assert found("0xA", as_of=3) is None
        assert found("0xC", as_of=2) is None
        assert found("0xC", as_of=3) == REGION
        assert found("0xB", as_of=9) == OTHER_REGION


def test_a_region_without_its_keys_is_a_damaged_mirror(database: Database) -> None:
    follow(database, {1: found_region(REGION, 1)[:3]})
    with database.read() as session, pytest.raises(StoreError, match="lacks its endpoint"):
        session.mirror.region(REGION, as_of=1)
