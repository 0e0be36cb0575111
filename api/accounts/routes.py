"""Offices and their tokens, for operators of the node."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.responses import Response

from api.accounts.schemas import (
    NewTokenOut,
    OfficeIn,
    OfficeOut,
    OfficesOut,
    TokenIn,
    TokenOut,
    TokensOut,
)
from api.answers import answer
from api.bodies import JsonBody
from api.dependencies import Operator, ServicesDep
from api.openapi import refusals
from ledger.errors import Fault, InvalidInputError, NotFoundError
from ledger.ports.accounts import Office, TokenRecord
from ledger.services.accounts import ROLES

router = APIRouter(tags=["accounts"])

_OFFICE = "^[0-9A-Z]{18}$"


@router.get("/v1/tokens", response_model=TokensOut, summary="List tokens")
def list_tokens(
    services: ServicesDep,
    _: Operator,
    office: Annotated[str | None, Query(pattern=_OFFICE, description="Of this office.")] = None,
) -> Response:
    """Every token of this node, or of one office, with its last use; secrets are stored nowhere."""
    tokens = services.accounts.tokens(office)
    return answer(TokensOut(tokens=[TokenOut(**_members(one)) for one in tokens]))


@router.post(
    "/v1/tokens",
    status_code=201,
    response_model=NewTokenOut,
    summary="Make a token",
    responses=refusals(InvalidInputError, NotFoundError),
)
def create_token(
    services: ServicesDep, _: Operator, body: Annotated[TokenIn, Depends(JsonBody(TokenIn))]
) -> Response:
    """The secret is in this answer and nowhere else, so a retry makes another token: no key here
    could give the first one back. Revoke what is not used.
    """
    if (body.role is None) == (body.scopes is None):
        raise InvalidInputError(
            (
                Fault(
                    field="role",
                    problem="and scopes: exactly one of them must be given",
                    next_step=f"name a role ({', '.join(ROLES)}), or list scopes",
                    code="not_exactly_one",
                ),
            )
        )
    scopes = body.scopes if body.role is None else [scope.value for scope in ROLES[body.role]]
    made = services.accounts.create_token(
        office=body.office,
        label=body.label,
        scopes=scopes or [],
        life=timedelta(days=body.life_days),
    )
    return answer(NewTokenOut(**_members(made.record), token=made.secret), status=201)


@router.delete(
    "/v1/tokens/{token_id}",
    status_code=204,
    response_class=Response,
    summary="Revoke a token",
    responses=refusals(NotFoundError),
)
def revoke_token(
    token_id: Annotated[str, Path(pattern="^[0-9a-f-]{36}$")], services: ServicesDep, _: Operator
) -> Response:
    """At once; revoking it again is fine."""
    services.accounts.revoke_token(token_id)
    return Response(status_code=204)


@router.get("/v1/offices", response_model=OfficesOut, summary="List offices")
def list_offices(services: ServicesDep, _: Operator) -> Response:
    """Every office of this node."""
    return answer(OfficesOut(offices=[_office(one) for one in services.accounts.offices()]))


@router.put(
    "/v1/offices/{office}",
    response_model=OfficeOut,
    summary="Add or rename an office",
    responses=refusals(InvalidInputError),
)
def put_office(
    office: Annotated[str, Path(max_length=18, examples=["11220000013544541J"])],
    services: ServicesDep,
    _: Operator,
    body: Annotated[OfficeIn, Depends(JsonBody(OfficeIn))],
) -> Response:
    """An office is known by its credit code (GB 32100), which must hold."""
    made = Office(uscc=office, name=body.name)
    services.accounts.put_office(made)
    return answer(_office(made))


def _office(office: Office) -> OfficeOut:
    return OfficeOut(office=office.uscc, name=office.name)


def _members(token: TokenRecord) -> dict[str, object]:
    return {
        "id": token.id,
        "office": token.office,
        "label": token.label,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
    }
