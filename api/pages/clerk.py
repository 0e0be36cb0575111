"""The clerk's page: look up a holder's licenses in other regions, and download what was found.

Everything that names a person or a case is posted in a body; an address carries none of it. What
is posted must come from our own page (`api.pages.origin`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.dependencies import services_of
from api.exchange.presenting import bundle_answer, file_answer
from api.licenses.schemas_in import is_code_doubtful
from api.pages import search_form
from api.pages.catalogue import load_regions, load_types
from api.pages.clerk_session import CSRF_FIELD, PATH, Visit, visit_of
from api.pages.forms import Fields, read_fields
from api.pages.origin import is_own_form
from api.pages.page_route import PageRoute
from api.pages.refused import refused_page
from api.pages.search_form import SearchForm
from api.pages.search_view import SearchView, search_view
from api.pages.sessions import Session, form_token
from api.pages.sign_in import SEE_OTHER, sign_in_page
from api.pages.site import site_of
from api.pages.type_choice import type_groups
from api.pages.verdict_view import Presenter
from ledger.errors import LedgerError, NotFoundError
from ledger.types import Region

router = APIRouter(prefix=PATH, route_class=PageRoute, include_in_schema=False)

REGION_FIELD: Final = "region"
LICENSE_FIELD: Final = "license_id"
PART_FIELD: Final = "part"
BUNDLE_PART: Final = "bundle"

_LICENSE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@router.get("")
async def show(request: Request) -> Response:
    """The look-up form for who is signed in, with the last purpose in it; else the sign-in."""
    visit = await visit_of(request)
    if visit.session is None:
        return await sign_in_page(request)
    form = search_form.empty_form(visit.session.newest)
    return await _page(request, visit, visit.session, form)


@router.get("/search")
@router.get("/file")
@router.get("/sign-in")
async def start_again(request: Request) -> Response:
    """Where a form was posted to; opened as an address it leads to the form."""
    return RedirectResponse(PATH, status_code=SEE_OTHER)


@router.post("/search")
async def search(request: Request) -> Response:
    """Every region's answer, verified here. The form stays, with its purpose, for the next one."""
    visit, fields = await visit_of(request), await read_fields(request)
    session = visit.session
    if session is None:
        return await sign_in_page(request, "session_ended", status=401)
    form = search_form.read_form(fields)
    if not is_own_form(request, fields.one(CSRF_FIELD), visit.session_id):
        return await _page(request, visit, session, form, notice="form_expired", status=403)
    services = services_of(request)
    known, number = session.cases.get(form.case), fields.one(search_form.HANDLER_NUMBER)
    faults = search_form.faults_of(
        form,
        number,
        known,
        types=await run_in_threadpool(load_types, services),
        regions=await run_in_threadpool(load_regions, services),
    )
    if faults:
        return await _page(request, visit, session, form, faults=faults, status=422)
    office = session.caller.office
    query = search_form.query_of(
        form,
        number,
        known,
        office=office,
        digest_of=lambda text: services.look_up.handler_digest(office, text).hex(),
    )
    answers = await services.exchange.search(query, search_form.asked_regions(form))
    presenter = await _presenter(request)
    return await _page(
        request,
        visit,
        session,
        search_form.with_case(form, session.remember(query.purpose)),
        answer=search_view(
            presenter,
            answers,
            query.purpose,
            is_code_doubtful=is_code_doubtful(query.holder_code),
        ),
    )


@router.post("/file")
async def download(request: Request) -> Response:
    """A found license's file or bundle, verified first; a page says why when it is not served."""
    visit, fields = await visit_of(request), await read_fields(request)
    session = visit.session
    if session is None:
        return await sign_in_page(request, "session_ended", status=401)
    purpose = session.cases.get(fields.one(search_form.CASE))
    is_own = is_own_form(request, fields.one(CSRF_FIELD), visit.session_id)
    if not is_own or purpose is None:
        form = search_form.empty_form(session.newest)
        return await _page(request, visit, session, form, notice="form_expired", status=403)
    region, license_id = _asked(fields)
    exchange = services_of(request).exchange
    try:
        if fields.one(PART_FIELD) == BUNDLE_PART:
            return bundle_answer(await exchange.fetch(region, license_id, purpose))
        found, content = await exchange.file(region, license_id, purpose)
        return file_answer(found, content)
    except LedgerError as error:
        return refused_page(request, await _presenter(request), error, office=session.office_name)


def _asked(fields: Fields) -> tuple[Region, str]:
    """Region and id of the license; raise NotFoundError for what is neither."""
    region, license_id = fields.one(REGION_FIELD), fields.one(LICENSE_FIELD)
    if re.fullmatch(r"[0-9]{6}", region) is None or _LICENSE_ID.fullmatch(license_id) is None:
        raise NotFoundError("the form names no license")
    return Region(region), license_id


async def _presenter(request: Request) -> Presenter:
    services = services_of(request)
    types = await run_in_threadpool(load_types, services)
    return Presenter(site_of(request).words(request), services.settings, types.get)


async def _page(
    request: Request,
    visit: Visit,
    session: Session,
    form: SearchForm,
    *,
    faults: Mapping[str, str] | None = None,
    notice: str = "",
    answer: SearchView | None = None,
    status: int = 200,
) -> Response:
    services = services_of(request)
    presenter = await _presenter(request)
    types = await run_in_threadpool(load_types, services)
    regions = await run_in_threadpool(load_regions, services)
    return site_of(request).page(
        request,
        "clerk.html",
        status=status,
        section="clerk",
        home=PATH,
        office=session.office_name,
        form=form,
        form_token=form_token(visit.session_id),
        faults=faults or {},
        notice=notice,
        answer=answer,
        regions=[(code, presenter.region_name(code)) for code in regions],
        home_region=services.settings.region,
        type_groups=type_groups(types.values(), presenter.words),
    )
