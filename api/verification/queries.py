"""From what was presented to a query: exactly one thing, in its one spelling."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import Request
from pydantic import TypeAdapter

from api.bodies import (
    FORM,
    JSON,
    BodyDescription,
    check,
    parse_json,
    read_body,
    require_media_type,
)
from api.dependencies import settings_of
from api.forms import Part, parse_form
from api.problems import BodyTooLargeError, MalformedBodyError
from api.verification.schemas_in import PRESENTED, VerifyIn
from ledger.encoding import hex_decode, parse_instant
from ledger.errors import Fault, InvalidInputError, MalformedError
from ledger.services.verifying import PublicQuery

_VERIFY = TypeAdapter(VerifyIn)


class VerifyBody:
    """Reads a query from JSON, or from a form with a file."""

    def describe(self) -> BodyDescription:
        """For the OpenAPI document."""
        form = {
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {
                    "type": "string",
                    "format": "binary",
                    "description": "A license's file, or a `.license.json`. At most 20 MiB.",
                },
                "as_of": {"type": "string", "format": "date-time"},
            },
        }
        return {JSON: VerifyIn, FORM: form}

    async def __call__(self, request: Request) -> PublicQuery:
        settings = settings_of(request)
        if require_media_type(request, JSON, FORM) == JSON:
            body = await read_body(request, settings.max_json_bytes)
            return query_from_json(parse_json(body, max_bytes=settings.max_json_bytes))
        body = await read_body(request, settings.max_file_bytes + settings.max_json_bytes)
        return query_from_form(
            parse_form(request.headers["content-type"], body), settings.max_file_bytes
        )


def query_from_json(value: object) -> PublicQuery:
    """The query in a JSON body. Raise InvalidInputError naming every fault."""
    body = check(_VERIFY, value)
    presented = [name for name in PRESENTED if getattr(body, name) is not None]
    if len(presented) != 1:
        raise _fault(
            "body",
            f"presents {len(presented)} things to verify",
            f"send exactly one of {', '.join(PRESENTED)}, or a form with a file",
            "not_exactly_one",
        )
    number = body.number
    return PublicQuery(
        bundle=body.bundle,
        sha256=None if body.sha256 is None else _digest(body.sha256),
        check_code=body.check_code,
        identifier=body.identifier,
        number=None if number is None else (number.type, number.number, number.holder_name),
        as_of=body.as_of,
    )


def query_from_form(parts: Mapping[str, Part], max_file_bytes: int) -> PublicQuery:
    """The query in a form: `file`, and `as_of` if it is about the past."""
    if parts.keys() - {"as_of"} != {"file"}:
        raise MalformedBodyError("the form's parts must be `file` and, if wanted, `as_of`")
    content = parts["file"].content
    if not content:
        raise _fault("file", "is empty", "choose the license's file", "empty_file")
    if len(content) > max_file_bytes:
        raise BodyTooLargeError(f"files of at most {max_file_bytes} bytes are verified here")
    as_of = parts.get("as_of")
    try:
        instant = None if as_of is None else parse_instant(as_of.content.decode("latin-1"))
    except MalformedError as error:
        raise _fault("as_of", str(error), "write it in UTC", "malformed_instant") from error
    return PublicQuery(content=content, as_of=instant)


def _digest(text: str) -> bytes:
    try:
        return hex_decode(text, 32)
    except MalformedError as error:
        raise _fault(
            "sha256", str(error), "write the digest as 64 lower-case hex digits", "malformed_hex"
        ) from error


def _fault(field: str, problem: str, next_step: str, code: str) -> InvalidInputError:
    return InvalidInputError((Fault(field=field, problem=problem, next_step=next_step, code=code),))
