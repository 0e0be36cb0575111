"""The page that a clerk sees instead of a file: which check failed, or which rule forbids it."""

from __future__ import annotations

import structlog
from fastapi import Request
from starlette.responses import Response

from api.pages.clerk_session import PATH
from api.pages.search_view import check_name, refusal_text
from api.pages.site import site_of
from api.pages.verdict_view import Presenter
from api.problems import headers_of, kind_of
from ledger.errors import IntegrityError, LedgerError, NotFoundError, NotPermittedError
from ledger.verdict import CHECK_NAMES

log = structlog.stdlib.get_logger("api.pages")


def refused_page(
    request: Request, presenter: Presenter, error: LedgerError, *, office: str
) -> Response:
    """Why nothing is served, with the status that the API would answer."""
    words, kind = presenter.words, kind_of(error)
    log.info("download_refused", code=kind.code, reason=getattr(error, "reason", kind.code))
    why, next_step = kind.title(words.language), words(f"problem.{kind.code}", seconds=0)
    check = ""
    if isinstance(error, IntegrityError):
        if 1 <= error.check <= len(CHECK_NAMES):
            check = check_name(presenter, error.check, "clerk.refused.check")
        why = words.get(f"reason.{error.reason}.line") or why
        next_step = words.get(f"reason.{error.reason}.next") or next_step
    elif isinstance(error, NotPermittedError):
        why = refusal_text(presenter, error.reason)
        next_step = words.get(f"refusal_next.{error.reason}") or next_step
    elif isinstance(error, NotFoundError):
        why = refusal_text(presenter, "not_found")
    response = site_of(request).page(
        request,
        "refused.html",
        status=kind.status,
        section="clerk",
        home=PATH,
        office=office,
        is_failed=isinstance(error, IntegrityError),
        check=check,
        why=why,
        next_step=next_step,
        reason=getattr(error, "reason", kind.code),
    )
    for name, value in headers_of(error).items():
        response.headers[name] = value
    return response
