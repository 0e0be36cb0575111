"""The supervisor: what a failed round means, how workers end, and what heartbeats show."""

from __future__ import annotations

import threading

import anyio
import pytest

from ledger.errors import ChainUnavailableError, CommitUnknownError, WrongChainError
from nodes.workers.heartbeats import Heartbeats
from nodes.workers.supervisor import Supervisor
from nodes.workers.worker import MAX_PAUSE_AFTER_FAILURE, Round, Worker, pause_after


class Scripted:
    """A worker that does in each round what the script says, then asks the test to go on."""

    def __init__(self, name: str, script: list[Exception | bool]) -> None:
        self.name = name
        self.begun = 0
        self.rounds = 0
        self.ended = 0
        self.order: list[str] = []
        self._script = list(script)
        self.done = threading.Event()

    def begin(self) -> Round:
        self.begun += 1
        return self._round

    def _round(self) -> bool:
        self.rounds += 1
        step = self._script.pop(0) if self._script else False
        if not self._script:
            self.done.set()
        if isinstance(step, Exception):
            raise step
        return step

    def end(self) -> None:
        self.ended += 1
        self.order.append(self.name)

    def worker(self, pause: float = 0.01) -> Worker:
        return Worker(name=self.name, pause=pause, begin=self.begin, end=self.end)


async def run_until_done(*scripted: Scripted, beats: Heartbeats | None = None) -> None:
    supervisor = Supervisor([one.worker() for one in scripted], beats or Heartbeats())
    stop = anyio.Event()
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(supervisor.run, stop)
            for one in scripted:
                await anyio.to_thread.run_sync(one.done.wait, 5)
            await anyio.sleep(0.05)
            stop.set()


@pytest.mark.parametrize(
    "failure",
    [ChainUnavailableError("away"), CommitUnknownError("in doubt"), ZeroDivisionError("a bug")],
)
async def test_after_a_failure_a_worker_begins_anew(failure: Exception) -> None:
    scripted = Scripted("one", [False, failure, False])
    beats = Heartbeats()
    await run_until_done(scripted, beats=beats)
    assert scripted.begun == 2
    assert scripted.ended == 1
    assert beats.problem_of("one") == ""


async def test_one_failing_worker_stops_no_other() -> None:
    bad = Scripted("bad", [ChainUnavailableError("away")] * 2)
    good = Scripted("good", [False] * 5)
    await run_until_done(bad, good)
    assert good.rounds >= 5
    assert good.begun == 1


async def test_what_must_not_go_on_stops_everything() -> None:
    wrong = Scripted("wrong", [WrongChainError("chain id is 1, configured is 2")])
    other = Scripted("other", [False])
    supervisor = Supervisor([other.worker(), wrong.worker()], Heartbeats())
    with pytest.raises(WrongChainError, match="chain id"), anyio.fail_after(5):
        await supervisor.run(anyio.Event())
    assert (wrong.ended, other.ended) == (1, 1)


async def test_the_first_worker_is_ended_last() -> None:
    order: list[str] = []
    lease, user = Scripted("lease", [False]), Scripted("user", [False])
    lease.order = user.order = order
    await run_until_done(lease, user)
    assert order == ["user", "lease"]


async def test_a_running_round_is_finished_before_the_end() -> None:
    started, finished = threading.Event(), threading.Event()

    def slow() -> bool:
        started.set()
        threading.Event().wait(0.3)
        finished.set()
        return False

    worker = Worker(name="slow", pause=0.01, begin=lambda: slow)
    stop = anyio.Event()
    async with anyio.create_task_group() as group:
        group.start_soon(Supervisor([worker], Heartbeats()).run, stop)
        await anyio.to_thread.run_sync(started.wait, 5)
        stop.set()
    assert finished.is_set()


def test_pauses_grow_and_are_bounded() -> None:
    pauses = [pause_after(failures) for failures in range(1, 50)]
    assert pauses == sorted(pauses)
    assert pauses[0] < 1
    assert pauses[-1] == MAX_PAUSE_AFTER_FAILURE


def test_heartbeats_name_the_late_and_say_why() -> None:
    now = [0.0]
    beats = Heartbeats(lambda: now[0])
    beats.begin("mirror", 10)
    beats.begin("sequencer", 10)
    now[0] = 8.0
    beats.succeed("sequencer")
    beats.fail("mirror", "the chain is away")
    assert beats.late() == ()
    now[0] = 11.0
    assert beats.late() == ("mirror: the chain is away",)
    beats.succeed("mirror")
    assert beats.late() == ()
    now[0] = 30.0
    assert "mirror: its round takes too long" in beats.late()
