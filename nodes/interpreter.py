"""How a node sets up the Python that runs it."""

from __future__ import annotations

import gc
import sys
from typing import Final

_YOUNG: Final = 100_000
"""Objects made before a look at the youngest ones; Python's own figure is 700."""

_RECURSION_LIMIT: Final = 1_000
"""Python's own figure. A library of the chain client raises it to 100,000, at which a deep call
ends the process before it ends in an error."""


def tune_interpreter() -> None:
    """Call once everything is loaded and wired.

    A batch of 1,000 licenses makes half a million short-lived objects, none of them in a cycle. At
    the default thresholds a quarter of a registration's time went into looking through them.
    """
    sys.setrecursionlimit(_RECURSION_LIMIT)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 100)
