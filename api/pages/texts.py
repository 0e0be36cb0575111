"""Values as people read them: instants in Beijing time, sizes, fields of a license."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from api.media import EXTENSIONS
from api.pages.words import Words
from ledger.encoding import parse_date, parse_instant
from ledger.errors import MalformedError
from ledger.license import CHECK_CODE, FILE, HOLDERS
from ledger.verification import SHANGHAI

_FIRST: Final = (
    "certificate_name",
    "holders",
    "holder_name",
    "holder_number",
    "certificate_number",
    "issuing_authority_name",
    "issue_date",
    "identifier",
)
"""Fields in the order in which people look for them; the others follow."""

_LAST: Final = (FILE,)
_DAYS: Final = frozenset({"issue_date", "birth_date"})
_KIBIBYTE: Final = 1024


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list of facts."""

    label: str
    value: str
    is_code: bool = False
    """Digests and the like: shown so that every character can be told."""


def instant_text(words: Words, instant: datetime) -> str:
    """The instant in Beijing time, to the second."""
    local = instant.astimezone(SHANGHAI)
    return words(
        "site.beijing", date=day_text(words, local.date()), time=local.strftime("%H:%M:%S")
    )


def day_text(words: Words, day: date) -> str:
    """A calendar day."""
    return words(
        "site.day",
        year=day.year,
        month=day.month,
        day=day.day,
        name=words(f"month.{day.month}"),
    )


def epoch_text(words: Words, seconds: object) -> str:
    """A block's time, in seconds since 1970."""
    if isinstance(seconds, int) and 0 <= seconds < 1 << 36:
        return instant_text(words, datetime.fromtimestamp(seconds, UTC))
    return str(seconds)


def size_text(size: int) -> str:
    """A size in the unit that fits."""
    if size < _KIBIBYTE:
        return f"{size} B"
    if size < _KIBIBYTE**2:
        return f"{size / _KIBIBYTE:.0f} KB"
    return f"{size / _KIBIBYTE**2:.0f} MB"


def field_rows(words: Words, fields: Mapping[str, object]) -> Iterator[Row]:
    """Disclosed fields with their labels. The check code is left out: it is a capability, and
    pages are printed and passed on."""
    shown = fields.keys() - {CHECK_CODE}
    known = (*_FIRST, *sorted(shown - {*_FIRST, *_LAST}), *_LAST)
    for name in (one for one in known if one in shown):
        value = fields[name]
        if name == FILE and isinstance(value, dict):
            yield from _file_rows(words, value)
            continue
        label = words.get(f"field.{name}") or name
        yield Row(label, _field_text(words, name, value), is_code=name == "identifier")


def date_or_text(words: Words, value: object) -> str:
    """A calendar day in words; anything else as it stands."""
    try:
        return day_text(words, parse_date(value))
    except MalformedError:
        return plain_text(words, value)


def instant_or_text(words: Words, value: object) -> str:
    """An instant in words; anything else as it stands."""
    try:
        return instant_text(words, parse_instant(value))
    except MalformedError:
        return plain_text(words, value)


def plain_text(words: Words, value: object) -> str:
    """Any JSON value in one line."""
    if value is None:
        return words("site.none")
    if isinstance(value, bool):
        return words("site.yes" if value else "site.no")
    if isinstance(value, list | tuple):
        return words("site.list_separator").join(plain_text(words, one) for one in value)
    if isinstance(value, dict):
        pairs = (f"{name}: {plain_text(words, one)}" for name, one in value.items())
        return words("site.list_separator").join(pairs)
    return str(value)


def _field_text(words: Words, name: str, value: object) -> str:
    if name in _DAYS:
        return date_or_text(words, value)
    if name == HOLDERS and isinstance(value, list):
        return words("site.list_separator").join(_holder_text(words, one) for one in value)
    return plain_text(words, value)


def _holder_text(words: Words, holder: object) -> str:
    if not isinstance(holder, dict):
        return plain_text(words, holder)
    name, code = holder.get("name"), holder.get("code")
    return f"{plain_text(words, name)} {plain_text(words, code)}"


def _file_rows(words: Words, facts: Mapping[str, object]) -> Iterator[Row]:
    kind = words(f"media.{EXTENSIONS.get(str(facts.get('media_type')), 'bin')}")
    size = facts.get("size")
    text = size_text(size) if isinstance(size, int) else plain_text(words, size)
    yield Row(words("field.file"), words("file.value", kind=kind, size=text))
    for name in ("sha256", "sm3"):
        yield Row(words(f"file.{name}"), plain_text(words, facts.get(name)), is_code=True)
