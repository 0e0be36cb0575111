"""A peer that misbehaves on the wire: refused and named, and never waited for beyond its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import anyio
import pytest

from ledger import signing
from ledger.errors import PeerRefusedError, PeerUnreachableError
from ledger.keys import KeyId, SigningKey
from ledger.peers.breaker import BreakerSettings
from ledger.peers.client import HttpPeers
from ledger.peers.link import PeerSettings
from ledger.ports.mirror import RegionFacts
from ledger.ports.peers import PeerQuery
from ledger.signing import Signer
from ledger.types import Region
from tests.support.peers import LOOPBACK, PURPOSE, client_of, facts_of
from tests.support.raw_peer import Connection, Script, http, raw_peer, sending
from tests.support.region import START, TestRegion, open_region

KEY = SigningKey.from_bytes(bytes([9]) * 32)
QUERY = PeerQuery(holder_code="91110000MA01ABCD1M", type_codes=(), purpose=PURPOSE)
EMPTY = b'{"bundles":[],"failures":[],"more":false,"refusals":[],"v":1}'
SETTINGS = replace(LOOPBACK, max_answer_bytes=100_000, max_file_bytes=100_000, file_seconds=2.0)
PATIENT = replace(SETTINGS, answer_seconds=20.0)


@pytest.fixture
def asking(tmp_path: Path) -> TestRegion:
    return open_region(tmp_path, "133100")


def request_of(connection: Connection, url: str) -> signing.Request:
    head, body = connection.request.split(b"\r\n\r\n", 1)
    first, *lines = head.decode("latin-1").split("\r\n")
    method, path, _ = first.split(" ")
    fields = tuple((line.split(": ", 1)[0].lower(), line.split(": ", 1)[1]) for line in lines)
    return signing.Request(method=method, url=url + path, fields=fields, body=body)


def answering(
    body: bytes = EMPTY,
    *,
    status: int = 200,
    content_type: str = "application/json",
    key: SigningKey = KEY,
    key_id: str = "110000/0",
    late: timedelta = timedelta(0),
    change: Callable[[bytes], bytes] = lambda sent: sent,
) -> Script:
    """A peer that signs as it should, then changes what it sends."""
    region, number = key_id.split("/")
    signer = Signer(key_id=KeyId(Region(region), int(number)), key=key)

    async def script(connection: Connection) -> None:
        answer = signing.sign_answer(
            request_of(connection, ""),
            status=status,
            content_type=content_type,
            body=body,
            signer=signer,
            now=START + late,
        )
        fields = [f"{name}: {value}" for name, value in answer.fields]
        await connection.send(change(http(body, *fields, status=f"{status} Status")))

    return script


async def search(peers: HttpPeers, peer: RegionFacts) -> object:
    return await peers.search(peer, QUERY)


async def failure(
    asking: TestRegion,
    script: Script,
    settings: PeerSettings = SETTINGS,
    call: Callable[[HttpPeers, RegionFacts], Awaitable[object]] = search,
) -> str:
    """How a call to such a peer fails. It names the region and ends within its time."""
    async with raw_peer(script) as raw, client_of(asking, settings) as peers:
        begun = time.monotonic()
        with pytest.raises(PeerUnreachableError) as caught:
            await call(peers, facts_of("110000", raw.url, KEY))
        assert time.monotonic() - begun < settings.answer_seconds + 2
    assert caught.value.region == "110000"
    return str(caught.value)


async def test_an_honest_answer_is_taken(asking: TestRegion) -> None:
    async with raw_peer(answering()) as raw, client_of(asking, SETTINGS) as peers:
        answer = await peers.search(facts_of("110000", raw.url, KEY), QUERY)
    assert answer.unverified_bundles == ()
    (request,) = raw.requests
    assert b"91110000MA01ABCD1M" not in request.split(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x16\x03\x01\x00\xa5\x01\x00",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000,
        b"HTTP/1.1 999999 OK\r\n\r\n",
    ],
)
async def test_no_http(asking: TestRegion, data: bytes) -> None:
    assert "does not speak HTTP" in await failure(asking, sending(data))


async def test_nobody_listens(asking: TestRegion) -> None:
    async with raw_peer(sending(b"")) as raw:
        closed = raw.url
    async with client_of(asking, SETTINGS) as peers:
        with pytest.raises(PeerUnreachableError):
            await peers.search(facts_of("110000", closed, KEY), QUERY)


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
async def test_a_redirect_is_not_followed(asking: TestRegion, status: str) -> None:
    async with raw_peer(answering()) as inner:
        target = http(b"", f"Location: {inner.url}/v1/peer/search", status=status)
        assert "did not prove" in await failure(asking, sending(target))
        assert inner.requests == []


async def test_a_signed_redirect_is_not_followed_either(asking: TestRegion) -> None:
    async with raw_peer(answering()) as inner:
        script = answering(
            status=307,
            change=lambda sent: sent.replace(
                b"\r\n\r\n", f"\r\nLocation: {inner.url}\r\n\r\n".encode(), 1
            ),
        )
        assert "307" in await failure(asking, script)
        assert inner.requests == []


async def test_too_large(asking: TestRegion) -> None:
    assert "more than 100000 bytes" in await failure(asking, sending(http(b"x" * 100_001)))


async def test_endless(asking: TestRegion) -> None:
    """A body without an end is cut at the cap, long before the time is over."""

    async def script(connection: Connection) -> None:
        await connection.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            await connection.send(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")

    assert "more than 100000 bytes" in await failure(asking, script, PATIENT)


@pytest.mark.parametrize(
    "first",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
)
async def test_slow_drip(asking: TestRegion, first: bytes) -> None:
    """Byte after byte, each well within any per-read limit: the whole call has one deadline."""
    drip = b"X-Fill: a\r\n" if first.endswith(b"OK\r\n") else b"1\r\nx\r\n"

    async def script(connection: Connection) -> None:
        await connection.send(first)
        for _ in range(200):
            await connection.send(drip if first else b"")
            await asyncio.sleep(0.05)

    assert "did not answer in 2 s" in await failure(asking, script)


async def test_a_compressed_answer_is_not_unpacked(asking: TestRegion) -> None:
    script = answering(
        change=lambda sent: sent.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n", 1)
    )
    assert "content coding" in await failure(asking, script)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (sending(http(EMPTY, "Content-Type: application/json")), "signature_missing"),
        (answering(key=SigningKey.from_bytes(bytes([8]) * 32)), "signature_invalid"),
        (answering(key_id="120000/0"), "key_unknown"),
        (answering(key_id="110000/1"), "key_unknown"),
        (answering(late=timedelta(minutes=-10)), "signature_expired"),
        (answering(late=timedelta(minutes=10)), "signature_not_yet_valid"),
        (answering(change=lambda sent: sent.replace(b'"v":1', b'"v":2')), "digest_mismatch"),
        (answering(change=lambda sent: sent.replace(b"200 Status", b"404 Status")), "invalid"),
    ],
)
async def test_an_answer_that_is_not_the_regions(
    asking: TestRegion, script: Script, reason: str
) -> None:
    assert reason in await failure(asking, script)


async def test_an_answer_to_another_request(asking: TestRegion) -> None:
    """The region's own, freshly signed answer, recorded and played to the next asker."""
    recorded: list[bytes] = []

    async def script(connection: Connection) -> None:
        if recorded:
            await connection.send(recorded[0])
            return

        def record(sent: bytes) -> bytes:
            recorded.append(sent)
            return sent

        await answering(change=record)(connection)

    async with raw_peer(script) as raw, client_of(asking, SETTINGS) as peers:
        peer = facts_of("110000", raw.url, KEY)
        await peers.search(peer, QUERY)
        with pytest.raises(PeerUnreachableError, match="signature_invalid"):
            await peers.search(peer, QUERY)


