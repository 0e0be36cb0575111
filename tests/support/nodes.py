"""Regions as real nodes in this process: the whole API over HTTP on loopback, asking each other.

Each node has its own uvicorn in its own thread, its own SQLite and its own client for the others.
Only the chain is played by the test (`TestChain`).
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.context import ApiSettings, PartHealth, Services
from ledger.chain_events import EndpointSet
from ledger.keys import KeyId
from ledger.peers.client import HttpPeers
from ledger.peers.link import PeerSettings
from ledger.services.peer_gate import PeerGate
from ledger.signing import Signer
from ledger.types import Region
from nodes.region_names import REGION_NAMES
from tests.support.peers import LOOPBACK
from tests.support.region import SteppingClock, TestChain, TestRegion, open_region

NODES = replace(LOOPBACK, answer_seconds=4.0)
"""Patient enough for a machine with much else to do; the exchange itself waits 5 s."""


class LatePeers:
    """Stands for the client until the region that it signs for is open."""

    client: HttpPeers

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)


class AllReady:
    """Health of a node whose parts the test itself holds up."""

    def parts(self) -> tuple[PartHealth, ...]:
        return ()

    def unbacked_heads(self) -> int:
        return 0


@dataclass
class Node:
    """One region, served at `url`."""

    region: TestRegion
    client: HttpPeers
    url: str
    token: str
    http: httpx2.Client = field(repr=False)
    """Sends the business token of the region's office."""

    @property
    def code(self) -> Region:
        return self.region.code


@dataclass
class Nodes:
    """Some nodes and the chain that they follow."""

    chain: TestChain
    by_code: dict[str, Node]

    def __getitem__(self, code: str) -> Node:
        return self.by_code[code]


@contextmanager
def serve_nodes(
    folder: Path,
    codes: Sequence[str],
    *,
    settings: PeerSettings = NODES,
    find_rate: str = "600/minute",
) -> Iterator[Nodes]:
    """Serve one node for each code until the end of the block."""
    clock = SteppingClock()
    late = {code: LatePeers() for code in codes}
    regions = []
    for code in codes:
        (folder / code).mkdir()
        regions.append(open_region(folder / code, code, clock=clock, peers=late[code]))
    chain = TestChain(regions)
    nodes: dict[str, Node] = {}
    with ExitStack() as stack:
        for region in regions:
            late[region.code].client = client = HttpPeers(
                signer=signer_of(region),
                database=region.database,
                clock=clock,
                random_bytes=os.urandom,
                settings=settings,
            )
            url = stack.enter_context(_serve(region, client, find_rate))
            token = region.token("business").secret
            http = stack.enter_context(
                httpx2.Client(
                    base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30
                )
            )
            nodes[region.code] = Node(region, client, url, token, http)
        chain.block(
            [
                EndpointSet(region=node.code, url=node.url, since_block=chain.newest.number + 2)
                for node in nodes.values()
            ]
        )
        chain.block()
        yield Nodes(chain, nodes)


def signer_of(region: TestRegion) -> Signer:
    """The region's own key, as it signs for others."""
    return Signer(key_id=KeyId(region.code, 0), key=region.signing_key)


def services_of(region: TestRegion, url: str, find_rate: str = "600/minute") -> Services:
    """The region's services as the API takes them."""
    return Services(
        issuance=region.issuance,
        status=region.status,
        look_up=region.look_up,
        public_verification=region.public,
        exchange=region.exchange,
        provision=region.provision,
        peer_gate=PeerGate(database=region.database, clock=region.clock, signer=signer_of(region)),
        accounts=region.accounts,
        evidence=region.evidence,
        database=region.database,
        clock=region.clock,
        health=AllReady(),
        settings=ApiSettings(
            region=region.code,
            public_url=url,
            region_names=REGION_NAMES,
            peer_find_rate=find_rate,
            access_log=False,
        ),
    )


@contextmanager
def _serve(region: TestRegion, client: HttpPeers, find_rate: str) -> Iterator[str]:
    # With the protocol named, asyncio sets TCP_NODELAY on what it accepts: else 40 ms an answer.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await client.aclose()

    app = create_app(services_of(region, url, find_rate), lifespan=lifespan)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        while not server.started:
            thread.join(0.01)
            assert thread.is_alive(), "the server ended before it began"
        yield url
    finally:
        server.should_exit = True
        thread.join()
