"""What a benchmark says: a figure, a reference measured in the same run, and their ratio."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One figure beside its reference (a limit or a peer), both of the same run and unit."""

    name: str
    figure: float
    unit: str
    reference: float
    ratio: float
    """figure / reference."""
    target: str
    """What the ratio or figure must be, in words."""
    met: bool

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def at_most(name: str, figure: float, unit: str, limit: float) -> Result:
    """A figure that must not exceed a fixed limit."""
    return _result(
        name, figure, unit, limit, target=f"at most {limit:g} {unit}", met=figure <= limit
    )


def at_least(name: str, figure: float, unit: str, limit: float) -> Result:
    """A figure that must reach a fixed limit."""
    return _result(
        name, figure, unit, limit, target=f"at least {limit:g} {unit}", met=figure >= limit
    )


def share_of(name: str, figure: float, unit: str, reference: float, least: float) -> Result:
    """A rate that must be at least `least` of a peer's rate."""
    target = f"at least {least:g} of the reference"
    return _result(name, figure, unit, reference, target=target, met=figure / reference >= least)


def within(name: str, figure: float, unit: str, reference: float, most: float) -> Result:
    """A time that must be at most `most` times a peer's time."""
    target = f"at most {most:g} times the reference"
    return _result(name, figure, unit, reference, target=target, met=figure / reference <= most)


def _result(
    name: str, figure: float, unit: str, reference: float, *, target: str, met: bool
) -> Result:
    return Result(
        name=name,
        figure=figure,
        unit=unit,
        reference=reference,
        ratio=figure / reference,
        target=target,
        met=met,
    )


def median_seconds(action: Callable[[], object], *, runs: int, warm_up: int = 1) -> float:
    """Median wall time of one call."""
    for _ in range(warm_up):
        action()
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        action()
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0-1) of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
