"""Gives pending licenses their positions, quickly: from stored to integrated in a pause or two."""

from __future__ import annotations

from ledger.errors import ConflictError
from ledger.services.sequencing import Sequencer
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker


def sequencer_worker(
    sequencer: Sequencer, leadership: Leadership, *, pause: float, batch: int
) -> Worker:
    """Sequences while this process has the lease; stands by otherwise."""

    def work() -> bool:
        lease = leadership.current()
        if lease is None or not sequencer.has_work():
            return False
        try:
            return sequencer.round(lease).count >= batch
        except ConflictError:
            # Nothing was committed. If another process took over, this finds out now.
            leadership.renew()
            raise

    def begin() -> Round:
        return work

    return Worker(name="sequencer", pause=pause, begin=begin)


def leadership_worker(leadership: Leadership) -> Worker:
    """Takes and renews the lease that the other workers stand on; the first in the list."""

    def begin() -> Round:
        return leadership.renew

    return Worker(name="lease", pause=leadership.pause, begin=begin, end=leadership.release)
