"""Signing in with an office's token, and out again."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from api.context import Services
from api.dependencies import services_of, settings_of
from api.pages.clerk_session import (
    CSRF_FIELD,
    PATH,
    forget_session,
    sessions_of,
    set_session,
    set_visitor,
    visit_of,
)
from api.pages.forms import read_fields
from api.pages.origin import is_own_form
from api.pages.page_route import PageRoute
from api.pages.sessions import form_token
from api.pages.site import site_of
from ledger.errors import NotAuthenticatedError, NotPermittedError
from ledger.services.accounts import Caller, Scope

router = APIRouter(prefix=PATH, route_class=PageRoute, include_in_schema=False)

CREDENTIAL_FIELD: Final = "token"
SEE_OTHER: Final = 303


@router.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """A session for the office whose token this is; the id is a fresh one, never the visitor's."""
    visit = await visit_of(request)
    fields = await read_fields(request)
    if not is_own_form(request, fields.one(CSRF_FIELD), visit.visitor_id):
        return await sign_in_page(request, "form_expired", status=403)
    services = services_of(request)
    token = fields.one(CREDENTIAL_FIELD)
    if not token:
        return await sign_in_page(request, "no_token", status=422)
    try:
        caller = await run_in_threadpool(services.accounts.authenticate, token)
        caller.require(Scope.EXCHANGE)
    except NotAuthenticatedError:
        return await sign_in_page(request, "token_refused", status=401)
    except NotPermittedError:
        return await sign_in_page(request, "token_scope", status=403)
    name = await run_in_threadpool(_office_name, services, caller)
    sessions = sessions_of(request)
    sessions.close(visit.session_id)
    response = RedirectResponse(PATH, status_code=SEE_OTHER)
    set_session(response, settings_of(request), sessions.open(caller, name))
    return response


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """End the session. A form from elsewhere ends nothing."""
    visit = await visit_of(request)
    fields = await read_fields(request)
    response = RedirectResponse(PATH, status_code=SEE_OTHER)
    if is_own_form(request, fields.one(CSRF_FIELD), visit.session_id):
        sessions_of(request).close(visit.session_id)
        forget_session(response, settings_of(request))
    return response


async def sign_in_page(request: Request, fault: str = "", *, status: int = 200) -> Response:
    """The form for the token; `fault` is the code of what was wrong."""
    visit = await visit_of(request)
    response = site_of(request).page(
        request,
        "sign_in.html",
        status=status,
        section="clerk",
        home=PATH,
        fault=fault,
        form_token=form_token(visit.visitor_id),
    )
    set_visitor(response, settings_of(request), visit)
    return response


def _office_name(services: Services, caller: Caller) -> str:
    names = {office.uscc: office.name for office in services.accounts.offices()}
    return names.get(caller.office, caller.office)