@pytest.mark.parametrize(
    "script",
    [
        answering(b"{"),
        answering(b"\xff\xfe"),
        answering(b"[" * 90_000),
        answering(b'{"v":1}'),
        answering(content_type="text/html"),
        answering(b"Gone", status=404, content_type="text/plain"),
        answering(b"{}", status=500, content_type="application/problem+json"),
        answering(b'{"code":"busy"}', status=503, content_type="application/problem+json"),
    ],
)
async def test_a_signed_answer_that_cannot_be_used(asking: TestRegion, script: Script) -> None:
    assert "answer" in await failure(asking, script)


async def test_a_refusal_keeps_its_reason_and_loses_control_characters(
    asking: TestRegion,
) -> None:
    problem = b'{"code":"not_permitted","reason":"answers_only","detail":"no\\u0007\\u202e file"}'
    script = answering(problem, status=403, content_type="application/problem+json")
    async with raw_peer(script) as raw, client_of(asking, SETTINGS) as peers:
        with pytest.raises(PeerRefusedError) as caught:
            await peers.search(facts_of("110000", raw.url, KEY), QUERY)
    assert (caught.value.region, caught.value.reason) == ("110000", "answers_only")
    assert str(caught.value) == "110000: no file"


async def test_a_file_that_is_cut_short(asking: TestRegion) -> None:
    async def ask_file(peers: HttpPeers, peer: RegionFacts) -> object:
        return await peers.file(peer, "0193", PURPOSE)

    script = answering(b"\x00\x00\x00\x09{}", content_type="application/vnd.license-ledger.file")
    assert "cut short" in await failure(asking, script, call=ask_file)


