"""`fsck` of a test's region."""

from __future__ import annotations

from ledger.ports.chain import ChainReader
from ledger.services.fsck import Fsck, FsckReport
from tests.support.region import TestRegion


def check(region: TestRegion, chain: ChainReader | None = None) -> FsckReport:
    """What `fsck` says of the region now; with `chain`, by the contract's own head too."""
    return Fsck(
        database=region.database,
        files=region.files,
        cipher=region.issuance._cipher,
        evidence=region.evidence,
        chain=chain,
    ).run()
