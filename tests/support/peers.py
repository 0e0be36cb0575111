"""The node-to-node client of one region, and what a chain says of the peers that it calls."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ledger.chain_events import RegionKeySet
from ledger.keys import KeyAlgorithm, KeyId, SigningKey
from ledger.peers.client import HttpPeers
from ledger.peers.endpoint import AllowedAddresses
from ledger.peers.link import PeerSettings
from ledger.ports.mirror import RegionFacts
from ledger.purpose import Handler, Purpose
from ledger.signing import Signer
from ledger.types import Region
from tests.support.region import TestRegion

PURPOSE = Purpose(
    system="雄安政务服务",
    matter_code="M-0001",
    case_number="2026-000001",
    handler=Handler(name="王示例", id_digest="ab" * 32, office="11133100MB0000001"),
)

LOOPBACK = PeerSettings(allowed=AllowedAddresses(loopback=True), answer_seconds=2.0)


def facts_of(
    code: str, url: str, key: SigningKey, *, number: int = 0, active: bool = True
) -> RegionFacts:
    """What a mirror would say of a region with this endpoint and key."""
    region = Region(code)

    def key_set(use: str, algorithm: KeyAlgorithm) -> RegionKeySet:
        return RegionKeySet(
            region=region,
            use=use,
            number=number,
            algorithm=algorithm,
            public=key.public.raw,
            since_block=1,
        )

    return RegionFacts(
        code=region,
        active=active,
        anchor_key="0x" + "00" * 20,
        endpoint=url,
        signing_key=key_set("signing", KeyAlgorithm.ED25519),
        encryption_key=key_set("encryption", KeyAlgorithm.X25519),
    )


@asynccontextmanager
async def client_of(
    region: TestRegion, settings: PeerSettings = LOOPBACK
) -> AsyncIterator[HttpPeers]:
    """The client with which `region` asks others."""
    peers = HttpPeers(
        signer=Signer(key_id=KeyId(region.code, 0), key=region.signing_key),
        database=region.database,
        clock=region.clock,
        random_bytes=os.urandom,
        settings=settings,
    )
    try:
        yield peers
    finally:
        await peers.aclose()