async def test_a_slow_region_delays_no_other(asking: TestRegion) -> None:
    async def hang(connection: Connection) -> None:
        await asyncio.sleep(60)

    async with (
        raw_peer(hang) as slow,
        raw_peer(answering()) as quick,
        client_of(asking, replace(PATIENT, concurrency=2)) as peers,
        anyio.create_task_group() as group,
    ):
        other = facts_of("120000", slow.url, KEY)
        for _ in range(10):
            group.start_soon(peers.search, other, QUERY)
        await anyio.sleep(0.2)
        begun = time.monotonic()
        await peers.search(facts_of("110000", quick.url, KEY), QUERY)
        assert time.monotonic() - begun < PATIENT.answer_seconds / 2
        assert len(slow.requests) == 2
        group.cancel_scope.cancel()


async def test_anonymous_questions_leave_room_for_clerks(asking: TestRegion) -> None:
    async def script(connection: Connection) -> None:
        if b"/v1/peer/find" in connection.request:
            await asyncio.sleep(60)
        await answering()(connection)

    async with (
        raw_peer(script) as raw,
        client_of(asking, replace(PATIENT, concurrency=4)) as peers,
        anyio.create_task_group() as group,
    ):
        peer = facts_of("110000", raw.url, KEY)

        async def find() -> None:
            await peers.find_public(peer, check_code="A" * 22, sha256=None)

        for _ in range(10):
            group.start_soon(find)
        await anyio.sleep(0.2)
        with anyio.fail_after(PATIENT.answer_seconds / 2):
            await peers.search(peer, QUERY)
        group.cancel_scope.cancel()


@pytest.mark.parametrize("given_up", [False, True])
async def test_the_breaker_rests_a_region_that_keeps_failing(
    asking: TestRegion, *, given_up: bool
) -> None:
    """Also when it is the caller who gives up, as the exchange does with its own patience."""

    async def hang(connection: Connection) -> None:
        await asyncio.sleep(60)

    settings = replace(
        SETTINGS,
        answer_seconds=0.2,
        breaker=BreakerSettings(failures=2, pause_seconds=30),
    )
    async with raw_peer(hang) as raw, client_of(asking, settings) as peers:
        peer = facts_of("110000", raw.url, KEY)
        for _ in range(2):
            with anyio.move_on_after(0.15 if given_up else 5):
                with pytest.raises(PeerUnreachableError, match="did not answer"):
                    await peers.search(peer, QUERY)
        with pytest.raises(PeerUnreachableError, match="asked again in 30 s"):
            await peers.search(peer, QUERY)
        assert len(raw.requests) == 2


async def test_refusals_do_not_open_the_breaker(asking: TestRegion) -> None:
    script = answering(b'{"code":"not_found"}', status=404, content_type="application/problem+json")
    settings = replace(SETTINGS, breaker=BreakerSettings(failures=2))
    async with raw_peer(script) as raw, client_of(asking, settings) as peers:
        for _ in range(5):
            with pytest.raises(PeerRefusedError):
                await peers.bundle(facts_of("110000", raw.url, KEY), "0193", PURPOSE)


async def test_an_endpoint_moved_to_an_inner_address_is_not_called(asking: TestRegion) -> None:
    """Scenario 51: the very node that answered a moment ago, on a chain that is no dev chain."""
    async with raw_peer(answering()) as raw:
        async with client_of(asking, SETTINGS) as dev:
            await dev.search(facts_of("110000", raw.url, KEY), QUERY)
        async with client_of(asking, PeerSettings()) as production:
            with pytest.raises(PeerUnreachableError, match="outside the networks"):
                await production.search(facts_of("110000", raw.url, KEY), QUERY)
        assert len(raw.requests) == 1


async def test_a_new_endpoint_is_used_at_once(asking: TestRegion) -> None:
    async with raw_peer(answering()) as old, raw_peer(answering()) as new:
        async with client_of(asking, SETTINGS) as peers:
            await peers.search(facts_of("110000", old.url, KEY), QUERY)
            await peers.search(facts_of("110000", new.url, KEY), QUERY)
        assert (len(old.requests), len(new.requests)) == (1, 1)


async def test_connections_are_used_again(asking: TestRegion) -> None:
    ports: set[object] = set()

    async def script(connection: Connection) -> None:
        ports.add(connection.writer.get_extra_info("peername"))
        await answering()(connection)

    async with raw_peer(script) as raw, client_of(asking, SETTINGS) as peers:
        for _ in range(5):
            await peers.search(facts_of("110000", raw.url, KEY), QUERY)
    assert len(ports) == 1
