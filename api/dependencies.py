"""Who calls, what the call may do, and the services that answer it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Header, Path, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from api.context import ApiSettings, Services
from api.uploads import UploadSlots
from ledger.errors import Fault, InvalidInputError, NotAuthenticatedError, NotFoundError
from ledger.services.accounts import Caller, Scope

LICENSE_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")

BEARER_SCHEME: Final = "bearer"
"""Name of the security scheme in the OpenAPI document."""

BEARER: Final = HTTPBearer(
    scheme_name=BEARER_SCHEME,
    description="A token of a license office (`llt_…`); the operator makes it with its scopes.",
    auto_error=False,
)


def services_of(request: Request) -> Services:
    """The services that `create_app` was handed."""
    services: Services = request.app.state.services
    return services


async def _services(request: Request) -> Services:
    """`services_of` as a dependency: async, since FastAPI runs others in a thread."""
    return services_of(request)


def settings_of(request: Request) -> ApiSettings:
    """The limits of this API."""
    return services_of(request).settings


async def optional_caller(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(BEARER)],
) -> Caller | None:
    """The caller, or None for an anonymous one; a wrong token is an error, never anonymous."""
    if credentials is None:
        if "authorization" in request.headers:
            raise NotAuthenticatedError("the Authorization header is not `Bearer` and a token")
        return None
    accounts = services_of(request).accounts
    return await run_in_threadpool(accounts.authenticate, credentials.credentials)


@dataclass(frozen=True, slots=True)
class Allowed:
    """A dependency that lets a caller pass whose token has `scope`, and gives it on."""

    scope: Scope

    async def __call__(self, caller: Annotated[Caller | None, Depends(optional_caller)]) -> Caller:
        if caller is None:
            raise NotAuthenticatedError(
                "this needs a token; send `Authorization: Bearer` and a token of your office"
            )
        caller.require(self.scope)
        return caller


async def license_id(
    license_id: Annotated[str, Path(description="The license's id (UUID).")],
) -> str:
    """The id in the path; whatever is not one is no license's, and answered as such."""
    if LICENSE_ID.fullmatch(license_id) is None:
        raise NotFoundError("there is no such license of this office")
    return license_id


async def idempotency_key(
    idempotency_key: Annotated[
        str | None,
        Header(
            description="Makes a retry safe: the same key with the same request is done once.",
            max_length=200,
        ),
    ] = None,
) -> str | None:
    """The Idempotency-Key, if one was sent; raise InvalidInputError when it is not plain."""
    if idempotency_key is None or _IDEMPOTENCY_KEY.fullmatch(idempotency_key):
        return idempotency_key
    raise InvalidInputError(
        (
            Fault(
                field="Idempotency-Key",
                problem="is not 1 to 200 visible ASCII characters",
                next_step="use a fresh UUID for each new request",
                code="malformed_idempotency_key",
            ),
        )
    )


async def upload_slot(request: Request) -> AsyncIterator[None]:
    """Room for one large body in memory, until the answer is made."""
    slots: UploadSlots = request.app.state.upload_slots
    with slots.taken(request.headers.get("content-length"), settings_of(request).max_json_bytes):
        yield


ServicesDep = Annotated[Services, Depends(_services)]
LicenseIdDep = Annotated[str, Depends(license_id)]
IdempotencyDep = Annotated[str | None, Depends(idempotency_key)]
OptionalCaller = Annotated[Caller | None, Depends(optional_caller)]
Reader = Annotated[Caller, Depends(Allowed(Scope.LICENSES_READ))]
Writer = Annotated[Caller, Depends(Allowed(Scope.LICENSES_WRITE))]
StatusWriter = Annotated[Caller, Depends(Allowed(Scope.STATUS_WRITE))]
ExchangeCaller = Annotated[Caller, Depends(Allowed(Scope.EXCHANGE))]
Operator = Annotated[Caller, Depends(Allowed(Scope.OPERATE))]
