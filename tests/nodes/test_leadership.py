"""Who works: one process per region, at once after a restart, else after a lease's time."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import ConflictError
from ledger.services.sequencing import SEQUENCER_LEASE, Sequencer
from nodes.workers.leadership import FolderLock, Leadership
from nodes.workers.sequencer import leadership_worker, sequencer_worker
from tests.support.region import TestChain, TestRegion, open_region

SECONDS = 30


@pytest.fixture
def region(tmp_path: Path) -> TestRegion:
    opened = open_region(tmp_path)
    TestChain([opened])  # its first blocks grant the region every type
    return opened


def leadership(region: TestRegion, holder: str, folder: Path) -> tuple[Leadership, Sequencer]:
    sequencer = Sequencer(
        database=region.database,
        clock=region.clock,
        region=region.code,
        holder=holder,
        lease_seconds=SECONDS,
    )
    made = Leadership(
        take=sequencer.take_lease,
        database=region.database,
        lock=FolderLock(folder),
        lease_seconds=SECONDS,
    )
    return made, sequencer


def test_of_two_processes_one_works(region: TestRegion, tmp_path: Path) -> None:
    first, _ = leadership(region, "a", tmp_path / "a")
    second, _ = leadership(region, "b", tmp_path / "b")
    first.renew()
    second.renew()
    assert first.current() is not None
    assert second.current() is None
    first.release()
    second.renew()
    assert second.current() is not None


def test_one_folder_is_one_process_even_under_one_name(region: TestRegion, tmp_path: Path) -> None:
    first, _ = leadership(region, "same", tmp_path / "a")
    second, _ = leadership(region, "same", tmp_path / "a")
    first.renew()
    second.renew()
    assert second.current() is None
    first.release()
    second.renew()
    assert second.current() is not None


def test_a_silent_holder_is_replaced_after_its_time(region: TestRegion, tmp_path: Path) -> None:
    first, _ = leadership(region, "a", tmp_path / "a")
    second, _ = leadership(region, "b", tmp_path / "b")
    first.renew()
    region.clock.advance(SECONDS + 1)
    second.renew()
    assert second.current() is not None
    first.renew()
    assert first.current() is None


def test_who_lost_the_lease_commits_nothing_and_stands_by(
    region: TestRegion, tmp_path: Path
) -> None:
    slept, its_sequencer = leadership(region, "a", tmp_path / "a")
    other, _ = leadership(region, "b", tmp_path / "b")
    slept.renew()
    work = sequencer_worker(its_sequencer, slept, pause=0.1, batch=10).begin()
    region.clock.advance(SECONDS + 1)  # the database's clock; this process has not noticed
    other.renew()
    region.issuance.register(region.draft(), office=region.office)
    with pytest.raises(ConflictError, match="another holder"):
        work()
    assert slept.current() is None
    with region.database.read() as session:
        assert session.licenses.pending_count() == 1


def test_pending_licenses_are_integrated_by_who_works(region: TestRegion, tmp_path: Path) -> None:
    leader, sequencer = leadership(region, "a", tmp_path / "a")
    work = sequencer_worker(sequencer, leader, pause=0.1, batch=2).begin()
    for _ in range(3):
        region.issuance.register(region.draft(), office=region.office)
    assert work() is False, "without the lease it stands by"
    leader.renew()
    assert (work(), work(), work()) == (True, False, False)
    with region.database.read() as session:
        assert session.licenses.pending_count() == 0


def test_the_end_gives_the_lease_back(region: TestRegion, tmp_path: Path) -> None:
    leader, _ = leadership(region, "a", tmp_path / "a")
    worker = leadership_worker(leader)
    worker.begin()()
    worker.end()
    with region.database.read() as session:
        assert session.accounts.lease(SEQUENCER_LEASE) is None
