"""Offices and tokens."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from api.answers import Answer
from api.bodies import Body
from api.values import InstantOut, Plain
from ledger.services.accounts import MAX_TOKEN_LIFE, Scope

RoleName = Literal["clerk", "business", "verifier", "auditor", "operator"]

_TOKEN_EXAMPLE: Final[dict[str, Any]] = {
    "id": "0192f0c1-2d3e-7a4b-8c5d-6e7f80912a3b",
    "office": "11220000013544541J",
    "label": "counter 3",
    "scopes": ["exchange", "licenses:read"],
    "created_at": "2026-11-24T22:55:57Z",
    "expires_at": "2027-02-22T22:55:57Z",
    "revoked_at": None,
    "last_used_at": None,
}


class TokenIn(Body):
    """A token to make: for one office, with a role's scopes or with scopes by name."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "office": "11220000013544541J",
                    "label": "counter 3",
                    "role": "clerk",
                    "life_days": 90,
                }
            ]
        }
    )

    office: Annotated[Plain, Field(max_length=18, description="The office's credit code.")]
    label: Annotated[Plain, Field(min_length=1, max_length=100)]
    role: RoleName | None = None
    scopes: Annotated[
        list[Annotated[str, Field(max_length=40)]] | None,
        Field(max_length=20, description=f"Some of {', '.join(scope.value for scope in Scope)}."),
    ] = None
    life_days: Annotated[int, Field(ge=1, le=MAX_TOKEN_LIFE.days)] = 90


class TokenOut(Answer):
    """A token without its secret, which is stored nowhere."""

    id: str
    office: str
    label: str
    scopes: list[str]
    created_at: InstantOut
    expires_at: InstantOut
    revoked_at: InstantOut | None
    last_used_at: InstantOut | None


class NewTokenOut(TokenOut):
    """A token just made. `token` is shown this once."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TOKEN_EXAMPLE | {"token": "llt_…"}]})

    token: str


class TokensOut(Answer):
    """All tokens of this node's offices."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"tokens": [_TOKEN_EXAMPLE]}]})

    tokens: list[TokenOut]


class OfficeIn(Body):
    """An office's name."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "示例市市场监督管理局"}]})

    name: Annotated[Plain, Field(min_length=1, max_length=200)]


class OfficeOut(Answer):
    """An office of this region."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"office": "11220000013544541J", "name": "示例市市场监督管理局"}]
        }
    )

    office: str
    name: str


class OfficesOut(Answer):
    """All offices of this node."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"offices": [{"office": "11220000013544541J", "name": "示例市市场监督管理局"}]}
            ]
        }
    )

    offices: list[OfficeOut]
