"""POST /v1/verify: anyone asks whether a license is real and in force."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import answer_members
from api.dependencies import OptionalCaller, ServicesDep, upload_slot
from api.health.metrics import Metrics
from api.openapi import refusals
from api.problems import TooManyRequestsError
from api.rate_limit import RateLimit
from api.verification.queries import VerifyBody
from api.verification.schemas_out import VerdictOut
from ledger.errors import InvalidInputError
from ledger.services.accounts import Caller
from ledger.services.verifying import PublicQuery

router = APIRouter(tags=["verification"], dependencies=[Depends(upload_slot)])


async def within_limit(request: Request, caller: OptionalCaller) -> Caller | None:
    """Count an anonymous call; any token of this node lifts the limit."""
    if caller is None:
        limit: RateLimit = request.app.state.verify_limit
        limit.hit(request)
    return caller


@router.post(
    "/v1/verify",
    response_model=VerdictOut,
    summary="Verify a file, bundle, hash, check code, identifier or printed number",
    responses=refusals(InvalidInputError, TooManyRequestsError),
    dependencies=[Depends(within_limit)],
)
async def verify(
    request: Request,
    services: ServicesDep,
    query: Annotated[PublicQuery, Depends(VerifyBody())],
) -> Response:
    """The verdict with its eight numbered checks, decided now: nothing of it is cached.

    200 whatever the verdict. A file or a check code unknown here is asked for in other regions.
    """
    verdict = await run_in_threadpool(services.public_verification.verify_here, query)
    if verdict is None:
        verdict = await services.public_verification.verify_elsewhere(query)
    metrics: Metrics = request.app.state.metrics
    metrics.count_verdict(verdict.reason)
    return answer_members(verdict.to_json())
