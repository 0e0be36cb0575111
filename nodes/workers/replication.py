"""Keeps copies of every other region's tiles, so that a lost region can be rebuilt."""

from __future__ import annotations

from ledger.services.replication import Replicator
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker

_LONGEST_ROUND = 300.0
"""Seconds: a round may fetch a whole log from a slow region."""


class ReplicationRounds:
    """The replicator's rounds, and what other threads may know of the last one.

    One replicator for the process's life: how long a head has been waited for is in its memory, and
    a failed round must not start that anew.
    """

    def __init__(self, replicator: Replicator, leadership: Leadership) -> None:
        self._replicator = replicator
        self._leadership = leadership
        self._unbacked = 0

    def round(self) -> bool:
        """Follow every region; more at once while leaves came and some are still missing."""
        if self._leadership.current() is None:
            return False
        done = self._replicator.round()
        self._unbacked = len(self._replicator.unbacked)
        return done.leaves > 0 and bool(done.behind)

    def unbacked(self) -> int:
        """Anchored heads whose leaves nobody could produce, as of the last round."""
        return self._unbacked


def replication_worker(rounds: ReplicationRounds, *, pause: float) -> Worker:
    """Regions that do not answer are no failure of a round: the others are followed."""

    def begin() -> Round:
        return rounds.round

    return Worker(name="replication", pause=pause, begin=begin, longest_round=_LONGEST_ROUND)
