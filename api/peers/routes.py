"""Node to node: who asks was proved before a route runs (`api.peers.signed_route`).

Not in the OpenAPI document: docs/exchange.md describes this protocol between nodes.
"""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, Request
from prometheus_client import CollectorRegistry
from starlette.responses import Response

from api.bodies import JSON, JsonBody
from api.context import ApiSettings
from api.dependencies import ServicesDep
from api.peers.budget import FindBudget
from api.peers.schemas import FindIn, OneIn, SearchIn
from api.peers.signed_route import AskingRegion, SignedRoute
from ledger import canonical
from ledger.bundle import Bundle

FRAME: Final = "application/vnd.license-ledger.file"
_VERSION: Final = 1

router = APIRouter(prefix="/v1/peer", route_class=SignedRoute, include_in_schema=False)


def install(app: FastAPI, settings: ApiSettings, registry: CollectorRegistry) -> None:
    """Add the routes to `app`, and to `registry` the count of questions passed on."""
    app.state.find_budget = FindBudget(settings.peer_find_rate, registry)
    app.include_router(router)


def find_budget(request: Request) -> FindBudget:
    """The app's one count of questions passed on."""
    budget: FindBudget = request.app.state.find_budget
    return budget


@router.post("/search")
def search(
    asking: AskingRegion, body: Annotated[SearchIn, Depends(JsonBody(SearchIn))], to: ServicesDep
) -> Response:
    """A holder's licenses that the asking region may see, and what is held back and why."""
    answer = to.provision.search(asking, body.to_domain())
    return _json(
        {
            "bundles": list(answer.unverified_bundles),
            "refusals": [{"type": one.type_code, "reason": one.reason} for one in answer.refusals],
            "failures": [
                {
                    "id": one.license_id,
                    "type": one.type_code,
                    "reason": one.reason,
                    "check": one.check,
                }
                for one in answer.failures
            ],
            "more": answer.more,
        }
    )


@router.post("/bundle")
def bundle(
    asking: AskingRegion, body: Annotated[OneIn, Depends(JsonBody(OneIn))], to: ServicesDep
) -> Response:
    """One license's bundle."""
    found = to.provision.bundle(asking, body.id, body.purpose.to_domain())
    return _json({"bundle": found.to_json()})


@router.post("/file")
def file(
    asking: AskingRegion, body: Annotated[OneIn, Depends(JsonBody(OneIn))], to: ServicesDep
) -> Response:
    """One license's bundle and file."""
    found, content = to.provision.file(asking, body.id, body.purpose.to_domain())
    return Response(_frame(found, content), media_type=FRAME)


@router.post("/find")
def find(
    asking: AskingRegion,
    body: Annotated[FindIn, Depends(JsonBody(FindIn))],
    to: ServicesDep,
    budget: Annotated[FindBudget, Depends(find_budget)],
) -> Response:
    """The open part of what a check code or a file's digest belongs to."""
    budget.take(asking)
    found = to.public_verification.find_for_peer(
        check_code=body.check_code, sha256=body.file_digest
    )
    return _json({"bundle": None if found is None else found.to_json()})


def _json(members: dict[str, object]) -> Response:
    return Response(canonical.encode({"v": _VERSION, **members}), media_type=JSON)


def _frame(found: Bundle, content: bytes) -> bytes:
    encoded = found.encode()
    return len(encoded).to_bytes(4, "big") + encoded + content
