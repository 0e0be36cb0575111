"""What the mirror is asked for a verdict, and what is remembered of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.bundle import Bundle
from ledger.chain_events import Anchored, AuthoritySet, ChainEvent, RegionKeySet
from ledger.hashing import leaf_hash, sha256
from ledger.keys import KeyAlgorithm, KeyId, SigningKey
from ledger.promise import sign_promise
from ledger.services.authority_memory import AuthorityMemory
from ledger.services.evidence import RETIRED_KEY_SLACK
from ledger.trust import ChainFacts
from ledger.types import BlockRef, LogKind
from ledger.verification import verify_license
from tests.support.region import TestChain, TestRegion, open_region


class World:
    """A region with one anchored license."""

    def __init__(self, folder: Path) -> None:
        self.region: TestRegion = open_region(folder)
        self.chain = TestChain([self.region])
        made = self.region.issuance.register(self.region.draft(), office=self.region.office)
        self.anchored_in = self.chain.anchor()
        with self.region.database.read() as session:
            record = session.licenses.get(made.record.id)
            assert record is not None
            self.bundle: Bundle = self.region.evidence.build(session, record)

    def facts(self) -> ChainFacts:
        with self.region.database.read() as session:
            trust = self.region.evidence.load_trust(session, self.bundle, None)
        assert trust.facts is not None
        return trust.facts

    def verdict_on_promise_of(self, time: datetime) -> str:
        """On an entry that nobody registered, promised at `time` under key 0, asked right then."""
        promise = sign_promise(
            self.region.signing_key,
            key=KeyId(self.region.code, 0),
            leaf_hash=leaf_hash(self.bundle.entry_bytes),
            time=time,
            anchor_by=time + timedelta(hours=1),
        )
        forged = replace(self.bundle, log=None, promise=promise)
        with self.region.database.read() as session:
            trust = self.region.evidence.load_trust(session, forged, None)
        return verify_license(forged, trust, time).reason

    def replace_blocks(self, first: int, *events: tuple[ChainEvent, ...]) -> None:
        """A development chain lost `first` and what follows: others come, of the same times."""
        with self.region.database.write() as session:
            times = {}
            for number in range(first, first + len(events)):
                old = session.mirror.block(number)
                times[number] = self.chain.newest.time if old is None else old.time
            session.mirror.rewind(first - 1)
            parent = session.mirror.block(first - 1)
            assert parent is not None
            for number, said in enumerate(events, first):
                parent = BlockRef(
                    number=number,
                    hash=sha256(b"another block %d" % number),
                    parent_hash=parent.hash,
                    time=times[number],
                )
                session.mirror.apply(parent, said)
            session.mirror.advance(final=parent.number, checked_at=self.region.clock())


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize("more", [0, 2])
def test_authority_is_forgotten_with_the_blocks_that_said_it(world: World, more: int) -> None:
    """The same head in a block of the same number and time, under other memberships.

    Whether the chain got as far as it was before, or further: nobody asked meanwhile.
    """
    assert world.facts().region_active
    anchor = world.facts().anchor
    assert anchor is not None
    region, number = world.region.code, anchor.block_number
    left = AuthoritySet(region=region, since_block=number, anchor_key=f"0x{1:040x}", active=False)
    again = Anchored(
        region=region,
        kind=LogKind.LICENSES,
        epoch=anchor.epoch,
        tree_size=anchor.tree_size,
        previous_size=anchor.previous_size,
        root_hash=anchor.root_hash,
    )
    world.replace_blocks(number - 1, (left,), (again,), *[()] * more)
    facts = world.facts()
    assert facts.anchor == anchor
    assert not facts.region_active


def test_authority_is_remembered_while_the_chain_goes_on(world: World) -> None:
    memory = AuthorityMemory()
    with world.region.database.read() as session:
        first = memory.valid_in(session, world.chain.newest)
    world.chain.block()
    world.chain.block()
    with world.region.database.read() as session:
        assert memory.valid_in(session, world.chain.newest) is first
        assert memory.valid_in(session, world.anchored_in) is not first


def test_a_key_signs_promises_until_it_is_replaced(world: World) -> None:
    """And, as nodes are restarted by people, for a little longer; stolen, it is of no more use."""
    ends_in = world.chain.newest.number + 3
    world.chain.block(
        [
            RegionKeySet(
                region=world.region.code,
                use="signing",
                number=1,
                algorithm=KeyAlgorithm.ED25519,
                public=SigningKey.generate().public.raw,
                since_block=ends_in,
            )
        ]
    )
    far = world.region.clock() + timedelta(days=1)
    assert world.verdict_on_promise_of(far) == "not_anchored", "announced, and not yet in force"
    world.chain.block()
    end = datetime.fromtimestamp(world.chain.block().time, UTC)
    assert world.chain.newest.number == ends_in
    last = end + RETIRED_KEY_SLACK
    assert world.verdict_on_promise_of(end - timedelta(seconds=1)) == "not_anchored"
    assert world.verdict_on_promise_of(last) == "not_anchored"
    assert world.verdict_on_promise_of(last + timedelta(seconds=1)) == "root_not_on_chain"
    assert world.verdict_on_promise_of(far) == "root_not_on_chain"
