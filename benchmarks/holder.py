"""Looking a holder up: the time does not grow with the number of licenses."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result, median_seconds, within
from ledger.draft import CREDIT_CODE
from ledger.identifier import credit_code_check
from ledger.license import Holder
from tests.support.region import TestChain, TestRegion, open_region

SMALL, LARGE = 1_000, 100_000
BATCH = 1000
EACH = 2
"""Licenses of one holder."""


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        region = open_region(Path(folder))
        chain = TestChain([region])
        small = _grow_and_measure(region, chain, 0, SMALL)
        large = _grow_and_measure(region, chain, SMALL, LARGE)
        region.database.close()
    yield within(
        f"look-up of a holder at {LARGE:,} licenses (reference: at {SMALL:,})",
        large * 1e3,
        "ms",
        small * 1e3,
        1.5,
    )


def _code(number: int) -> str:
    body = f"91110000{number:09d}"
    return body + credit_code_check(body)


def _grow_and_measure(region: TestRegion, chain: TestChain, begin: int, end: int) -> float:
    for first in range(begin, end, BATCH):
        drafts = [
            region.draft(
                holders=(
                    Holder(
                        name="示例公司", code=_code((first + at) // EACH), code_type=CREDIT_CODE
                    ),
                )
            )
            for at in range(BATCH)
        ]
        region.issuance.register_batch(drafts, office=region.office)
    chain.anchor()
    codes = iter(range(begin // EACH, end // EACH))

    def look_up() -> None:
        found = region.look_up.by_holder(_code(next(codes)), (), office=None)
        assert len(found) == EACH
        assert all(one.verdict.reason == "ok" for one in found)

    return median_seconds(look_up, runs=200, warm_up=100)
