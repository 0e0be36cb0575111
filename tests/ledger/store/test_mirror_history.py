"""The mirror against a model: after a rewind it is as if the blocks had never been."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.chain_events import (
    Anchored,
    AuthoritySet,
    ChainEvent,
    GrantSet,
    LogReopened,
    StatusWordSet,
    TypeSet,
)
from ledger.ports.mirror import MirrorReader
from ledger.store.database import SqlDatabase, open_database
from ledger.types import EpochStart, Index, LicenseStatus, LogKind, Position
from tests.ports.databases import REGION, SqliteTemplates
from tests.ports.samples import NOW, block, digest

TYPE = digest("type")
LICENSES = LogKind.LICENSES
BLOCKS = 12
EPOCHS = range(BLOCKS + 1)
"""A block opens one epoch at most."""


@dataclass
class Model:
    """The rules of the contracts in their plainest form, recomputed from the list of blocks."""

    blocks: list[list[ChainEvent]] = field(default_factory=list)

    def events(self, as_of: int) -> Iterator[tuple[int, ChainEvent]]:
        for number, events in enumerate(self.blocks[: as_of + 1]):
            for event in events:
                yield number, event

    def lineage(self, as_of: int) -> tuple[EpochStart, ...]:
        live = [EpochStart(0, 0)]
        for _, event in self.events(as_of):
            if isinstance(event, LogReopened):
                live = [start for start in live if start.epoch <= event.parent_epoch]
                live.append(EpochStart(event.epoch, event.start_size))
        return tuple(live)

    def word(self, epoch: int, word_index: int, as_of: int) -> int:
        words: defaultdict[tuple[int, int], int] = defaultdict(int)
        for _, event in self.events(as_of):
            if isinstance(event, StatusWordSet):
                words[event.epoch, event.word_index] = event.values
        return words[epoch, word_index]

    def covering(self, epoch: int, index: int, as_of: int) -> int | None:
        for _, event in self.events(as_of):
            if (
                isinstance(event, Anchored)
                and event.epoch == epoch
                and event.previous_size <= index < event.tree_size
            ):
                return event.tree_size
        return None

    def head(self, as_of: int) -> tuple[int, int] | None:
        """(epoch, size) of the newest head that is not disowned."""
        newest: tuple[int, int] | None = None
        for _, event in self.events(as_of):
            if isinstance(event, Anchored):
                newest = (event.epoch, event.tree_size)
            if isinstance(event, LogReopened):
                newest = (event.parent_epoch, event.start_size)
        return newest

    def active(self, at_block: int) -> bool:
        active = False
        for _, event in self.events(len(self.blocks)):
            if isinstance(event, AuthoritySet) and event.since_block <= at_block:
                active = event.active
        return active

    def granted(self, at_block: int) -> bool:
        type_active = granted = False
        for _, event in self.events(len(self.blocks)):
            if isinstance(event, TypeSet) and event.since_block <= at_block:
                type_active = event.active
            if isinstance(event, GrantSet) and event.since_block <= at_block:
                granted = event.granted
        return type_active and granted


@st.composite
def chains(draw: st.DrawFn) -> list[list[ChainEvent]]:
    """A chain that the contracts could have made: sizes grow, reopenings are at live heads."""
    blocks: list[list[ChainEvent]] = []
    heads: list[tuple[int, int]] = []
    epoch = size = epochs = 0
    for number in range(draw(st.integers(1, BLOCKS))):
        events: list[ChainEvent] = []
        for action in draw(st.lists(st.sampled_from("aaswgtr"), max_size=3)):
            if action == "a":
                grown = size + draw(st.integers(1, 300))
                events.append(anchored(epoch, size, grown))
                size = grown
                heads.append((epoch, size))
            elif action == "r" and heads and not any(isinstance(e, LogReopened) for e in events):
                parent = draw(st.integers(0, len(heads) - 1))
                heads = heads[: parent + 1]
                epochs += 1
                events.append(reopened(epochs, *heads[parent]))
                epoch, size = epochs, heads[parent][1]
            else:
                events.append(other_event(draw, action, number, epoch))
        blocks.append(events)
    return blocks


def anchored(epoch: int, previous_size: int, tree_size: int) -> Anchored:
    return Anchored(
        region=REGION,
        kind=LICENSES,
        epoch=epoch,
        tree_size=tree_size,
        previous_size=previous_size,
        root_hash=digest(epoch, tree_size),
    )


def reopened(epoch: int, parent_epoch: int, start_size: int) -> LogReopened:
    return LogReopened(
        region=REGION,
        kind=LICENSES,
        epoch=epoch,
        parent_epoch=parent_epoch,
        start_size=start_size,
        root_hash=digest(parent_epoch, start_size),
    )


def other_event(draw: st.DrawFn, action: str, number: int, epoch: int) -> ChainEvent:
    yes, since = draw(st.booleans()), number + 1
    if action == "s":
        return StatusWordSet(
            region=REGION,
            epoch=draw(st.integers(0, epoch)),
            word_index=draw(st.integers(0, 1)),
            mask=3,
            values=draw(st.integers(0, 2**256 - 1)),
            reason=1,
            corrected=yes,
        )
    if action == "w":
        return AuthoritySet(region=REGION, since_block=since, anchor_key="0xA", active=yes)
    if action == "g":
        return GrantSet(region=REGION, type_hash=TYPE, granted=yes, since_block=since)
    return TypeSet(type_hash=TYPE, level=1, active=yes, since_block=since)


def verify_agrees(mirror: MirrorReader, model: Model) -> None:
    """Every fact of every block, also of blocks beyond the newest, is the model's."""
    for number in range(BLOCKS + 2):
        assert mirror.lineage(REGION, LICENSES, as_of=number) == model.lineage(number)
        head = mirror.newest_head(REGION, LICENSES, as_of=number)
        assert (head and (head.epoch, head.tree_size)) == model.head(number)
        assert mirror.region_active(REGION, at_block=number) == model.active(number)
        assert mirror.type_granted(REGION, TYPE, at_block=number) == model.granted(number)
        assert mirror.granted_types(REGION, at_block=number) == {TYPE} & (
            {TYPE} if model.granted(number) else set()
        )
        for epoch in (0, 1, 2):
            verify_positions(mirror, model, epoch, number)


