"""Adds the pages to the app."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import Response

import api.pages.clerk
import api.pages.sign_in
import api.pages.verify
from api.context import Services
from api.pages.sessions import Sessions
from api.pages.site import ASSETS, Site, site_of

router = APIRouter(include_in_schema=False)


def install(app: FastAPI, services: Services) -> None:
    """Add the pages to `app`, with what they keep: templates, words, and clerks' sessions."""
    app.state.site = Site()
    app.state.sessions = Sessions(services.clock)
    app.include_router(api.pages.verify.router)
    app.include_router(api.pages.sign_in.router)
    app.include_router(api.pages.clerk.router)
    app.include_router(router)


@router.get(ASSETS + "/{name}")
async def read_asset(name: str, request: Request) -> Response:
    """A file that pages name; its address changes with its content."""
    return site_of(request).asset(name)
