"""Verifying one bundle in memory, warm: the eight checks without a chain proof."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.result import Result, at_most, median_seconds
from ledger.bundle import parse_bundle_bytes
from ledger.verdict import Value
from ledger.verification import verify_license
from tests.support.region import TestChain, open_region

LICENSES = 1000
"""Licenses in the log, so that the proof has its usual length."""


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        region = open_region(Path(folder))
        chain = TestChain([region])
        drafts = [region.draft() for _ in range(LICENSES)]
        outcomes = region.issuance.register_batch(drafts, office=region.office)
        chain.anchor()
        license_id = outcomes[LICENSES // 2].record.id  # type: ignore[union-attr]
        with region.database.read() as session:
            record = session.licenses.get(license_id)
            assert record is not None
            data = region.evidence.build(session, record).encode()
            trust = region.evidence.load_trust(session, parse_bundle_bytes(data), None)
        at = region.clock()

        def verify() -> None:
            verdict = verify_license(parse_bundle_bytes(data), trust, at)
            assert verdict.value is Value.VALID

        seconds = median_seconds(verify, runs=500, warm_up=50)
        region.database.close()
    yield at_most("bundle verification, from its bytes, warm", seconds * 1e3, "ms", 0.3)
