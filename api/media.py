"""What a license's file may be, told by its own bytes: PDF, OFD, PNG or JPEG.

Nothing is unpacked: of an OFD (GB/T 33190, a zip archive) only the directory is read, within
limits, to see that it holds `OFD.xml` at its root.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Final

PDF, OFD, PNG, JPEG = "application/pdf", "application/ofd", "image/png", "image/jpeg"

EXTENSIONS: Final[Mapping[str, str]] = {PDF: "pdf", OFD: "ofd", PNG: "png", JPEG: "jpg"}
"""Accepted media types, with the ending of a file's name."""

_MAGIC: Final = ((PDF, b"%PDF-"), (PNG, b"\x89PNG\r\n\x1a\n"), (JPEG, b"\xff\xd8\xff"))
_ZIP_MAGIC: Final = b"PK\x03\x04"
_ROOT_DOCUMENT: Final = b"OFD.xml"

_END = struct.Struct("<4s4H2LH")
_END_MAGIC: Final = b"PK\x05\x06"
_MAX_COMMENT: Final = 0xFFFF
_ENTRY = struct.Struct("<4s6H3L5H2L")
_ENTRY_MAGIC: Final = b"PK\x01\x02"

MAX_ZIP_ENTRIES: Final = 4096
"""Members that an OFD may have."""


def found_media_type(content: bytes) -> str | None:
    """The media type that `content` shows by itself; None for anything that is not accepted."""
    for media_type, magic in _MAGIC:
        if content.startswith(magic):
            return media_type
    if content.startswith(_ZIP_MAGIC) and _has_root_document(content):
        return OFD
    return None


def _has_root_document(archive: bytes) -> bool:
    """Whether a zip's directory names `OFD.xml`; False for any archive that is not plain."""
    at = archive.rfind(_END_MAGIC, max(0, len(archive) - _END.size - _MAX_COMMENT))
    if at < 0 or at + _END.size > len(archive):
        return False
    _, disk, start_disk, here, entries, size, offset, _ = _END.unpack_from(archive, at)
    if disk or start_disk or here != entries or entries > MAX_ZIP_ENTRIES or offset + size > at:
        return False
    for _ in range(entries):
        if offset + _ENTRY.size > at:
            return False
        entry = _ENTRY.unpack_from(archive, offset)
        name_size, extra_size, comment_size = entry[10:13]
        if entry[0] != _ENTRY_MAGIC:
            return False
        name_at = offset + _ENTRY.size
        if archive[name_at : name_at + name_size] == _ROOT_DOCUMENT:
            return True
        offset = name_at + name_size + extra_size + comment_size
    return False
