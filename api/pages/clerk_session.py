"""Who is signed in at the clerk's page, and the cookie by which a browser shows it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.context import ApiSettings, Services
from api.dependencies import services_of, settings_of
from api.pages.sessions import Session, Sessions, form_token, new_id, still_holds
from api.pages.site import is_secure
from ledger.services.accounts import Caller

PATH: Final = "/clerk"
CSRF_FIELD: Final = "form_token"
MAX_ID: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser at the clerk's page; without a session nobody is signed in."""

    session_id: str
    session: Session | None
    is_new: bool
    """The cookie has yet to be set."""

    @property
    def form_token(self) -> str:
        return form_token(self.session_id)


async def visit_of(request: Request) -> Visit:
    """The visit, by its cookie. A session ends here when its token no longer holds."""
    session_id = request.cookies.get(_cookie_name(settings_of(request)), "")
    if not session_id or len(session_id) > MAX_ID or not session_id.isascii():
        return Visit(session_id=new_id(), session=None, is_new=True)
    sessions = sessions_of(request)
    session = sessions.find(session_id)
    if session is not None:
        services = services_of(request)
        if not await run_in_threadpool(_still_holds, services, session.caller):
            sessions.close(session_id)
            session = None
    return Visit(session_id=session_id, session=session, is_new=False)


def sessions_of(request: Request) -> Sessions:
    """The app's sessions."""
    sessions: Sessions = request.app.state.sessions
    return sessions


def set_cookie(response: Response, settings: ApiSettings, session_id: str) -> None:
    """Hand the browser its id: not readable by scripts, never sent from another site."""
    response.set_cookie(
        _cookie_name(settings),
        session_id,
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=is_secure(settings),
    )


def forget_cookie(response: Response, settings: ApiSettings) -> None:
    """Have the browser drop its id."""
    response.delete_cookie(_cookie_name(settings), path=PATH, httponly=True, samesite="strict")


def _still_holds(services: Services, caller: Caller) -> bool:
    return still_holds(caller, services.accounts.tokens(caller.office), services.clock())


def _cookie_name(settings: ApiSettings) -> str:
    # Browsers share cookies between ports of one host, and so between nodes on one machine.
    return f"ledger_clerk_{settings.region}"
