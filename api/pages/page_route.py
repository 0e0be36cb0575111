"""The route class of pages: an error becomes a page, in words, with its HTTP status."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Final

import structlog
from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from api.middleware import REQUEST_ID
from api.pages.site import site_of
from api.problems import headers_of, kind_of
from ledger.errors import LedgerError

log = structlog.stdlib.get_logger("api.pages")

API_PREFIX: Final = "/v1/"


class PageRoute(APIRoute):
    """Errors that a route did not put beside the control they belong to end up here.

    What is got can be asked for by HEAD too; the server leaves the body out (RFC 9110 §9.3.2).
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        if self.methods and "GET" in self.methods:
            self.methods = {*self.methods, "HEAD"}

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The route's handler, inside what turns its errors into pages."""
        handle = super().get_route_handler()

        async def handle_page(request: Request) -> Response:
            try:
                return await handle(request)
            except LedgerError as error:
                return error_page(request, error)

        return handle_page


def wants_page(request: Request) -> bool:
    """Whether a browser asks, for an address that is not the API's."""
    return "text/html" in request.headers.get("accept", "") and not request.url.path.startswith(
        API_PREFIX
    )


def error_page(request: Request, error: LedgerError) -> Response:
    """What happened and what to do next; nothing that was sent, nothing of the node's inside."""
    kind = kind_of(error)
    if kind.status >= 500:
        log.warning("refused", error=type(error).__name__, message=str(error))
    words = site_of(request).words(request)
    response = site_of(request).page(
        request,
        "problem.html",
        status=kind.status,
        title=kind.title(words.language),
        next_step=words(f"problem.{kind.code}", seconds=getattr(error, "retry_after", 0)),
        request_id=request.scope["state"][REQUEST_ID],
    )
    for name, value in headers_of(error).items():
        if name != "WWW-Authenticate":  # a browser would open its own sign-in window
            response.headers[name] = value
    return response
