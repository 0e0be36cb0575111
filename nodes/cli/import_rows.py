"""Reads the rows of a bulk import: JSON lines as the API takes them, or CSV with one holder a row.

CSV columns: identifier, type, holder_name, holder_code, holder_code_type, valid_from, and, where
wanted, valid_until, check_code, supersedes, holder_code_unchecked, file, and `fields.NAME` for each
field. In both forms `file` may be a path relative to the input: its bytes are sent along.

A row that cannot be read is a `BadRow` and stops no other.
"""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nodes.cli.failures import UsageError

_REQUIRED: Final = ("identifier", "type", "holder_name", "holder_code", "valid_from")
_OPTIONAL: Final = (
    "holder_code_type",
    "valid_until",
    "check_code",
    "supersedes",
    "holder_code_unchecked",
    "file",
)
_FIELD: Final = "fields."
MEDIA_TYPES: Final = {
    ".pdf": "application/pdf",
    ".ofd": "application/ofd",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
_TRUE: Final = frozenset({"1", "true", "yes", "是"})
_FALSE: Final = frozenset({"", "0", "false", "no", "否"})


@dataclass(frozen=True, slots=True)
class GoodRow:
    """A row as the API takes it, and the line of the input that it begins on."""

    line: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not sent, and why."""

    line: int
    problem: str


Row = GoodRow | BadRow


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of `path` in order; raise UsageError when it is not CSV or JSON lines at all."""
    text = _decode(path)
    folder = path.absolute().parent
    if path.suffix.lower() == ".csv":
        return _csv_rows(text, folder, path)
    return _json_rows(text, folder)


def count_rows(path: Path) -> int:
    """How many rows `read_rows` will give, without opening the files that they name."""
    text = _decode(path)
    if path.suffix.lower() == ".csv":
        return sum(1 for _ in csv.DictReader(io.StringIO(text, newline="")))
    return sum(1 for line in text.split("\n") if line.strip())


def _decode(path: Path) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    for encoding in ("utf-8-sig", "gb18030"):  # Excel in China writes the second
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UsageError(f"{path} is neither UTF-8 nor GB18030 text")


def _json_rows(text: str, folder: Path) -> Iterator[Row]:
    for number, line in enumerate(text.split("\n"), start=1):  # U+2028 may stand in a string
        if not line.strip():
            continue
        try:
            body = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield BadRow(number, f"is not JSON: {error}")
            continue
        if not isinstance(body, dict):
            yield BadRow(number, "is not a JSON object")
            continue
        yield _with_file(number, body, folder)


def _csv_rows(text: str, folder: Path, path: Path) -> Iterator[Row]:
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        columns = tuple(name.strip() for name in reader.fieldnames or ())
    except csv.Error as error:
        raise UsageError(f"{path}: the first line is not CSV: {error}") from error
    missing = [name for name in _REQUIRED if name not in columns]
    unknown = [
        name
        for name in columns
        if name not in _REQUIRED + _OPTIONAL and not name.startswith(_FIELD)
    ]
    if missing or unknown:
        raise UsageError(
            f"{path}: columns missing: {', '.join(missing) or 'none'}; "
            f"unknown: {', '.join(unknown) or 'none'} (fields are called fields.NAME)"
        )
    reader.fieldnames = list(columns)
    return _rows_of(reader, folder)


def _rows_of(reader: csv.DictReader[str], folder: Path) -> Iterator[Row]:
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(line, f"is not CSV, and what follows was not read: {error}")
            return
        if None in cells or None in cells.values():
            yield BadRow(line, "has more or fewer cells than the first line")
            continue
        unchecked = cells.get("holder_code_unchecked", "").strip().lower()
        if unchecked not in _TRUE | _FALSE:
            yield BadRow(line, "holder_code_unchecked is neither true nor false")
            continue
        yield _with_file(line, _body(cells, unchecked in _TRUE), folder)


def _body(cells: dict[str, str], unchecked: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "identifier": cells["identifier"].strip(),
        "type": cells["type"].strip(),
        "holders": [
            {
                "name": cells["holder_name"].strip(),
                "code": cells["holder_code"].strip(),
                "code_type": cells.get("holder_code_type", "").strip() or "001",
            }
        ],
        "valid_from": cells["valid_from"].strip(),
        "fields": {
            name.removeprefix(_FIELD): value.strip()
            for name, value in cells.items()
            if name.startswith(_FIELD) and value.strip()
        },
    }
    for name in ("valid_until", "check_code", "supersedes", "file"):
        if value := cells.get(name, "").strip():
            body[name] = value
    if unchecked:
        body["holder_code_unchecked"] = True
    return body


def _with_file(line: int, body: dict[str, Any], folder: Path) -> Row:
    """The row with the bytes of the file that it names; digests are sent as they are."""
    named = body.get("file")
    if not isinstance(named, str):
        return GoodRow(line, body)
    path = folder / named
    media_type = MEDIA_TYPES.get(path.suffix.lower())
    if media_type is None:
        return BadRow(line, f"file {named} is none of {', '.join(sorted(MEDIA_TYPES))}")
    try:
        content = path.read_bytes()
    except OSError as error:
        return BadRow(line, f"file {named} cannot be read: {error.strerror or error}")
    encoded = base64.b64encode(content).decode("ascii")
    return GoodRow(line, {**body, "file": {"content": encoded, "media_type": media_type}})
