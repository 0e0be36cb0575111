"""The mirror: facts as of a block, on a history that only its end can change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger.chain_events import ChainEvent, GovernanceNoted, StatusWordSet
from ledger.errors import ReorgError, StoreError
from ledger.ports.database import Database
from ledger.ports.mirror import MirrorPosition, MirrorReader
from ledger.types import BlockRef, EpochStart, Index, LicenseStatus, LogKind, Position
from tests.ports.chain_samples import anchored, covering, follow, found_region, reopened
from tests.ports.databases import OTHER_REGION, REGION
from tests.ports.samples import NOW, block

LICENSES, ACCESS = LogKind.LICENSES, LogKind.ACCESS


def test_an_empty_mirror_knows_nothing(database: Database) -> None:
    with database.read() as session:
        mirror = session.mirror
        assert mirror.position() is None
        assert mirror.block(1) is None
        assert mirror.block_at(2**40) is None
        assert mirror.anchored(REGION, LICENSES, 0, 1, as_of=9) is None
        assert mirror.newest_head(REGION, LICENSES, as_of=9) is None
        assert mirror.heads(REGION, LICENSES, as_of=9, after=-1, limit=5) == ()
        assert mirror.lineage(REGION, LICENSES, as_of=9) == (EpochStart(0, 0),)
        assert mirror.status(REGION, Position(0, Index(5)), as_of=9) is LicenseStatus.IN_FORCE
        assert not mirror.region_active(REGION, at_block=9)
        assert mirror.regions(as_of=9) == ()
        assert mirror.region(REGION, as_of=9) is None
        assert mirror.granted_types(REGION, at_block=9) == frozenset()


def test_following_starts_where_it_is_told_and_goes_on_by_parents(database: Database) -> None:
    with database.write() as session:
        session.mirror.apply(block(7), [])
        session.mirror.apply_empty([block(8), block(9)])
        session.mirror.apply_empty([])
        assert session.mirror.block(8) == block(8)
        assert session.mirror.position() == MirrorPosition(
            newest=block(9),
            final=block(7),
            checked_at=datetime(1970, 1, 1, tzinfo=UTC),
            halted=None,
        )


@pytest.mark.parametrize("wrong", [block(3), block(6), block(2), block(4, "other fork")])
def test_a_block_that_does_not_follow_is_refused(database: Database, wrong: BlockRef) -> None:
    follow(database, {3: []})
    with pytest.raises(ReorgError), database.write() as session:
        session.mirror.apply(wrong, [])
    with pytest.raises(ReorgError), database.write() as session:
        session.mirror.apply_empty([block(4), wrong])
    with database.read() as session:
        assert session.mirror.block(4) is None


def test_finality_grows_and_never_runs_ahead(database: Database) -> None:
    follow(database, {number: [] for number in range(3, 9)})
    later = NOW + timedelta(seconds=5)
    with database.write() as session:
        session.mirror.advance(final=1, checked_at=NOW)
        assert final_number(session.mirror) == 3
        session.mirror.advance(final=6, checked_at=NOW)
        session.mirror.advance(final=5, checked_at=later)
        assert final_number(session.mirror) == 6
        position = session.mirror.position()
        assert position is not None
        assert position.checked_at == later
    with pytest.raises(StoreError, match="block 9 cannot be final"), database.write() as session:
        session.mirror.advance(final=9, checked_at=NOW)


def test_an_empty_mirror_has_nothing_final(database: Database) -> None:
    with pytest.raises(StoreError), database.write() as session:
        session.mirror.advance(final=0, checked_at=NOW)


def final_number(mirror: MirrorReader) -> int:
    position = mirror.position()
    assert position is not None
    return position.final.number


def test_a_halt_lasts_until_it_is_resumed(database: Database) -> None:
    follow(database, {1: []})
    with database.write() as session:
        session.mirror.halt("block 7 was replaced after it was final")
    with database.write() as session:
        position = session.mirror.position()
        assert position is not None
        assert position.halted == "block 7 was replaced after it was final"
        session.mirror.resume()
        position = session.mirror.position()
        assert position is not None
        assert position.halted is None


def test_the_block_of_a_time_is_final(database: Database) -> None:
    follow(database, {number: [] for number in range(1, 9)}, final=6)
    with database.read() as session:
        found = session.mirror.block_at
        assert found(block(1).time - 1) is None
        assert found(block(4).time) == block(4)
        assert found(block(4).time + 1) == block(4)
        assert found(2**40) == block(6)


def test_heads_count_from_their_block_on(database: Database) -> None:
    follow(database, {1: [anchored(0, 4)], 2: [], 3: [anchored(4, 9), anchored(9, 12)]})
    with database.read() as session:
        mirror = session.mirror
        head = mirror.anchored(REGION, LICENSES, 0, 9, as_of=3)
        assert head is not None
        assert (head.previous_size, head.tree_size) == (4, 9)
        assert (head.block_number, head.block_time) == (3, block(3).time)
        assert mirror.anchored(REGION, LICENSES, 0, 9, as_of=2) is None
        assert mirror.anchored(REGION, LICENSES, 0, 8, as_of=3) is None
        assert mirror.anchored(REGION, LICENSES, 1, 9, as_of=3) is None
        assert mirror.anchored(REGION, ACCESS, 0, 9, as_of=3) is None
        assert mirror.anchored(OTHER_REGION, LICENSES, 0, 9, as_of=3) is None
        newest = [mirror.newest_head(REGION, LICENSES, as_of=number) for number in range(4)]
        assert [head and head.tree_size for head in newest] == [None, 4, 4, 12]


def test_the_first_covering_head_of_each_position(database: Database) -> None:
    follow(database, {1: [anchored(0, 4)], 3: [anchored(4, 9)], 5: [anchored(9, 10)]})
    with database.read() as session:
        sizes = {index: covering(session.mirror, 0, index, as_of=9) for index in range(12)}
        assert sizes == {
            **dict.fromkeys(range(4), 4),
            **dict.fromkeys(range(4, 9), 9),
            9: 10,
            10: None,
            11: None,
        }
        assert covering(session.mirror, 0, 5, as_of=2) is None
        assert covering(session.mirror, 0, 3, as_of=2) == 4


def test_heads_are_walked_block_by_block_and_never_split(database: Database) -> None:
    follow(
        database,
        {1: [anchored(0, 1)], 2: [anchored(1, 2), anchored(2, 3)], 3: [anchored(3, 4)]},
    )

    def sizes(after: int, limit: int, as_of: int = 9) -> list[int]:
        with database.read() as session:
            found = session.mirror.heads(REGION, LICENSES, as_of=as_of, after=after, limit=limit)
        return [head.tree_size for head in found]

    assert sizes(0, 10) == [1, 2, 3, 4]
    assert sizes(0, 1) == [1]
    assert sizes(0, 2) == [1, 2, 3]
    assert sizes(1, 1) == [2, 3]
    assert sizes(2, 5) == [4]
    assert sizes(0, 10, as_of=2) == [1, 2, 3]
    assert sizes(3, 10) == []


def test_a_reopened_log_goes_on_from_the_good_head(database: Database) -> None:
    """A thief's head (size 2^40) is disowned; epoch 1 goes on from size 9."""
    follow(
        database,
        {
            1: [anchored(0, 9)],
            2: [anchored(9, 2**40)],
            3: [reopened(1, 0, 9)],
            4: [],
            5: [anchored(9, 11, epoch=1)],
        },
    )
    with database.read() as session:
        mirror = session.mirror
        assert mirror.lineage(REGION, LICENSES, as_of=2) == (EpochStart(0, 0),)
        assert mirror.lineage(REGION, LICENSES, as_of=3) == (EpochStart(0, 0), EpochStart(1, 9))
        assert mirror.lineage(REGION, ACCESS, as_of=3) == (EpochStart(0, 0),)
        newest = [mirror.newest_head(REGION, LICENSES, as_of=number) for number in range(1, 6)]
        assert [head and (head.epoch, head.tree_size) for head in newest] == [
            (0, 9),
            (0, 2**40),
            (0, 9),
            (0, 9),
            (1, 11),
        ]
        assert covering(mirror, 1, 10, as_of=9) == 11
        assert covering(mirror, 1, 8, as_of=9) is None
        assert covering(mirror, 0, 8, as_of=9) == 9


