"""What someone presents on the public page, told apart by its own form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from api.forms import Part
from api.media import found_media_type
from api.problems import BodyTooLargeError
from ledger import identifier
from ledger.encoding import hex_decode
from ledger.errors import Fault, InvalidInputError, MalformedError
from ledger.services.verifying import PublicQuery

FILE_FIELD: Final = "file"
TEXT_FIELD: Final = "text"

_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_CHECK_CODE: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_IDENTIFIER: Final = "1.2.156.3005.2."
_LINK: Final = "/v/"
_MAX_REPLAYED: Final = 200
"""Characters of a text with which the page can be asked for again in the other language."""


def query_from_parts(parts: Mapping[str, Part], max_file_bytes: int) -> PublicQuery:
    """The query in a posted form: its file, or its text.

    Raise InvalidInputError with a fault of the field, BodyTooLargeError for a file too large.
    """
    if TEXT_FIELD in parts:
        return query_from_text(text_of(parts))
    content = parts[FILE_FIELD].content if FILE_FIELD in parts else b""
    if not content:
        is_chosen = FILE_FIELD in parts and parts[FILE_FIELD].media_type is not None
        raise fault(FILE_FIELD, "empty_file" if is_chosen else "no_file")
    if len(content) > max_file_bytes:
        raise BodyTooLargeError(f"files of at most {max_file_bytes} bytes are verified here")
    if content[:1] != b"{" and found_media_type(content) is None:
        raise fault(FILE_FIELD, "wrong_type")
    return PublicQuery(content=content)


def query_from_text(text: str) -> PublicQuery:
    """A pasted hash, check code (or the QR's address), identifier or bundle."""
    if not text:
        raise fault(TEXT_FIELD, "no_text")
    if text.startswith("{"):
        return PublicQuery(content=text.encode("utf-8", "surrogatepass"))
    plain = "".join(text.split())
    if _SHA256.fullmatch(plain):
        return PublicQuery(sha256=hex_decode(plain.lower(), 32))
    if plain.startswith(_IDENTIFIER):
        try:
            return PublicQuery(identifier=str(identifier.parse(plain)))
        except MalformedError as error:
            raise fault(TEXT_FIELD, "malformed_identifier") from error
    code = plain.rpartition(_LINK)[2] if _LINK in plain else plain
    if is_check_code(code):
        return PublicQuery(check_code=code)
    raise fault(TEXT_FIELD, "unrecognised")


def is_check_code(text: str) -> bool:
    """Whether `text` has the form of a check code: 128 bits in base64url."""
    return _CHECK_CODE.fullmatch(text) is not None


def is_of_file(query: PublicQuery) -> bool:
    """Whether the query is on a file, by its bytes or its digest, and not on a code or bundle."""
    is_bundle = query.content is not None and query.content[:1] == b"{"
    return query.sha256 is not None or (query.content is not None and not is_bundle)


def text_of(parts: Mapping[str, Part]) -> str:
    """The form's text without blanks around it; empty when it has none."""
    if TEXT_FIELD not in parts:
        return ""
    return parts[TEXT_FIELD].content.decode("utf-8", "replace").strip()


def replay_of(text: str) -> dict[str, str] | None:
    """The fields that ask the same again, unless that would be too much."""
    return {TEXT_FIELD: text} if 0 < len(text) <= _MAX_REPLAYED else None


def fault(field: str, code: str) -> InvalidInputError:
    """What is wrong with one control; pages say it in words by its code."""
    return InvalidInputError(
        (Fault(field=field, problem=code, next_step="see the words beside it", code=code),)
    )


def codes_by_field(error: InvalidInputError) -> dict[str, str]:
    """The first fault's code of each field."""
    codes: dict[str, str] = {}
    for one in error.faults:
        codes.setdefault(one.field, one.code)
    return codes
