"""Texts of bytes, instants and dates: one spelling for each value, every other spelling refused.

What is hashed or signed must not have two spellings. So each `parse_` and `…_decode` accepts
exactly what its partner writes, and raises `MalformedError` for anything else, of any type.
Messages say what is wrong and never repeat the text: it may be a person's data.

    bytes    base64url without padding (RFC 4648 §5), unused bits zero; or lower-case hex
    instant  2026-11-24T22:55:57Z     (RFC 3339, UTC, whole seconds, 1970 … 9999)
    date     2026-11-24               (RFC 3339 full-date, 1800 … 9999; 9999-12-31 is in use)
"""

from __future__ import annotations

import re
from binascii import Error as _BinasciiError
from binascii import a2b_base64, b2a_base64
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Final

from ledger.errors import MalformedError

MIN_INSTANT_YEAR: Final = 1970
MIN_DATE_YEAR: Final = 1800
"""An earlier date is a slip of the hand or some program's default, not a license's validity."""

_TO_STANDARD_ALPHABET = bytes.maketrans(b"-_", b"+/")
_TO_URL_ALPHABET = bytes.maketrans(b"+/", b"-_")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def b64url_encode(data: bytes) -> str:
    """base64url without padding."""
    return b2a_base64(data, newline=False).translate(_TO_URL_ALPHABET, b"=").decode("ascii")


def b64url_decode(text: object, size: int | None = None) -> bytes:
    """Bytes of a text that `b64url_encode` could have written; exactly `size` of them if given."""
    if not isinstance(text, str):
        raise MalformedError(f"base64url must be a text, not {type(text).__name__}")
    try:
        data = a2b_base64(text.encode("ascii").translate(_TO_STANDARD_ALPHABET) + b"==")
    except (UnicodeEncodeError, _BinasciiError) as error:
        raise MalformedError("not base64url: use A-Z a-z 0-9 - _ without padding") from error
    # The decoder skips foreign characters and unused bits. Only one text survives the way back.
    if b64url_encode(data) != text:
        raise MalformedError(
            "not base64url in its one form: no padding, no other characters, unused bits zero"
        )
    _check_size(data, size)
    return data


def hex_decode(text: object, size: int | None = None) -> bytes:
    """Bytes of a lower-case hex text without prefix; exactly `size` of them if given."""
    if not isinstance(text, str):
        raise MalformedError(f"hex must be a text, not {type(text).__name__}")
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise MalformedError("not hex: use pairs of 0-9 a-f") from error
    # `fromhex` takes capitals and white space too.
    if data.hex() != text:
        raise MalformedError("not hex in its one form: lower case, no spaces, no prefix")
    _check_size(data, size)
    return data


@lru_cache(maxsize=256)
def format_instant(instant: datetime) -> str:
    """The RFC 3339 text in UTC; parts of a second are cut off, never rounded up."""
    if instant.tzinfo is None:
        raise MalformedError("an instant needs a time zone; this one has none")
    utc = instant.astimezone(UTC)
    if utc.year < MIN_INSTANT_YEAR:
        raise MalformedError(f"year {utc.year} of an instant lies before {MIN_INSTANT_YEAR}")
    return utc.strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_instant(text: object) -> datetime:
    """The UTC instant of a text in the form of `format_instant`. There are no leap seconds."""
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise MalformedError("an instant must look like 2026-11-24T22:55:57Z")
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedError("an instant must be a time that exists, in UTC") from error
    if instant.year < MIN_INSTANT_YEAR:
        raise MalformedError(f"year {instant.year} of an instant lies before {MIN_INSTANT_YEAR}")
    return instant


@lru_cache(maxsize=4096)
def format_date(day: date) -> str:
    """The calendar date as `YYYY-MM-DD`."""
    if isinstance(day, datetime):
        raise MalformedError("a calendar date has no time of day; this one has")
    if day.year < MIN_DATE_YEAR:
        raise MalformedError(f"year {day.year} of a date lies before {MIN_DATE_YEAR}")
    return day.isoformat()


def parse_date(text: object) -> date:
    """The calendar date of a text in the form of `format_date`."""
    if not isinstance(text, str) or not _DATE.fullmatch(text):
        raise MalformedError("a date must look like 2026-11-24")
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise MalformedError("a date must be a day that exists in the calendar") from error
    if day.year < MIN_DATE_YEAR:
        raise MalformedError(f"year {day.year} of a date lies before {MIN_DATE_YEAR}")
    return day


def _check_size(data: bytes, size: int | None) -> None:
    if size is not None and len(data) != size:
        raise MalformedError(f"{len(data)} bytes where {size} are needed")