def test_reopening_below_an_epoch_pops_it(database: Database) -> None:
    follow(
        database,
        {
            1: [anchored(0, 9)],
            2: [reopened(1, 0, 9)],
            3: [anchored(9, 20, epoch=1)],
            4: [reopened(2, 1, 20)],
            5: [reopened(3, 0, 9)],
        },
    )
    with database.read() as session:
        lineage = session.mirror.lineage
        assert lineage(REGION, LICENSES, as_of=4) == (
            EpochStart(0, 0),
            EpochStart(1, 9),
            EpochStart(2, 20),
        )
        assert lineage(REGION, LICENSES, as_of=5) == (EpochStart(0, 0), EpochStart(3, 9))
        head = session.mirror.newest_head(REGION, LICENSES, as_of=5)
        assert head is not None
        assert (head.epoch, head.tree_size) == (0, 9)


def status_word(word_index: int, values: int, *, epoch: int = 0) -> StatusWordSet:
    return StatusWordSet(
        region=REGION,
        epoch=epoch,
        word_index=word_index,
        mask=2**256 - 1,
        values=values,
        reason=0,
        corrected=False,
    )


def test_a_status_is_that_of_the_newest_word(database: Database) -> None:
    last_of_word = 2 << 254 | 1
    follow(
        database,
        {
            2: [status_word(1, last_of_word)],
            4: [status_word(1, 3), status_word(1, 1)],
            5: [status_word(1, 2**256 - 1, epoch=1)],
        },
    )
    with database.read() as session:
        mirror = session.mirror
        words = [mirror.status_word(REGION, 0, 1, as_of=number) for number in range(1, 6)]
        assert words == [0, last_of_word, last_of_word, 1, 1]
        assert mirror.status(REGION, Position(0, Index(255)), as_of=3) is LicenseStatus.REVOKED
        assert mirror.status(REGION, Position(0, Index(254)), as_of=3) is LicenseStatus.IN_FORCE
        assert mirror.status(REGION, Position(0, Index(128)), as_of=9) is LicenseStatus.SUSPENDED
        assert mirror.status(REGION, Position(0, Index(127)), as_of=9) is LicenseStatus.IN_FORCE
        assert mirror.status(REGION, Position(1, Index(128)), as_of=9) is LicenseStatus.SUPERSEDED
        assert mirror.status(OTHER_REGION, Position(0, Index(128)), as_of=9) == 0


