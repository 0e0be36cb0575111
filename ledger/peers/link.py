"""One region's connections: what may go out at once, how long an answer may take and how large it
may be. Regions share nothing here, so a slow one delays no other.

The bytes of an answer are handed on as they came: no redirect is followed, no content coding is
undone, no cookie is kept, no proxy from the environment is used.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import anyio
import httpx2

from ledger.errors import PeerUnreachableError
from ledger.peers.breaker import Breaker, BreakerSettings
from ledger.peers.endpoint import AllowedAddresses, Endpoint, parse_endpoint, resolve
from ledger.ports.mirror import RegionFacts
from ledger.signing import Answer, Fields
from ledger.types import Region

MEBIBYTE: Final = 1 << 20
_MAX_LINES: Final = 64
"""Header lines of an answer; their bytes are capped by the HTTP parser."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerSettings:
    """Caps with their units. `allowed` is the network policy: by default nothing is reachable."""

    allowed: AllowedAddresses = field(default_factory=AllowedAddresses)
    answer_seconds: float = 4.0
    """From the wait for a free connection to the last byte of an answer."""
    file_seconds: float = 30.0
    """The same for an answer with a file."""
    max_answer_bytes: int = 8 * MEBIBYTE
    max_file_bytes: int = 32 * MEBIBYTE
    concurrency: int = 8
    """Calls to one region that are under way at once; half of them for anonymous verifiers."""
    breaker: BreakerSettings = field(default_factory=BreakerSettings)
    tls: ssl.SSLContext | None = None
    """Which certificates to trust; None: the system's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request, ready to go out."""

    method: str
    path: str
    fields: Fields
    body: bytes
    seconds: float
    max_bytes: int
    is_public: bool = False
    """For an anonymous verifier."""


