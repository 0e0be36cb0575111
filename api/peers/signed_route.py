"""The route class of node-to-node calls: nothing runs unsigned, nothing leaves unsigned.

The one place where the bytes of a request turn into what a route reads, and where those of its
answer leave: what else is put around both, such as sealing, belongs here.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final

import structlog
from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.types import Message, Receive

from api.bodies import read_body
from api.dependencies import services_of, settings_of
from api.language import preferred
from api.middleware import REQUEST_ID
from api.problems import kind_of, problem_response
from ledger import signing
from ledger.errors import LedgerError, NotAuthenticatedError
from ledger.services.peer_gate import PeerGate
from ledger.types import Region

_ASKING: Final = "asking_region"

log = structlog.stdlib.get_logger("api.peers")


class SignedRoute(APIRoute):
    """See the module's text."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler between verifying the request and signing its answer."""
        handle = super().get_route_handler()

        async def handle_signed(request: Request) -> Response:
            gate = services_of(request).peer_gate
            body = await read_body(request, settings_of(request).max_json_bytes)
            signed = _as_signed(request, self.path_format, body)
            try:
                asking = await run_in_threadpool(gate.admit, signed)
                request.scope["state"][_ASKING] = asking
                response = await handle(Request(request.scope, _replay(body)))
            except LedgerError as error:
                response = self._refuse(request, error)
            return await run_in_threadpool(_sign, gate, signed, response)

        return handle_signed

    def _refuse(self, request: Request, error: LedgerError) -> Response:
        state = request.scope["state"]
        log.info(
            "peer_refused",
            region=state.get(_ASKING, "unproved"),
            route=self.path_format,
            status=kind_of(error).status,
            reason=getattr(error, "reason", kind_of(error).code),
        )
        return problem_response(
            error,
            instance=self.path_format,
            language=preferred(request.headers.get("accept-language", "")),
            request_id=state[REQUEST_ID],
        )


def asking_region(request: Request) -> Region:
    """The region that signed this request and is a member."""
    region: Region = request.scope["state"][_ASKING]
    return region


AskingRegion = Annotated[Region, Depends(asking_region)]


def _as_signed(request: Request, path: str, body: bytes) -> signing.Request:
    query = request.scope.get("query_string", b"").decode("latin-1")
    return signing.Request(
        method=request.method,
        url=f"{path}?{query}" if query else path,
        fields=tuple(
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in request.scope["headers"]
        ),
        body=body,
    )


def _sign(gate: PeerGate, request: signing.Request, response: Response) -> Response:
    """The response with its signature; a request without one gets an answer without one."""
    try:
        fields = gate.sign_answer(
            request,
            status=response.status_code,
            content_type=response.headers["content-type"],
            body=bytes(response.body),
        )
    except NotAuthenticatedError:
        return response
    for name, value in fields:
        response.headers[name] = value
    return response


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive
