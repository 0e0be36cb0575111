"""The purpose of a look-up: in the body of a search, in one header field where there is no body.

`License-Purpose` is the same JSON object in base64url, so it never stands in a URL, where it would
be logged, bookmarked and sent on (docs/adr: purpose in a header field).
"""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Header
from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from api.bodies import Body, check, parse_json
from api.problems import MalformedBodyError
from ledger.encoding import b64url_decode
from ledger.errors import Fault, InvalidInputError, MalformedError
from ledger.purpose import MAX_TEXT, Handler, Purpose

FIELD: Final = "License-Purpose"
MAX_FIELD_BYTES: Final = 8 * 1024

PURPOSE_EXAMPLE: Final[dict[str, Any]] = {
    "system": "雄安新区一网通办",
    "matter_code": "11133100MB0000001000101",
    "case_number": "2026-001234",
    "handler": {"name": "王示例", "id_digest": "5e" * 32, "office": "11133100MB00000015"},
}

Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]


class HandlerIn(Body):
    """The clerk who handles the case (经办人)."""

    name: Text
    id_digest: Annotated[
        str,
        StringConstraints(pattern=r"^[0-9a-f]{64}$"),
        Field(description="Salted digest of the handler's number, made by the office."),
    ]
    office: Annotated[Text, Field(description="Credit code of the office whose token asks.")]


class PurposeIn(Body):
    """Why a license is asked for (用证事由)."""

    model_config = ConfigDict(json_schema_extra={"examples": [PURPOSE_EXAMPLE]})

    system: Annotated[Text, Field(description="The system that asks (用证系统).")]
    matter_code: Annotated[Text, Field(description="The matter (事项编码).")]
    case_number: Annotated[Text, Field(description="The case (办件编号).")]
    handler: HandlerIn

    def to_domain(self) -> Purpose:
        """The purpose; `ledger.purpose` says when it is complete."""
        return Purpose(
            system=self.system,
            matter_code=self.matter_code,
            case_number=self.case_number,
            handler=Handler(
                name=self.handler.name,
                id_digest=self.handler.id_digest,
                office=self.handler.office,
            ),
        )


_PURPOSE: Final = TypeAdapter(PurposeIn)


def purpose_field(
    license_purpose: Annotated[
        str | None,
        Header(
            description="Why: the `purpose` object of a search as JSON, in base64url.",
            max_length=MAX_FIELD_BYTES,
        ),
    ] = None,
) -> Purpose:
    """The purpose in the request's header field. Raise InvalidInputError saying what is wrong."""
    if license_purpose is None:
        raise _refuse("is missing", "missing")
    try:
        data = b64url_decode(license_purpose)
        value = parse_json(data, max_bytes=MAX_FIELD_BYTES)
    except (MalformedError, MalformedBodyError) as error:
        raise _refuse("is not JSON in base64url without padding", "malformed_text") from error
    return check(_PURPOSE, value).to_domain()


def require_own_office(purpose: Purpose, office: str) -> None:
    """Raise InvalidInputError when the handler is said to be of another office than the caller."""
    if purpose.handler.office != office:
        raise InvalidInputError(
            (
                Fault(
                    field="purpose.handler.office",
                    problem="is not the office of this token",
                    next_step=f"name the office that asks, {office}, or use that office's token",
                    code="wrong_office",
                ),
            )
        )


def _refuse(problem: str, code: str) -> InvalidInputError:
    return InvalidInputError(
        (
            Fault(
                field=FIELD,
                problem=problem,
                next_step="send the `purpose` object of POST /v1/exchange/search, as JSON in "
                "base64url, in this header field",
                code=code,
            ),
        )
    )
