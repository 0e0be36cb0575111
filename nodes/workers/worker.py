"""What a worker is to the supervisor: a start-up path, a round, an end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Round = Callable[[], bool]
"""Does one bounded piece of work; True when more is waiting, so that no pause is due."""

PAUSE_AFTER_FAILURE: Final = 0.25
MAX_PAUSE_AFTER_FAILURE: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One loop. Everything here is called in a thread, one call at a time."""

    name: str
    pause: float
    """Seconds between two rounds when nothing waits."""
    begin: Callable[[], Round]
    """The start-up path: check what must hold, hold no state from before, return the round.

    Called at the start and again after every round that failed, so that what a failure left
    uncertain is read anew and never remembered.
    """
    end: Callable[[], None] = lambda: None
    """Give back what the worker holds; called once, after its last round."""
    longest_round: float = 15.0
    """Seconds without a finished round, beyond the pause, after which the worker is late."""


def pause_after(failures: int) -> float:
    """Seconds to wait after so many failed rounds in a row."""
    return min(PAUSE_AFTER_FAILURE * 2.0 ** min(failures - 1, 10), MAX_PAUSE_AFTER_FAILURE)
