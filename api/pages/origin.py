"""Whether a form was posted from one of our own pages (against cross-site request forgery).

Three things, each enough against most attacks, all of them asked: the cookie is SameSite=Strict;
the browser's own word on where the request came from (Sec-Fetch-Site, else Origin) must not name
another site; and the form must carry the token that belongs to the cookie. Our pages send no
referrer, for which browsers write `Origin: null`: so a null origin decides nothing.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from fastapi import Request

from api.pages.sessions import is_form_token

_OWN = ("same-origin", "none")


def is_own_form(request: Request, form_token: str, session_id: str) -> bool:
    """Whether the request comes from our page, shown to the owner of this cookie."""
    return bool(session_id) and _is_own_origin(request) and is_form_token(form_token, session_id)


def _is_own_origin(request: Request) -> bool:
    fetch_site = request.headers.get("sec-fetch-site")
    if fetch_site is not None:
        return fetch_site in _OWN
    origin = request.headers.get("origin", "null")
    if origin == "null":
        return True
    try:
        return urlsplit(origin).netloc == request.headers.get("host", "")
    except ValueError:  # brackets that hold no address
        return False
