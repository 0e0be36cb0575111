"""Who is signed in at the clerk's page, and the cookies by which a browser shows it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.context import ApiSettings, Services
from api.dependencies import services_of, settings_of
from api.pages.sessions import Session, Sessions, new_id, still_holds
from api.pages.site import is_secure
from ledger.services.accounts import Caller

PATH: Final = "/clerk"
CSRF_FIELD: Final = "form_token"
MAX_ID: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser at the clerk's page; without a session nobody is signed in."""

    visitor_id: str
    """Binds the sign-in form to the browser that it was shown to."""
    is_new: bool
    """The visitor's cookie has yet to be set."""
    session_id: str = ""
    session: Session | None = None


async def visit_of(request: Request) -> Visit:
    """The visit, by its cookies. A session ends here when its token no longer holds."""
    settings = settings_of(request)
    visitor_id = _id_in(request, _visitor_cookie(settings))
    found = Visit(visitor_id=visitor_id or new_id(), is_new=not visitor_id)
    session_id = _id_in(request, _session_cookie(settings))
    session = sessions_of(request).find(session_id) if session_id else None
    if session is None:
        return found
    if not await run_in_threadpool(_still_holds, services_of(request), session.caller):
        sessions_of(request).close(session_id)
        return found
    return replace(found, session_id=session_id, session=session)


def sessions_of(request: Request) -> Sessions:
    """The app's sessions."""
    sessions: Sessions = request.app.state.sessions
    return sessions


def set_session(response: Response, settings: ApiSettings, session_id: str) -> None:
    """Hand the browser its session's id."""
    _set(response, settings, _session_cookie(settings), session_id)


def set_visitor(response: Response, settings: ApiSettings, visit: Visit) -> None:
    """Hand a new visitor an id.

    Never the session's cookie: who comes by a link on another site brings no cookie along, and is
    shown the sign-in form, which must not sign out the clerk who works in another tab.
    """
    if visit.is_new:
        _set(response, settings, _visitor_cookie(settings), visit.visitor_id)


def forget_session(response: Response, settings: ApiSettings) -> None:
    """Have the browser drop its session's id."""
    response.delete_cookie(_session_cookie(settings), path=PATH, httponly=True, samesite="strict")


def _set(response: Response, settings: ApiSettings, name: str, value: str) -> None:
    """Not readable by scripts, never sent from another site, gone with the browser."""
    response.set_cookie(
        name,
        value,
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=is_secure(settings),
    )


def _id_in(request: Request, cookie: str) -> str:
    """The id in a cookie; empty when it has none, or what can't be one."""
    found = request.cookies.get(cookie, "")
    return found if len(found) <= MAX_ID and found.isascii() else ""


def _still_holds(services: Services, caller: Caller) -> bool:
    return still_holds(caller, services.accounts.tokens(caller.office), services.clock())


# Browsers share cookies between ports of one host, and so between nodes on one machine.
def _session_cookie(settings: ApiSettings) -> str:
    return f"ledger_clerk_{settings.region}"


def _visitor_cookie(settings: ApiSettings) -> str:
    return f"ledger_visitor_{settings.region}"
