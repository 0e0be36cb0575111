"""What someone who verifies presents."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import ConfigDict, Field, JsonValue

from api.bodies import Body
from api.values import Instant

PRESENTED: Final = ("bundle", "sha256", "check_code", "identifier", "number")
"""The members of which exactly one is sent."""


class NumberIn(Body):
    """What is printed on a license; answers for organisations' open types only."""

    type: Annotated[str, Field(max_length=40, description="A code of GET /v1/types.")]
    number: Annotated[str, Field(min_length=1, max_length=200, description="证照编号.")]
    holder_name: Annotated[str, Field(min_length=1, max_length=200)]


class VerifyIn(Body):
    """Exactly one thing to verify, as of now or of an instant in the past."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
                {"check_code": "q0f3Zk9vT1y6mX2bLwYc5g", "as_of": "2026-11-24T22:55:57Z"},
            ],
            "oneOf": [{"required": [name]} for name in PRESENTED],
        }
    )

    bundle: Annotated[
        dict[str, JsonValue] | None, Field(description="The members of a `.license.json`.")
    ] = None
    sha256: Annotated[
        str | None, Field(description="Of the license's file: 64 lower-case hex digits.")
    ] = None
    check_code: Annotated[str | None, Field(max_length=200, description="From the QR.")] = None
    identifier: Annotated[str | None, Field(max_length=200, description="证照标识.")] = None
    number: NumberIn | None = None
    as_of: Instant | None = None
