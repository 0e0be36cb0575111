"""What the contracts cost now, against the committed snapshot and the limits."""

from __future__ import annotations

import json

import pytest

from contracts import gas

TOLERANCE = 0.002


@pytest.fixture(scope="module")
def measured() -> dict[str, float]:
    with gas.scratch_chain() as w3:
        return gas.measure(w3)


def test_nothing_is_over_its_limit(measured: dict[str, float]) -> None:
    over = {name: measured[name] for name, limit in gas.LIMITS.items() if measured[name] > limit}
    assert over == {}


def test_the_snapshot_holds(measured: dict[str, float]) -> None:
    """Calldata differ by a few bytes from run to run (block times, hashes); nothing else may."""
    kept = json.loads(gas.SNAPSHOT.read_text(encoding="utf-8"))
    assert measured == pytest.approx(kept, rel=TOLERANCE), "run `python -m contracts.gas`"


def test_the_worst_proofs_are_measured() -> None:
    proof = gas.merkle.consistency_ranges(gas.LARGEST - 1, gas.LARGEST)
    longest = max(
        len(gas.merkle.consistency_ranges(old, gas.LARGEST))
        for old in (*range(gas.LARGEST - 5_000, gas.LARGEST), *(2**k + 1 for k in range(1, 24)))
    )
    assert len(proof) == longest == 25
