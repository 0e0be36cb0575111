"""Logs: heads swap, tiles grow and are cut."""

from __future__ import annotations

import pytest

from ledger.errors import ConflictError, StoreError
from ledger.hashing import EMPTY_ROOT
from ledger.ports.database import Database
from ledger.ports.log import LogName
from ledger.types import Head, LogKind
from tests.ports.databases import OTHER_REGION, REGION
from tests.ports.samples import digest, head

LOG = LogName(REGION, LogKind.LICENSES)
EMPTY = Head(epoch=0, tree_size=0, root_hash=EMPTY_ROOT)


def hashes(level: int, first: int, count: int) -> bytes:
    """`count` hashes of a level from number `first` on."""
    return b"".join(digest(level, number) for number in range(first, first + count))


def fill(database: Database, tree_size: int, log: LogName = LOG) -> None:
    """Tiles as a log of this size has them: level L holds one hash per full run of 256^L."""
    tiles = {}
    for level in range(3):
        width = tree_size >> (8 * level)
        for index in range((width + 255) // 256):
            first = 256 * index
            tiles[level, index] = hashes(level, first, min(256, width - first))
    with database.write() as session:
        session.log.put_tiles(log, tiles)


def test_a_log_nobody_wrote_to_is_empty(database: Database) -> None:
    with database.read() as session:
        assert session.log.head(LOG) == EMPTY


def test_heads_swap_only_from_the_head_that_is_stored(database: Database) -> None:
    with database.write() as session:
        session.log.replace_head(LOG, EMPTY, head(5))
        session.log.replace_head(LOG, head(5), head(9))
    for stale in (EMPTY, head(5), head(9, epoch=1)):
        with pytest.raises(ConflictError), database.write() as session:
            session.log.replace_head(LOG, stale, head(10))
    with database.read() as session:
        assert session.log.head(LOG) == head(9)
        assert session.log.head(LogName(REGION, LogKind.ACCESS)) == EMPTY
        assert session.log.head(LogName(OTHER_REGION, LogKind.LICENSES)) == EMPTY


def test_a_first_head_needs_the_empty_one_before_it(database: Database) -> None:
    with pytest.raises(ConflictError), database.write() as session:
        session.log.replace_head(LOG, head(5), head(9))


def test_a_log_can_go_back_to_empty_and_on(database: Database) -> None:
    with database.write() as session:
        session.log.replace_head(LOG, EMPTY, head(5))
        session.log.replace_head(LOG, head(5), EMPTY)
        session.log.replace_head(LOG, EMPTY, head(3, epoch=1))
        assert session.log.head(LOG) == head(3, epoch=1)


def test_a_partial_tile_grows_in_place(database: Database) -> None:
    with database.write() as session:
        session.log.put_tiles(LOG, {(0, 0): hashes(0, 0, 3), (0, 1): b"x" * 32})
        session.log.put_tiles(LOG, {(0, 0): hashes(0, 0, 7)})
        session.log.put_tiles(LOG, {})
        assert session.log.tile(LOG, 0, 0) == hashes(0, 0, 7)
        assert session.log.tile(LOG, 0, 1) == b"x" * 32


def test_a_missing_tile_is_an_error_that_names_it(database: Database) -> None:
    with database.read() as session, pytest.raises(StoreError, match=r"tile 1/2 .* 110000"):
        session.log.tile(LOG, 1, 2)


@pytest.mark.parametrize(
    "tree_size", [0, 1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 66_000]
)
def test_truncating_leaves_what_a_log_of_that_size_has(database: Database, tree_size: int) -> None:
    other = LogName(OTHER_REGION, LogKind.LICENSES)
    fill(database, 66_000)
    fill(database, 300, other)
    with database.write() as session:
        session.log.truncate(LOG, tree_size)
    with database.read() as session:
        for level in range(3):
            full, rest = divmod(tree_size >> (8 * level), 256)
            for index in (0, full - 1):
                if 0 <= index < full:
                    assert session.log.tile(LOG, level, index) == hashes(level, 256 * index, 256)
            if rest:
                assert session.log.tile(LOG, level, full) == hashes(level, 256 * full, rest)
            with pytest.raises(StoreError):
                session.log.tile(LOG, level, full + 1 if rest else full)
        assert session.log.tile(other, 0, 1) == hashes(0, 256, 44)


def test_truncating_an_empty_log_is_fine(database: Database) -> None:
    with database.write() as session:
        session.log.truncate(LOG, 0)


def test_truncating_beyond_what_is_held_is_an_error(database: Database) -> None:
    fill(database, 300)
    with pytest.raises(StoreError), database.write() as session:
        session.log.truncate(LOG, 301)
