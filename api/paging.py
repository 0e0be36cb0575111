"""Cursor paging: an opaque cursor in, the next one out, as a member and as a link (RFC 8288)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import Query

from ledger import canonical
from ledger.encoding import b64url_decode, b64url_encode
from ledger.errors import Fault, InvalidInputError, MalformedError

MAX_LIMIT: Final = 200
DEFAULT_LIMIT: Final = 50

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Most items in one page.")]
Cursor = Annotated[
    str | None,
    Query(max_length=200, description="`next` of the page before; leave out for the first page."),
]


def encode_cursor(after: str | int) -> str:
    """The cursor that goes on after `after`."""
    return b64url_encode(canonical.encode([after]))


def parse_cursor(cursor: str | None) -> str | int | None:
    """What a cursor goes on after. Raise InvalidInputError for any text that we did not write."""
    if cursor is None:
        return None
    try:
        value = canonical.parse(b64url_decode(cursor))
        if isinstance(value, list) and len(value) == 1 and encode_cursor(value[0]) == cursor:
            after = value[0]
            if isinstance(after, str) or type(after) is int:
                return after
    except MalformedError:
        pass
    raise refuse_cursor()


def refuse_cursor() -> InvalidInputError:
    """The error for a text that is no cursor of this list."""
    return InvalidInputError(
        (
            Fault(
                field="cursor",
                problem="is not a cursor of this list",
                next_step="use `next` of the page before, or start without a cursor",
                code="malformed_cursor",
            ),
        )
    )


def link_to_next(path: str, query: Mapping[str, str], cursor: str | None) -> dict[str, str]:
    """The Link header to the page after this one; no header on the last page."""
    if cursor is None:
        return {}
    kept = {name: text for name, text in query.items() if name != "cursor"}
    return {"Link": f'<{path}?{urlencode(kept | {"cursor": cursor})}>; rel="next"'}
