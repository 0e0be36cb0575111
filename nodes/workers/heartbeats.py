"""When each worker last finished a round, and what stops it: what `/readyz` is made from."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One worker's sign of life. Times are seconds of a monotonic clock."""

    began_at: float
    patience: float
    """Seconds after which a worker that finished no round is late."""
    finished_at: float | None = None
    """End of the last round that did not fail."""
    failing_since: float | None = None
    failures: int = 0
    """Failed rounds since the last good one."""
    problem: str = ""
    """Why the last round failed; empty while rounds succeed."""


class Heartbeats:
    """Written by the workers, read by anyone; safe between threads."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._beats: dict[str, Beat] = {}
        self._lock = threading.Lock()

    def begin(self, worker: str, patience: float) -> None:
        """The worker is about to run its first round; it is late after `patience` seconds."""
        with self._lock:
            self._beats[worker] = Beat(began_at=self._now(), patience=patience)

    def succeed(self, worker: str) -> None:
        """A round ended well."""
        with self._lock:
            beat = self._beats[worker]
            self._beats[worker] = replace(
                beat, finished_at=self._now(), failing_since=None, failures=0, problem=""
            )

    def fail(self, worker: str, problem: str) -> int:
        """A round failed; return how many have in a row."""
        with self._lock:
            beat = self._beats[worker]
            since = self._now() if beat.failing_since is None else beat.failing_since
            self._beats[worker] = replace(
                beat, failing_since=since, failures=beat.failures + 1, problem=problem
            )
            return beat.failures + 1

    def problem_of(self, worker: str) -> str:
        """Why the worker's last round failed; empty if it did not."""
        with self._lock:
            beat = self._beats.get(worker)
        return "" if beat is None else beat.problem

    def late(self) -> tuple[str, ...]:
        """Workers that finished no round in their time, each with the reason."""
        now = self._now()
        with self._lock:
            beats = dict(self._beats)
        return tuple(
            f"{name}: {beat.problem or 'its round takes too long'}"
            for name, beat in beats.items()
            if now - (beat.began_at if beat.finished_at is None else beat.finished_at)
            > beat.patience
        )
