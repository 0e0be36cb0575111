"""POST /v1/verify: anyone asks whether a license is real and in force."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import answer_members
from api.context import Services
from api.dependencies import BEARER, BEARER_SCHEME, optional_caller, services_of
from api.health.metrics import Metrics
from api.openapi import refusals, takes_body
from api.problems import TooManyRequestsError
from api.rate_limit import RateLimit
from api.uploads import UploadSlots
from api.verification.queries import VerifyBody
from api.verification.schemas_out import VerdictOut
from ledger.errors import InvalidInputError, NotAuthenticatedError
from ledger.services.verifying import PublicQuery
from ledger.verdict import Verdict


class DirectRoute(APIRoute):
    """A route whose endpoint takes the request itself: there are no dependencies to solve."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The endpoint as it is."""
        endpoint: Callable[[Request], Coroutine[Any, Any, Response]] = self.endpoint
        return endpoint


router = APIRouter(tags=["verification"], route_class=DirectRoute)

_BODY = VerifyBody()


@router.post(
    "/v1/verify",
    response_model=VerdictOut,
    summary="Verify a file, bundle, hash, check code, identifier or printed number",
    responses=refusals(InvalidInputError, NotAuthenticatedError, TooManyRequestsError),
    openapi_extra={"security": [{}, {BEARER_SCHEME: []}]},
)
@takes_body(_BODY)
async def verify(request: Request) -> Response:
    """The verdict with its eight numbered checks, decided now: nothing of it is cached.

    200 whatever the verdict. A file or a check code unknown here is asked for in other regions.
    No login; a token, of any scope, lifts the limit on how often one address may ask.
    """
    # The busiest route: it takes what it needs itself, since each dependency costs FastAPI as
    # much as a look-up in the database costs us.
    services = services_of(request)
    await _let_in(request, services)
    slots: UploadSlots = request.app.state.upload_slots
    with slots.taken(request.headers.get("content-length"), services.settings.max_json_bytes):
        query = await _BODY(request)
        verdict = await decide(services, query)
    metrics: Metrics = request.app.state.metrics
    metrics.count_verdict(verdict.reason)
    return answer_members(verdict.to_json())


async def decide(services: Services, query: PublicQuery) -> Verdict:
    """This node's verdict, or the other regions' on what is unknown here."""
    verifying = services.public_verification
    is_small = query.content is None and query.bundle is None
    if is_small and services.settings.reads_inline:
        verdict = verifying.verify_here(query)
    else:
        verdict = await run_in_threadpool(verifying.verify_here, query)
    return verdict if verdict is not None else await verifying.verify_elsewhere(query)


async def _let_in(request: Request, services: Services) -> None:
    """Count an anonymous call; a wrong token is an error, never anonymous.

    Wrong tokens have a count of their own, of the same rate: guessing is no way around the limit,
    and an address that used up its anonymous calls may still turn to a token.
    """
    if "authorization" not in request.headers:
        limit: RateLimit = request.app.state.verify_limit
        limit.hit(request)
        return
    wrong_tokens: RateLimit = request.app.state.wrong_token_limit
    wrong_tokens.require_room(request)
    try:
        await optional_caller(request, await BEARER(request))
    except NotAuthenticatedError:
        wrong_tokens.hit(request)
        raise
