"""Forms with files (RFC 7578), read from memory: nothing of a license is ever in a temporary file.

A part's file name is ignored: what a caller calls a file decides nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from api.problems import MalformedBodyError

MAX_PARTS: Final = 8
UNDECLARED: Final = "application/octet-stream"
"""What clients state when they do not know a part's media type."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a form."""

    content: bytes
    media_type: str | None
    """As declared, in lower case and without parameters; None when the caller declared nothing."""


@dataclass(slots=True)
class _Collector:
    """The parser's callbacks; fills `parts`."""

    parts: dict[str, Part] = field(default_factory=dict)
    is_whole: bool = False
    _headers: dict[bytes, bytes] = field(default_factory=dict)
    _name: bytes = b""
    _value: bytes = b""
    _content: bytearray = field(default_factory=bytearray)

    def on_part_begin(self) -> None:
        self._headers, self._content = {}, bytearray()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        self._content += data[start:end]

    def on_part_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        name = options.get(b"name", b"").decode("latin-1")
        if name in self.parts:
            raise MalformedBodyError("a part of the form comes twice; send each once")
        if len(self.parts) == MAX_PARTS:
            raise MalformedBodyError(f"the form has more than {MAX_PARTS} parts")
        declared, _ = parse_options_header(self._headers.get(b"content-type"))
        media_type = declared.decode("latin-1")
        self.parts[name] = Part(
            bytes(self._content), None if media_type in ("", UNDECLARED) else media_type
        )

    def on_end(self) -> None:
        self.is_whole = True


def parse_form(content_type: str, body: bytes) -> Mapping[str, Part]:
    """The parts of a form by name. Raise MalformedBodyError when it is not a whole form."""
    _, options = parse_options_header(content_type)
    collector = _Collector()
    try:
        parser = MultipartParser(
            options.get(b"boundary", b""),
            {
                "on_part_begin": collector.on_part_begin,
                "on_header_field": collector.on_header_field,
                "on_header_value": collector.on_header_value,
                "on_header_end": collector.on_header_end,
                "on_part_data": collector.on_part_data,
                "on_part_end": collector.on_part_end,
                "on_end": collector.on_end,
            },
        )
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise MalformedBodyError(
            "the form cannot be read; send multipart/form-data with its boundary"
        ) from error
    if not collector.is_whole:
        raise MalformedBodyError("the form ends before its last boundary; send it whole")
    return collector.parts
