"""Tiles for the replication worker: of the width asked for, in time, or not at all."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import anyio
import pytest

from ledger.errors import PeerUnreachableError
from ledger.keys import SigningKey
from ledger.peers.breaker import BreakerSettings
from ledger.peers.link import PeerSettings
from ledger.peers.tiles import TileClient
from ledger.types import LogKind
from tests.support.peers import LOOPBACK, facts_of
from tests.support.raw_peer import Connection, Script, http, raw_peer, sending

KEY = SigningKey.from_bytes(bytes([9]) * 32)


async def tile(url: str, settings: PeerSettings = LOOPBACK) -> bytes:
    """One tile of two hashes, fetched from a worker thread as replication does."""
    client = TileClient(settings)
    try:
        return await anyio.to_thread.run_sync(
            client.tile, facts_of("110000", url, KEY), LogKind.LICENSES, 0, 67, 2
        )
    finally:
        await anyio.to_thread.run_sync(client.close)


async def failure(script: Script) -> str:
    """How fetching a tile from such a peer fails: named, and in time."""
    async with raw_peer(script) as raw:
        begun = time.monotonic()
        with pytest.raises(PeerUnreachableError) as caught:
            await tile(raw.url)
        assert time.monotonic() - begun < LOOPBACK.answer_seconds + 2
    assert caught.value.region == "110000"
    return str(caught.value)


async def test_a_tile_is_public_and_unsigned() -> None:
    async with raw_peer(sending(http(b"t" * 64))) as raw:
        assert await tile(raw.url) == b"t" * 64
    assert raw.requests[0].startswith(b"GET /v1/tile/licenses/0/067.p/2 HTTP/1.1\r\n")
    assert b"ignature" not in raw.requests[0]


@pytest.mark.parametrize(
    "data",
    [
        http(b"t" * 32),
        http(b"t" * 96),
        http(b"t" * 9000),
        http(b"t" * 64, status="404 Not Found"),
        http(b"t" * 64, "Content-Encoding: gzip"),
        http(b"", "Location: /elsewhere", status="302 Found"),
        b"",
    ],
)
async def test_no_tile(data: bytes) -> None:
    assert await failure(sending(data))


async def test_slow_drip() -> None:
    async def script(connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: 64\r\n\r\n")
        for _ in range(64):
            await connection.send(b"t")
            await asyncio.sleep(0.1)

    assert "did not answer in 2 s" in await failure(script)


@pytest.mark.parametrize(("status", "is_rested"), [("404 Not Found", False), ("500 Oops", True)])
async def test_a_region_that_has_no_tile_yet_is_not_a_failing_one(
    status: str, *, is_rested: bool
) -> None:
    settings = replace(LOOPBACK, breaker=BreakerSettings(failures=2))
    client = TileClient(settings)
    async with raw_peer(sending(http(b"", status=status))) as raw:
        peer = facts_of("110000", raw.url, KEY)
        for _ in range(4):
            with pytest.raises(PeerUnreachableError):
                await anyio.to_thread.run_sync(client.tile, peer, LogKind.ACCESS, 0, 0, 1)
    await anyio.to_thread.run_sync(client.close)
    assert len(raw.requests) == (2 if is_rested else 4)


async def test_closed_and_opened_again() -> None:
    client = TileClient(LOOPBACK)
    async with raw_peer(sending(http(b"t" * 32))) as raw:
        peer = facts_of("110000", raw.url, KEY)
        for _ in range(2):
            got = await anyio.to_thread.run_sync(client.tile, peer, LogKind.ACCESS, 0, 0, 1)
            assert got == b"t" * 32
            await anyio.to_thread.run_sync(client.close)