def test_a_rewind_forgets_blocks_and_what_they_said(database: Database) -> None:
    noted: list[ChainEvent] = [GovernanceNoted(name="QuorumChanged", arguments='{"quorum":3}')]
    follow(
        database,
        {
            1: [anchored(0, 4), *found_region(REGION, 1)],
            2: [anchored(4, 9), status_word(0, 2), reopened(1, 0, 4), *noted],
            3: found_region(OTHER_REGION, 3),
        },
        final=3,
    )
    with database.write() as session:
        session.mirror.rewind(1)
    with database.read() as session:
        mirror = session.mirror
        position = mirror.position()
        assert position is not None
        assert (position.newest, position.final) == (block(1), block(1))
        assert mirror.anchored(REGION, LICENSES, 0, 4, as_of=9) is not None
        assert mirror.anchored(REGION, LICENSES, 0, 9, as_of=9) is None
        assert mirror.status_word(REGION, 0, 0, as_of=9) == 0
        assert mirror.lineage(REGION, LICENSES, as_of=9) == (EpochStart(0, 0),)
        assert [region.code for region in mirror.regions(as_of=9)] == [REGION]
    follow(database, {2: [anchored(4, 7)]}, fork="other", parent=block(1))


def test_a_rewind_before_the_beginning_leaves_nothing(database: Database) -> None:
    follow(database, {5: [anchored(0, 4)], 6: []}, final=6)
    with database.write() as session:
        session.mirror.rewind(4)
        assert session.mirror.position() is None
    follow(database, {2: [anchored(0, 3)]}, final=2)
    with database.read() as session:
        assert session.mirror.newest_head(REGION, LICENSES, as_of=9) is not None
