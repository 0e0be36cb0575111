"""The pipeline on a real client that is killed and comes back without its newest blocks."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from ledger.chain.connect import ChainSettings, open_anchor_chain, open_chain
from ledger.chain.reader import RpcChainReader
from ledger.chain.rpc import RpcSettings
from ledger.errors import ChainError
from ledger.services.anchoring import Submitter
from ledger.services.issuance import Registered
from ledger.services.mirroring import Mirror
from ledger.services.status import StatusAction, StatusReason
from ledger.types import LicenseState, LicenseStatus, LogKind, Region
from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.chains import AnvilChain, running_chain
from nodes.devnet.consortium import RegionPlan, deploy
from nodes.devnet.ports import free_port, is_port_free
from tests.support.region import CATALOGUE, SteppingClock, TestRegion, open_region

REGION = Region("110000")
PATIENCE = 30.0


class WallClock(SteppingClock):
    def __call__(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class Node:
    """A region's pipeline on the real chain."""

    region: TestRegion
    reader: RpcChainReader
    mirror: Mirror
    submitter: Submitter

    def register(self, count: int) -> list[str]:
        drafts = [self.region.draft() for _ in range(count)]
        outcomes = self.region.issuance.register_batch(drafts, office=self.region.office)
        self.region.sequence()
        return [one.record.id for one in outcomes if isinstance(one, Registered)]

    def run_until(self, done: Callable[[], bool]) -> None:
        """Rounds of both workers, whatever the chain does meanwhile; at least one of each."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                self.mirror.round()
                self._submit()
            except ChainError:
                time.sleep(0.2)  # away, or moved meanwhile: the next round goes on
            else:
                if done():
                    return
            assert time.monotonic() < deadline, "it did not settle in time"
            time.sleep(0.05)

    def _submit(self) -> None:
        lease = self.region.sequencer.take_lease()
        assert lease is not None
        self.submitter.round(lease)

    def is_final(self, license_id: str) -> bool:
        with self.region.database.read() as session:
            record = session.licenses.get(license_id)
            assert record is not None
            return self.region.evidence.state_of(session, record) is LicenseState.FINAL

    def status(self, license_id: str) -> LicenseStatus:
        with self.region.database.read() as session:
            record = session.licenses.get(license_id)
            assert record is not None
            return self.region.evidence.status_of(session, record)

    def waits(self) -> bool:
        with self.region.database.read() as session:
            return session.outbox.depth() > 0


def _open(folder: Path, settings: ChainSettings, anchor_key: bytes) -> Node:
    region = open_region(folder, REGION, clock=WallClock())
    reader = open_chain(settings)
    ids = iter(range(1000))
    return Node(
        region=region,
        reader=reader,
        mirror=Mirror(database=region.database, chain=reader, clock=region.clock),
        submitter=Submitter(
            database=region.database,
            chain=reader,
            anchor=open_anchor_chain(settings, anchor_key),
            clock=region.clock,
            new_id=lambda: f"tx{next(ids)}",
            region=REGION,
        ),
    )


def _kill(chain: AnvilChain) -> None:
    found = running_chain(chain.config.directory)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while not is_port_free(chain.config.port):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    chain.stop()


def test_blocks_lost_in_a_kill_are_anchored_again(tmp_path: Path) -> None:
    config = ChainConfig(directory=tmp_path / "chain", port=free_port())
    chain = AnvilChain(config)
    chain.start()
    try:
        plan = RegionPlan(code=REGION, endpoint="http://127.0.0.1:1")
        deployed = deploy(chain.url, [plan], tmp_path / "founding", types=CATALOGUE)
        settings = ChainSettings(rpc=RpcSettings(url=chain.url), identity=deployed.identity)
        node = _open(tmp_path, settings, deployed.regions[0].keys.anchor_key)
        node.run_until(lambda: node.mirror.round().behind == 0)

        first = node.register(5)
        node.run_until(lambda: all(map(node.is_final, first)) and not node.waits())
        time.sleep(1.5)
        dumped = config.state.read_bytes()

        second = node.register(3)
        node.region.status.change(
            first[0],
            StatusAction.REVOKE,
            StatusReason.COURT_ORDER,
            "test",
            office=node.region.office,
        )
        node.run_until(lambda: all(map(node.is_final, second)) and not node.waits())
        lost = node.reader.newest()
        _kill(chain)
        config.state.write_bytes(dumped)
        chain.start()
        assert node.reader.newest().number < lost.number

        node.run_until(
            lambda: (
                all(map(node.is_final, [*first, *second]))
                and not node.waits()
                and node.status(first[0]) is LicenseStatus.REVOKED
            )
        )
        head = node.reader.contract_head(REGION, LogKind.LICENSES)
        assert head is not None
        assert head.head.tree_size == 8
        with node.region.database.read() as session:
            position = session.mirror.position()
            assert position is not None
            assert position.halted is None
            assert session.mirror.block(lost.number) != lost
    finally:
        chain.stop()
