"""The public page: is it real, is it in force? No login, no script."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.context import Services
from api.dependencies import services_of
from api.health.metrics import Metrics
from api.pages.catalogue import load_types
from api.pages.forms import read_parts
from api.pages.page_route import PageRoute
from api.pages.presented import (
    FILE_FIELD,
    codes_by_field,
    is_check_code,
    is_of_file,
    query_from_parts,
    replay_of,
    text_of,
)
from api.pages.site import site_of
from api.pages.texts import size_text
from api.pages.verdict_view import Presenter
from api.problems import BodyTooLargeError
from api.rate_limit import RateLimit
from api.uploads import UploadSlots
from api.verification.routes import decide
from ledger.errors import InvalidInputError, NotFoundError
from ledger.services.verifying import PublicQuery
from ledger.verdict import Verdict

router = APIRouter(route_class=PageRoute, include_in_schema=False)

SECTION: Final = "verify"
_FORM: Final = "verify.html"
_RESULT: Final = "verdict.html"


@router.get("/")
@router.get("/verify")
async def show_form(request: Request) -> Response:
    """The empty form, which says what this page is for."""
    return _form(request)


@router.post("/verify")
async def verify(request: Request) -> Response:
    """The verdict on a file or on a pasted text. What is wrong is said beside its control."""
    services = services_of(request)
    _count(request)
    slots: UploadSlots = request.app.state.upload_slots
    with slots.taken(request.headers.get("content-length"), services.settings.max_json_bytes):
        text = ""
        try:
            parts = await read_parts(request)
            text = text_of(parts)
            query = query_from_parts(parts, services.settings.max_file_bytes)
        except BodyTooLargeError:
            return _form(request, status=413, faults={FILE_FIELD: "too_large"})
        except InvalidInputError as error:
            return _form(request, status=422, faults=codes_by_field(error), text=text)
        verdict = await _decide(request, services, query)
    return await _result(request, verdict, replay=replay_of(text), has_file=is_of_file(query))


@router.get("/v/{code}")
async def verify_code(code: str, request: Request) -> Response:
    """The verdict on the license whose QR was read."""
    _count(request)
    if not is_check_code(code):
        raise NotFoundError("this is not the whole address that stands in a license's QR")
    verdict = await _decide(request, services_of(request), PublicQuery(check_code=code))
    return await _result(request, verdict, switch_to="")


def _count(request: Request) -> None:
    limit: RateLimit = request.app.state.verify_limit
    limit.hit(request)


async def _decide(request: Request, services: Services, query: PublicQuery) -> Verdict:
    verdict = await decide(services, query)
    metrics: Metrics = request.app.state.metrics
    metrics.count_verdict(verdict.reason)
    return verdict


def _form(
    request: Request,
    *,
    status: int = 200,
    faults: Mapping[str, str] | None = None,
    text: str = "",
) -> Response:
    limit = size_text(services_of(request).settings.max_file_bytes)
    return site_of(request).page(
        request,
        _FORM,
        status=status,
        section=SECTION,
        home="/verify",
        faults=faults or {},
        text=text,
        limit=limit,
    )


async def _result(
    request: Request,
    verdict: Verdict,
    *,
    replay: Mapping[str, str] | None = None,
    switch_to: str = "/verify",
    has_file: bool = False,
) -> Response:
    services = services_of(request)
    types = await run_in_threadpool(load_types, services)
    presenter = Presenter(site_of(request).words(request), services.settings, types.get)
    return site_of(request).page(
        request,
        _RESULT,
        section=SECTION,
        home=switch_to,
        replay=replay,
        verdict=presenter.verdict(verdict, has_file=has_file),
    )
