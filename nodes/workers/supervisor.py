"""Runs the workers until asked to stop: rounds in threads, failures told, recovery by a new start.

Decides what a failed round means:

- the node must not run at all (wrong chain, wrong keys, wrong settings): everything stops and the
  error leaves `run`;
- all else (chain or peer away, database busy, a commit in doubt, a bug): logged, a growing pause,
  then the worker begins again by its start-up path while the others go on.

A failure is logged when it begins, when its reason changes and every minute while it lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import anyio
import structlog
from anyio.to_thread import run_sync

from ledger.errors import ConfigurationError, LedgerError, WrongChainError
from nodes.workers.heartbeats import Heartbeats
from nodes.workers.worker import Round, Worker, pause_after

_REMIND_EVERY: Final = 60.0
"""Seconds between two lines about one lasting failure."""

_log = structlog.get_logger("ledger.workers")


class Supervisor:
    """See the module's text. One per process."""

    def __init__(self, workers: Sequence[Worker], heartbeats: Heartbeats) -> None:
        self._workers = tuple(workers)
        self._heartbeats = heartbeats

    async def run(self, stop: anyio.Event) -> None:
        """Return when `stop` is set, every running round has ended and every worker gave back.

        The first worker of the list is ended last: the others stand on what it holds.

        Raise ConfigurationError or WrongChainError when the node must not go on. Cancelling
        abandons running rounds: they are transactions, what they did not commit did not happen.
        """
        limiter = anyio.CapacityLimiter(max(1, len(self._workers)))
        fatal: list[LedgerError] = []

        async def supervise(worker: Worker) -> None:
            try:
                await self._run_one(worker, stop, limiter)
            except (ConfigurationError, WrongChainError) as error:
                _log.error("the node must not go on", worker=worker.name, reason=str(error))
                fatal.append(error)
                stop.set()

        async with anyio.create_task_group() as group:
            for worker in self._workers:
                group.start_soon(supervise, worker, name=worker.name)
        for worker in reversed(self._workers):
            await _end(worker, limiter)
        if fatal:
            raise fatal[0]

    async def _run_one(
        self, worker: Worker, stop: anyio.Event, limiter: anyio.CapacityLimiter
    ) -> None:
        self._heartbeats.begin(worker.name, worker.pause + worker.longest_round)
        told = _Told()
        work: Round | None = None
        while not stop.is_set():
            try:
                if work is None:
                    work = await run_sync(worker.begin, limiter=limiter, abandon_on_cancel=True)
                more = await run_sync(work, limiter=limiter, abandon_on_cancel=True)
            except (ConfigurationError, WrongChainError):
                raise
            except Exception as error:
                work = None
                failures = self._heartbeats.fail(worker.name, describe(error))
                told.failure(worker.name, error)
                await _pause(stop, pause_after(failures))
                continue
            self._heartbeats.succeed(worker.name)
            told.success(worker.name)
            if not more:
                await _pause(stop, worker.pause)


async def _end(worker: Worker, limiter: anyio.CapacityLimiter) -> None:
    try:
        await run_sync(worker.end, limiter=limiter, abandon_on_cancel=True)
    except Exception as error:
        _log.warning("a worker did not end well", worker=worker.name, reason=describe(error))


def describe(error: Exception) -> str:
    """One line; the type is named for what the project did not raise on purpose."""
    return str(error) if isinstance(error, LedgerError) else f"{type(error).__name__}: {error}"


class _Told:
    """What was logged last about one worker's failures, so that none floods the log."""

    def __init__(self) -> None:
        self._reason = ""
        self._at = float("-inf")

    def failure(self, worker: str, error: Exception) -> None:
        reason, now = describe(error), anyio.current_time()
        if reason == self._reason and now - self._at < _REMIND_EVERY:
            return
        self._reason, self._at = reason, now
        if isinstance(error, LedgerError):
            _log.warning("a round failed and is tried again", worker=worker, reason=reason)
        else:
            _log.error("a round failed unexpectedly", worker=worker, exc_info=error)

    def success(self, worker: str) -> None:
        if self._reason:
            _log.info("rounds succeed again", worker=worker, after=self._reason)
            self._reason, self._at = "", float("-inf")


async def _pause(stop: anyio.Event, seconds: float) -> None:
    with anyio.move_on_after(seconds):
        await stop.wait()
