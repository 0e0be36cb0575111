"""Cross-region look-up and download, for clerks and business systems."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.responses import Response

from api.answers import answer_members
from api.bodies import JsonBody
from api.dependencies import ExchangeCaller, LicenseIdDep, ServicesDep
from api.exchange.presenting import (
    file_answer,
    license_members,
    search_members,
    served_bundle,
)
from api.exchange.purposes import purpose_field, require_own_office
from api.exchange.schemas import ExchangeSearchIn, ExchangeSearchOut, ForeignBundleOut
from api.media import EXTENSIONS
from api.openapi import binary, refusals
from ledger.errors import (
    IntegrityError,
    InvalidInputError,
    NotFoundError,
    NotPermittedError,
    PeerError,
    PeerUnreachableError,
)
from ledger.purpose import Purpose
from ledger.types import Region

router = APIRouter(prefix="/v1/exchange", tags=["exchange"])

PurposeDep = Annotated[Purpose, Depends(purpose_field)]
RegionPath = Annotated[str, Path(pattern=r"^[0-9]{6}$", description="A code of GET /v1/regions.")]

_ONE = refusals(
    InvalidInputError,
    NotFoundError,
    IntegrityError,
    NotPermittedError,
    PeerError,
    PeerUnreachableError,
)


@router.post(
    "/search",
    response_model=ExchangeSearchOut,
    summary="Find a holder's licenses in other regions",
    responses=refusals(InvalidInputError, NotFoundError),
)
async def search(
    services: ServicesDep,
    caller: ExchangeCaller,
    body: Annotated[ExchangeSearchIn, Depends(JsonBody(ExchangeSearchIn))],
) -> Response:
    """All regions are asked at once, each within its own time. Every license was verified against
    this node's own copy of the chain. `complete` is false when a region did not answer; `refusals`
    are types held back by rule, said before any license was looked up.
    """
    query = body.to_domain()
    require_own_office(query.purpose, caller.office)
    answers = await services.exchange.search(query, body.asked_regions())
    return answer_members(search_members(answers, body.holder.warnings()))


@router.get(
    "/licenses/{region}/{license_id}",
    response_model=ForeignBundleOut,
    summary="Read one license of any region",
    responses=_ONE,
)
async def read(
    region: RegionPath,
    license_id: LicenseIdDep,
    services: ServicesDep,
    caller: ExchangeCaller,
    purpose: PurposeDep,
) -> Response:
    """Its bundle and this node's verdict. 409 names the check that it fails."""
    require_own_office(purpose, caller.office)
    found = await services.exchange.fetch(Region(region), license_id, purpose)
    bundle = served_bundle(found)
    return answer_members(license_members(found) | {"bundle": bundle.to_json()})


@router.get(
    "/licenses/{region}/{license_id}/file",
    response_class=Response,
    summary="Download the file of a license of any region",
    responses={
        200: binary("The file as it was registered.", *sorted(EXTENSIONS)),
        **_ONE,
    },
)
async def read_file(
    region: RegionPath,
    license_id: LicenseIdDep,
    services: ServicesDep,
    caller: ExchangeCaller,
    purpose: PurposeDep,
) -> Response:
    """Verified whole before its first byte leaves. `License-Verdict` says whether the license is
    in force: a genuine file of a revoked license is still its file.
    """
    require_own_office(purpose, caller.office)
    found, content = await services.exchange.file(Region(region), license_id, purpose)
    return file_answer(found, content)
