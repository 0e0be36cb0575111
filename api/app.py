"""Builds the web application from the services it is handed. Nothing happens at import."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import structlog
from fastapi import APIRouter, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

import api.accounts.routes
import api.catalogue.routes
import api.catalogue.tiles
import api.exchange.routes
import api.health.routes
import api.licenses.reading
import api.licenses.registration
import api.licenses.status
import api.manual.routes
import api.pages.routes
import api.peers.routes
import api.verification.routes
from api.bodies import faults_of
from api.context import Services
from api.health.metrics import Metrics, NodeFigures
from api.language import preferred
from api.middleware import REQUEST_ID, Frame, Guard, InFlight, instance_of
from api.openapi import build_document
from api.pages.page_route import error_page, wants_page
from api.problems import (
    MalformedBodyError,
    MethodError,
    NoSuchRouteError,
    RequestError,
    kind_of,
    problem_response,
)
from api.rate_limit import RateLimit
from api.uploads import UploadSlots
from ledger.errors import InvalidInputError, LedgerError

log = structlog.stdlib.get_logger("api")

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
Handler = Callable[[Request, Exception], Awaitable[Response]]

ROUTERS: Final[tuple[APIRouter, ...]] = (
    api.licenses.registration.router,
    api.licenses.reading.router,
    api.licenses.status.router,
    api.exchange.routes.router,
    api.catalogue.tiles.router,
    api.catalogue.routes.router,
    api.accounts.routes.router,
    api.health.routes.router,
    api.manual.routes.router,
)


class LedgerApi(FastAPI):
    """FastAPI with the OpenAPI document of `api.openapi`."""

    def openapi(self) -> dict[str, Any]:
        """The document, built once."""
        if self.openapi_schema is None:
            self.openapi_schema = build_document(self)
        return self.openapi_schema


def create_app(services: Services, *, lifespan: Lifespan | None = None) -> FastAPI:
    """The whole application. `lifespan` runs around it, for a node that has workers."""
    settings = services.settings
    app = LedgerApi(
        title="License Ledger",
        version=settings.version,
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    metrics = Metrics()
    metrics.registry.register(NodeFigures(services))
    app.state.services = services
    app.state.metrics = metrics
    app.state.verify_limit = RateLimit(settings.verify_rate)
    app.state.wrong_token_limit = RateLimit(
        settings.verify_rate, counted="wrong tokens", advice=", and check the token"
    )
    app.state.upload_slots = UploadSlots(settings.max_concurrent_uploads)
    # The busiest route first and by itself: an included router costs another round of matching.
    app.router.routes.extend(api.verification.routes.router.routes)
    for router in ROUTERS:
        app.include_router(router)
    api.peers.routes.install(app, settings, metrics.registry)
    api.pages.routes.install(app, services)
    for error, handler in _HANDLERS.items():
        app.add_exception_handler(error, handler)
    # The last one added is the outermost.
    app.add_middleware(Guard, settings=settings)
    app.add_middleware(InFlight, most=settings.max_concurrent_requests)
    app.add_middleware(Frame, metrics=metrics, access_log=settings.access_log)
    return app


def answer_error(request: Request, error: LedgerError, **headers: str) -> Response:
    """The problem that `error` is, in the caller's language; one that is ours is logged."""
    if kind_of(error).status >= 500:
        log.warning("refused", error=type(error).__name__, message=str(error))
    return problem_response(
        error,
        instance=instance_of(request.scope),
        language=preferred(request.headers.get("accept-language", "")),
        request_id=request.scope["state"][REQUEST_ID],
        headers=headers,
    )


async def _on_ledger_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, LedgerError):
        raise error
    return answer_error(request, error)


async def _on_http_exception(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    known = _as_request_error(error)
    if not wants_page(request):
        return answer_error(request, known, **dict(error.headers or {}))
    page = error_page(request, known)
    page.headers.update(error.headers or {})
    return page


async def _on_invalid_parameters(request: Request, error: Exception) -> Response:
    """Parameters of path, query and header; bodies are judged by `api.bodies`."""
    if not isinstance(error, RequestValidationError):
        raise error
    details = [{**one, "loc": one["loc"][1:]} for one in error.errors()]
    return answer_error(request, InvalidInputError(faults_of(details)))


def _as_request_error(error: HTTPException) -> RequestError:
    if error.status_code == 404:
        return NoSuchRouteError("nothing is served at this path; GET /docs lists what is")
    if error.status_code == 405:
        return MethodError("this path is served with another method; see the Allow header")
    return MalformedBodyError("the request cannot be read")


_HANDLERS: Final[dict[type[Exception], Handler]] = {
    LedgerError: _on_ledger_error,
    HTTPException: _on_http_exception,
    RequestValidationError: _on_invalid_parameters,
}
