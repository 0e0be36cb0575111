"""How often Python looks for cyclic garbage in a node."""

from __future__ import annotations

import gc
from typing import Final

_YOUNG: Final = 100_000
"""Objects made before a look at the youngest ones; Python's own figure is 700."""


def tune_memory() -> None:
    """Call once everything is loaded and wired.

    A batch of 1,000 licenses makes half a million short-lived objects, none of them in a cycle. At
    the default thresholds a quarter of a registration's time went into looking through them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)
