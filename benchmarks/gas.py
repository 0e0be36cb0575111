"""What the contracts cost on a real chain, measured now, against the limits of the design."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.result import Result, at_most
from contracts.gas import LIMITS, measure
from contracts.scratch_chain import scratch_chain


def run() -> Iterator[Result]:
    with scratch_chain() as w3:
        figures = measure(w3)
    for name, limit in LIMITS.items():
        yield at_most(f"gas: {name.replace('_', ' ')}", figures[name], "gas", limit)
