"""Copies of another region's log: whole, of exactly the anchored root, or an alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from ledger import merkle
from ledger.chain_events import Anchored, LogReopened
from ledger.errors import PeerUnreachableError
from ledger.hashing import leaf_hash
from ledger.ports.log import LogName
from ledger.ports.mirror import RegionFacts
from ledger.services.mirroring import Mirror
from ledger.services.reconciling import tree_of
from ledger.services.replication import Replicator
from ledger.tile_tree import TileTree
from ledger.tiles import split_hashes
from ledger.types import Head, LogKind, Region
from tests.fakes.consortium import SimulatedAnchor, SimulatedChain
from tests.support.pipeline import Pipeline
from tests.support.region import TestRegion, genesis_events, open_region

PATIENCE = timedelta(seconds=60)
OTHER = Region("110000")


@dataclass
class TilePeers:
    """Serves another region's real tiles, or misbehaves."""

    region: TestRegion
    away: bool = False
    lie: bool = False
    cut: bool = False
    asked: int = 0

    def tile(self, peer: RegionFacts, kind: LogKind, level: int, index: int, width: int) -> bytes:
        self.asked += 1
        if self.away:
            raise PeerUnreachableError("away", region=peer.code)
        with self.region.database.read() as session:
            tile = session.log.tile(LogName(peer.code, kind), level, index)
        if self.lie:
            tile = tile[:-32] + leaf_hash(b"made up")
        return tile[:-7] if self.cut else tile


@dataclass
class Two:
    """A region with a pipeline, and another one that replicates it."""

    pipeline: Pipeline
    keeper: TestRegion
    mirror: Mirror
    peers: TilePeers
    replicator: Replicator

    def copy(self) -> Head:
        with self.keeper.database.read() as session:
            return session.log.head(LogName(OTHER, LogKind.LICENSES))

    def own(self) -> Head:
        with self.pipeline.region.database.read() as session:
            return session.log.head(LogName(OTHER, LogKind.LICENSES))

    def anchor(self, count: int) -> None:
        self.pipeline.register(count)
        self.pipeline.settle()
        self.follow()

    def follow(self) -> None:
        while self.mirror.round().behind:
            pass


@pytest.fixture
def two(tmp_path: Path) -> Two:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    region = open_region(tmp_path / "a", OTHER)
    keeper = open_region(tmp_path / "b", "133100", clock=region.clock)
    chain = SimulatedChain()
    chain.announce(*genesis_events([region, keeper], "http://127.0.0.1:1"))
    pipeline = Pipeline(region, chain, SimulatedAnchor(chain, region.code))
    pipeline.block(3)
    peers = TilePeers(region)
    built = Two(
        pipeline=pipeline,
        keeper=keeper,
        mirror=Mirror(database=keeper.database, chain=chain, clock=region.clock),
        peers=peers,
        replicator=Replicator(
            database=keeper.database,
            peers=peers,  # type: ignore[arg-type]
            clock=region.clock,
            region=keeper.code,
            patience=PATIENCE,
        ),
    )
    built.follow()
    return built


def test_every_final_head_is_copied_and_can_be_rebuilt_from(two: Two) -> None:
    for count in (1, 255, 1, 300):
        two.anchor(count)
        done = two.replicator.round()
        assert (done.leaves, done.behind) == (count, ())
    assert two.copy() == two.own()
    log = LogName(OTHER, LogKind.LICENSES)
    with two.keeper.database.read() as session:
        assert tree_of(session, log).root_hash() == two.own().root_hash
    two.peers.asked = 0
    assert two.replicator.round().leaves == 0
    assert two.peers.asked == 0


def test_many_heads_are_caught_up_with_one_by_one(two: Two) -> None:
    for _ in range(5):
        two.anchor(3)
    assert two.replicator.round().leaves == 15
    assert two.copy() == two.own()


def test_only_final_heads_are_copied(two: Two) -> None:
    two.pipeline.register(2)
    two.pipeline.submit()
    two.pipeline.block()
    two.follow()
    assert two.replicator.round().leaves == 0
    two.pipeline.block()
    two.follow()
    assert two.replicator.round().leaves == 2


@pytest.mark.parametrize("fault", ["away", "lie", "cut"])
def test_a_head_that_nobody_backs_is_told_after_a_minute(two: Two, fault: str) -> None:
    two.anchor(3)
    setattr(two.peers, fault, True)
    assert two.replicator.round().behind == (LogName(OTHER, LogKind.LICENSES),)
    assert two.replicator.unbacked == ()
    two.pipeline.region.clock.advance(PATIENCE.total_seconds())
    two.replicator.round()
    (unbacked,) = two.replicator.unbacked
    assert (unbacked.region, unbacked.tree_size) == (OTHER, 3)
    assert two.copy().tree_size == 0
    setattr(two.peers, fault, False)
    two.replicator.round()
    assert two.replicator.unbacked == ()
    assert two.copy() == two.own()


def test_a_reopened_log_is_followed_on_its_live_lineage(two: Two) -> None:
    two.anchor(4)
    kept = two.own()
    two.anchor(5)
    two.replicator.round()
    assert two.copy().tree_size == 9
    # Reopened at size 4: the five leaves after it are disowned, and the node appends others.
    others = [leaf_hash(bytes([at])) for at in range(3)]
    log = LogName(OTHER, LogKind.LICENSES)
    with two.pipeline.region.database.write() as session:
        held = session.log.head(log)
        first = session.log.tile(log, 0, 0)[: 4 * 32]
        session.log.truncate(log, 4)
        tree = TileTree(read=lambda level, at: session.log.tile(log, level, at), tree_size=4)
        growth = tree.append(others)
        session.log.put_tiles(log, growth.tiles)
        new = Head(epoch=1, tree_size=7, root_hash=growth.root_hash)
        session.log.replace_head(log, held, new)
    leaves = split_hashes(first)
    assert growth.root_hash == merkle.root_hash([*leaves, *others])
    two.pipeline.chain.announce(
        LogReopened(
            region=OTHER,
            kind=LogKind.LICENSES,
            epoch=1,
            parent_epoch=0,
            start_size=4,
            root_hash=kept.root_hash,
        )
    )
    two.pipeline.chain.mine()
    two.pipeline.chain.announce(
        Anchored(
            region=OTHER,
            kind=LogKind.LICENSES,
            epoch=1,
            tree_size=7,
            previous_size=4,
            root_hash=growth.root_hash,
        )
    )
    two.pipeline.chain.mine(2)
    two.follow()
    two.replicator.round()
    assert two.copy() == new


def test_a_copy_follows_a_development_chain_that_lost_blocks(two: Two) -> None:
    two.anchor(4)
    two.anchor(5)
    two.replicator.round()
    two.pipeline.chain.lose(7)
    two.pipeline.follow()
    two.follow()
    two.replicator.round()
    assert two.copy().tree_size == 4
    two.pipeline.settle(8)
    two.follow()
    two.replicator.round()
    assert two.copy() == two.own()
