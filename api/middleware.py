"""What surrounds every request, as plain ASGI: id, log line, figures, headers, limits.

Three layers. `Frame` is the outer one: it sees every answer, also those that the inner ones give,
and turns an exception that nobody raised on purpose into a problem without the node's inside.
`InFlight` refuses what is more than the node can have in hand. `Guard` refuses what is too large,
too slow or not for this host before a route sees it.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from collections.abc import Iterable
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.context import ApiSettings
from api.health.metrics import Metrics
from api.language import preferred
from api.problems import (
    HeadersTooLargeError,
    RequestError,
    SlowBodyError,
    UnexpectedError,
    WrongHostError,
    problem_response,
)
from ledger.errors import BusyError, LedgerError

log = structlog.stdlib.get_logger("api")

REQUEST_ID: Final = "request_id"
"""Key of the request's id in `request.state`."""

_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_LOGGED_PARAMETERS: Final = ("license_id", "region", "token_id")
"""Path parameters that name nobody and open nothing; no other part of a path is ever logged."""

_UNMATCHED: Final = "unmatched"

_BUSY_SECONDS: Final = 2
_ALWAYS_ANSWERED: Final = frozenset({"/healthz"})
"""A busy node lives: whoever restarts the dead must hear it."""

_NO_STORE: Final = (b"cache-control", b"no-store")
_FIXED_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
_PAGE_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
    b"object-src 'none'",
)
_DATA_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'none'; frame-ancestors 'none'; sandbox",
)


def describe_route(scope: Scope) -> str:
    """The template of the route that was chosen, such as `/v1/licenses/{license_id}`."""
    template = getattr(scope.get("route"), "path_format", None)
    return template if isinstance(template, str) else _UNMATCHED


class Frame:
    """The outer layer: see the module's text."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, access_log: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._access_log = access_log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope["headers"])
        scope.setdefault("state", {})[REQUEST_ID] = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        began = time.perf_counter()
        status = 0

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _framed(message.get("headers", ()), request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_framed)
        except ClientDisconnect:
            log.info("caller_went_away", route=describe_route(scope))
        except Exception:
            log.exception("unexpected_error", route=describe_route(scope))
            if status:
                raise  # part of an answer is out: only closing the connection says it is wrong
            await refuse(scope, receive, send_framed, UnexpectedError())
        finally:
            self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = describe_route(scope)
        self._metrics.observe(route, scope["method"], status, seconds)
        if not self._access_log:
            return
        parameters = scope.get("path_params", {})
        log.info(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            milliseconds=round(seconds * 1000, 2),
            **{name: parameters[name] for name in _LOGGED_PARAMETERS if name in parameters},
        )


class InFlight:
    """The middle layer: see the module's text. One event loop uses it.

    Requests are counted, not connections: those that idle between requests take no place.
    """

    def __init__(self, app: ASGIApp, *, most: int) -> None:
        self._app = app
        self._most = most
        self._count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in _ALWAYS_ANSWERED:
            await self._app(scope, receive, send)
            return
        if self._count >= self._most:
            error = BusyError(
                f"{self._most} requests are in hand; retry in a moment", retry_after=_BUSY_SECONDS
            )
            await refuse(scope, receive, send, error)
            return
        self._count += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._count -= 1


class Guard:
    """The inner layer: see the module's text."""

    def __init__(self, app: ASGIApp, *, settings: ApiSettings) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in settings.allowed_hosts)
        self._max_header_bytes = settings.max_header_bytes
        self._body_seconds = settings.body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        error = self._refusal(scope)
        if error is not None:
            await refuse(scope, receive, send, error)
            return
        await self._app(scope, self._timed(receive), send)

    def _refusal(self, scope: Scope) -> RequestError | None:
        size = len(scope.get("raw_path") or b"") + len(scope.get("query_string", b""))
        host = b""
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"host":
                host = value
        if size > self._max_header_bytes:
            return HeadersTooLargeError(
                f"{size} bytes of address and headers; at most {self._max_header_bytes} are taken"
            )
        if self._hosts and _host_name(host) not in self._hosts:
            return WrongHostError("this API does not answer for the host that the request names")
        return None

    def _timed(self, receive: Receive) -> Receive:
        """`receive`, with one deadline for the whole body and none after it."""
        ends = asyncio.get_running_loop().time() + self._body_seconds
        is_whole = False

        async def receive_timed() -> Message:
            nonlocal is_whole
            if is_whole:
                return await receive()
            try:
                async with asyncio.timeout_at(ends):
                    message = await receive()
            except TimeoutError as error:
                raise SlowBodyError(
                    f"the body did not arrive within {self._body_seconds:g} s; send it faster, "
                    "or in smaller parts"
                ) from error
            is_whole = not message.get("more_body", False)
            return message

        return receive_timed


async def refuse(scope: Scope, receive: Receive, send: Send, error: LedgerError) -> None:
    """Answer with `error` as a problem, from outside of any route."""
    response = problem_response(
        error,
        instance=instance_of(scope),
        language=preferred(Headers(scope=scope).get("accept-language", "")),
        request_id=scope["state"][REQUEST_ID],
    )
    await response(scope, receive, send)


def instance_of(scope: Scope) -> str:
    """What a problem happened at: the route, with nothing from outside that may be secret."""
    route = describe_route(scope)
    parameters = scope.get("path_params", {})
    for name in _LOGGED_PARAMETERS:
        if name in parameters:
            route = route.replace("{" + name + "}", str(parameters[name])[:64])
    return route if route != _UNMATCHED else ""


def _request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    for name, value in headers:
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            return value.decode("ascii")
    return secrets.token_hex(8)


def _host_name(host: bytes) -> str:
    text = host.decode("latin-1").lower()
    return text.rpartition(":")[0] if re.search(r":[0-9]*$", text) else text


def _framed(headers: Iterable[tuple[bytes, bytes]], request_id: str) -> list[tuple[bytes, bytes]]:
    """An answer's headers with ours; those that a route chose itself stay as they are."""
    framed = [*headers, *_FIXED_HEADERS, (b"x-request-id", request_id.encode("ascii"))]
    chosen = dict(framed)
    if b"cache-control" not in chosen:
        framed.append(_NO_STORE)
    if b"content-security-policy" not in chosen:
        is_page = chosen.get(b"content-type", b"").startswith(b"text/html")
        framed.append(_PAGE_POLICY if is_page else _DATA_POLICY)
    return framed