def verify_positions(mirror: MirrorReader, model: Model, epoch: int, number: int) -> None:
    for index in (0, 127, 128, 255, 299, 600):
        position = Position(epoch, Index(index))
        head = mirror.first_covering_head(REGION, LICENSES, position, as_of=number)
        assert (head and head.tree_size) == model.covering(epoch, index, number)
        word = model.word(epoch, index // 128, number)
        expected = LicenseStatus(word >> 2 * (index % 128) & 3)
        assert mirror.status(REGION, position, as_of=number) is expected


@contextmanager
def fresh(templates: SqliteTemplates) -> Iterator[SqlDatabase]:
    with TemporaryDirectory() as folder:
        database = open_database(templates.fresh(Path(folder)), region=REGION)
        yield database
        database.close()


def apply(database: SqlDatabase, blocks: list[list[ChainEvent]], first: int, fork: str) -> None:
    with database.write() as session:
        for number, events in enumerate(blocks[first:], first):
            session.mirror.apply(block(number, fork), events)


@settings(max_examples=60, deadline=None)
@given(blocks=chains(), other=chains(), data=st.data())
def test_after_a_rewind_the_mirror_is_what_a_replay_makes(
    sqlite_templates: SqliteTemplates,
    blocks: list[list[ChainEvent]],
    other: list[list[ChainEvent]],
    data: st.DataObject,
) -> None:
    last = data.draw(st.integers(-1, len(blocks) - 1))
    with fresh(sqlite_templates) as database:
        apply(database, blocks, 0, "")
        with database.write() as session:
            session.mirror.advance(final=len(blocks) - 1, checked_at=NOW)
            verify_agrees(session.mirror, Model(blocks))
            session.mirror.rewind(last)
            verify_agrees(session.mirror, Model(blocks[: last + 1]))
            position = session.mirror.position()
            assert (position and position.final.number) == (last if last >= 0 else None)
        if last < 0:
            apply(database, other, 0, "other")
            with database.read() as reading:
                verify_agrees(reading.mirror, Model(other))
