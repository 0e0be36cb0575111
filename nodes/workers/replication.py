"""Keeps copies of every other region's tiles, so that a lost region can be rebuilt."""

from __future__ import annotations

from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker

_LONGEST_ROUND = 300.0
"""Seconds: a round may fetch a whole log from a slow region."""


def replication_worker(work: Round, leadership: Leadership, *, pause: float) -> Worker:
    """`work` is one round of `ledger.services.replication`."""

    def guarded() -> bool:
        return leadership.current() is not None and work()

    def begin() -> Round:
        return guarded

    return Worker(name="replication", pause=pause, begin=begin, longest_round=_LONGEST_ROUND)
