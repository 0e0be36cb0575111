"""Forms that pages post, read whole and within limits.

A browser shows no answer while it is still sending: so a body that is too large is read on and
dropped, up to a limit of its own, and the person sees what is wrong instead of a broken connection.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request

from api.bodies import FORM, read_body, require_media_type
from api.dependencies import settings_of
from api.forms import Part, parse_form
from api.problems import BodyTooLargeError, MalformedBodyError

URLENCODED: Final = "application/x-www-form-urlencoded"
MAX_FIELDS: Final = 400
"""Fields of one form: every type and every region chosen, and the rest."""

_DROPPED_TIMES: Final = 8
"""A body may be so many times too large and still be answered with a page."""


@dataclass(frozen=True, slots=True)
class Fields:
    """A form's fields: a name may come several times."""

    values: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """The field's text without blanks around it; empty when it was not sent."""
        return self.values.get(name, ("",))[0].strip()

    def all(self, name: str) -> tuple[str, ...]:
        """Every value, each once, in order."""
        return tuple(dict.fromkeys(self.values.get(name, ())))


async def read_fields(request: Request) -> Fields:
    """The fields of a form without files. Raise RequestError when it cannot be read."""
    require_media_type(request, URLENCODED)
    body = await read_body(request, settings_of(request).max_json_bytes)
    try:
        pairs = parse_qsl(
            body.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MAX_FIELDS,
        )
    except ValueError as error:
        raise MalformedBodyError("the form is not in UTF-8, or has too many fields") from error
    values: dict[str, tuple[str, ...]] = {}
    for name, value in pairs:
        values[name] = (*values.get(name, ()), value)
    return Fields(values)


async def read_parts(request: Request) -> Mapping[str, Part]:
    """The parts of a form with a file. Raise BodyTooLargeError only once it is sent."""
    require_media_type(request, FORM)
    settings = settings_of(request)
    body = await _read_or_drop(request, settings.max_file_bytes + settings.max_json_bytes)
    return parse_form(request.headers["content-type"], body)


async def _read_or_drop(request: Request, limit: int) -> bytes:
    too_large = BodyTooLargeError(f"at most {limit} bytes are taken here")
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated[:20]) > limit * _DROPPED_TIMES:
        raise too_large
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > limit * _DROPPED_TIMES:
            raise too_large
        if size > limit:
            chunks.clear()
        else:
            chunks.append(chunk)
    if size > limit:
        raise too_large
    return b"".join(chunks)
