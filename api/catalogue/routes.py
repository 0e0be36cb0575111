"""Regions, types and heads: public lists."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from api.answers import answer
from api.catalogue.reading import Kind, read_heads, read_log, read_regions, read_types
from api.catalogue.schemas import HeadsOut, LogOut, RegionsOut, TypesOut
from api.dependencies import ServicesDep
from api.openapi import refusals
from api.paging import DEFAULT_LIMIT, Cursor, Limit, link_to_next, parse_cursor, refuse_cursor
from ledger.errors import NotFoundError
from ledger.types import LogKind, Region

router = APIRouter(tags=["catalogue"])


@router.get("/v1/regions", response_model=RegionsOut, summary="List the consortium's regions")
def list_regions(services: ServicesDep) -> Response:
    """Every region ever admitted, as the newest final block has it."""
    with services.database.read() as session:
        return answer(read_regions(session, services.settings))


@router.get("/v1/types", response_model=TypesOut, summary="List the license types")
def list_types(services: ServicesDep) -> Response:
    """The catalogue with levels, and which regions may issue which type."""
    with services.database.read() as session:
        return answer(read_types(session))


@router.get("/v1/heads", response_model=HeadsOut, summary="List the newest head of every log")
def list_heads(services: ServicesDep) -> Response:
    """As this node mirrored them from the chain; `is_final` tells whether the block is."""
    with services.database.read() as session:
        return answer(read_heads(session))


@router.get(
    "/v1/heads/{region}/{kind}",
    response_model=LogOut,
    summary="List one log's anchored heads",
    responses=refusals(NotFoundError),
)
def list_log(
    request: Request,
    services: ServicesDep,
    region: Annotated[str, Path(pattern="^[0-9]{6}$", examples=["110000"])],
    kind: Kind,
    *,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> Response:
    """In block order, oldest first, with the epochs of the log's live lineage."""
    after = parse_cursor(cursor)
    if isinstance(after, str) or (after is not None and after < 0):
        raise refuse_cursor()
    with services.database.read() as session:
        log = read_log(
            session,
            Region(region),
            LogKind[kind.upper()],
            after=-1 if after is None else after,
            limit=limit,
        )
    path = f"/v1/heads/{region}/{kind}"
    return answer(log, headers=link_to_next(path, request.query_params, log.next))