class Link:
    """The connections to one region at one endpoint."""

    def __init__(self, endpoint: Endpoint, settings: PeerSettings, tls: ssl.SSLContext) -> None:
        self.endpoint = endpoint
        self._settings = settings
        self._limiter = anyio.CapacityLimiter(settings.concurrency)
        self._public_limiter = anyio.CapacityLimiter(max(1, settings.concurrency // 2))
        self._breaker = Breaker(settings.breaker)
        self._client = httpx2.AsyncClient(
            trust_env=False,
            follow_redirects=False,
            verify=tls,
            timeout=None,  # one cap over the whole call: see `send`
            limits=httpx2.Limits(
                max_connections=settings.concurrency,
                max_keepalive_connections=settings.concurrency,
                keepalive_expiry=30.0,
            ),
            headers={"Accept-Encoding": "identity", "User-Agent": "license-ledger"},
        )

    async def send(self, call: Call) -> Answer:
        """The answer to one call, whatever its status. Raise PeerUnreachableError.

        Whether an answer was a good one the caller knows: it calls `trust` or `distrust`.
        """
        async with self._judged(call.seconds):
            with anyio.fail_after(call.seconds):
                if call.is_public:
                    async with self._public_limiter, self._limiter:
                        return await self._exchange(call)
                async with self._limiter:
                    return await self._exchange(call)

    def trust(self) -> None:
        """The answer was the region's own, be it a refusal."""
        self._breaker.succeeded()

    def distrust(self) -> None:
        """No answer came, or one that is not the region's."""
        self._breaker.failed(time.monotonic())

    async def aclose(self) -> None:
        await self._client.aclose()

    @asynccontextmanager
    async def _judged(self, seconds: float) -> AsyncIterator[None]:
        """Ask the breaker first, tell it of failures, and give each the region's name."""
        region, begun = self.endpoint.region, time.monotonic()
        if (wait := self._breaker.wait(begun)) > 0:
            raise PeerUnreachableError(
                f"{region} failed several times; it is asked again in {wait:.0f} s", region=region
            )
        try:
            yield
        except TimeoutError as error:
            self.distrust()
            raise PeerUnreachableError(
                f"{region} did not answer in {seconds:g} s; ask again later", region=region
            ) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            self.distrust()
            raise PeerUnreachableError(f"{region}: {_reason_of(error)}", region=region) from error
        except PeerUnreachableError:
            self.distrust()
            raise
        except anyio.get_cancelled_exc_class():
            # Whoever waited has given up: the region's doing, if it had half of its time.
            if time.monotonic() - begun > seconds / 2:
                self.distrust()
            raise

    async def _exchange(self, call: Call) -> Answer:
        addresses = await resolve(self.endpoint, self._settings.allowed)
        for address in addresses[:-1]:
            try:
                return await self._ask(call, self.endpoint.connect_url(address, call.path))
            except httpx2.ConnectError:  # nothing was sent: the next address may listen
                continue
        return await self._ask(call, self.endpoint.connect_url(addresses[-1], call.path))

    async def _ask(self, call: Call, url: str) -> Answer:
        request = self._client.build_request(
            call.method,
            url,
            content=call.body,
            headers=[("Host", self.endpoint.authority), *call.fields],
            extensions={"sni_hostname": self.endpoint.host},
        )
        response = await self._client.send(request, stream=True)
        try:
            fields = _read_fields(response, self.endpoint.region)
            body = await _read_body(response, call.max_bytes, self.endpoint.region)
        finally:
            with anyio.CancelScope(shield=True, deadline=anyio.current_time() + 1):
                await response.aclose()
        return Answer(status=response.status_code, fields=fields, body=body)


class Links:
    """The link to each region. One event loop uses it."""

    def __init__(self, settings: PeerSettings) -> None:
        self.settings = settings
        self._tls = settings.tls or httpx2.create_ssl_context()
        self._links: dict[Region, Link] = {}
        self._retired: list[Link] = []

    def to(self, peer: RegionFacts) -> Link:
        """The link to the region's endpoint of today.

        Raise PeerUnreachableError when the endpoint is of no usable form.
        """
        link = self._links.get(peer.code)
        if link is not None and link.endpoint.url == peer.endpoint:
            return link
        if link is not None:
            self._retired.append(link)  # calls may be under way on it
        self._links[peer.code] = made = Link(
            parse_endpoint(peer.code, peer.endpoint), self.settings, self._tls
        )
        return made

    async def aclose(self) -> None:
        """Close every connection; calls under way end as failures."""
        for link in (*self._links.values(), *self._retired):
            await link.aclose()
        self._links.clear()
        self._retired.clear()


def field_of(answer: Answer, name: str) -> str:
    """The value of a header field, empty when it is absent or comes more than once."""
    values = [value for field_, value in answer.fields if field_.lower() == name]
    return values[0] if len(values) == 1 else ""


def _read_fields(response: httpx2.Response, region: Region) -> Fields:
    raw = response.headers.raw
    if len(raw) > _MAX_LINES or "content-encoding" in response.headers:
        raise PeerUnreachableError(
            f"{region} answered with more than {_MAX_LINES} header lines or a content coding",
            region=region,
        )
    return tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in raw)


async def _read_body(response: httpx2.Response, max_bytes: int, region: Region) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > max_bytes:
            raise PeerUnreachableError(
                f"{region} answered with more than {max_bytes} bytes", region=region
            )
    return bytes(body)


_REASONS: Final[tuple[tuple[type[BaseException], str], ...]] = (
    (ConnectionRefusedError, "connection refused"),
    (ssl.SSLCertVerificationError, "its TLS certificate does not hold"),
    (ssl.SSLError, "it does not speak TLS"),
    (ConnectionError, "connection broken off"),
    (httpx2.ProtocolError, "it does not speak HTTP, or broke off"),
    (httpx2.ConnectError, "cannot be reached"),
)
"""Why a call failed, from the cause that says most to the one that says least."""


def _reason_of(error: BaseException) -> str:
    """The reason in short words; names of a library's classes say nothing to a clerk."""
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in causes:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    for kind, reason in _REASONS:
        if any(isinstance(one, kind) for one in causes):
            return reason
    return "the connection failed"
