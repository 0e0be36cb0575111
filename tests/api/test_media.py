"""A file's type by its own bytes."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.media import JPEG, MAX_ZIP_ENTRIES, OFD, PDF, PNG, found_media_type


def archive(*names: str, comment: bytes = b"") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as one:
        for name in names:
            one.writestr(name, "<x/>")
        one.comment = comment
    return packed.getvalue()


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n", PDF),
        (b"\x89PNG\r\n\x1a\n....", PNG),
        (b"\xff\xd8\xff\xe0....", JPEG),
        (archive("OFD.xml", "Doc_0/Document.xml"), OFD),
        (archive("Doc_0/Document.xml", "OFD.xml", comment=b"note"), OFD),
        (archive("word/document.xml", "[Content_Types].xml"), None),
        (archive("Doc_0/OFD.xml"), None),
        (archive("ofd.xml"), None),
        (archive(), None),
        (archive("OFD.xml")[:-5], None),
        (archive("OFD.xml") + b"PK\x05\x06" + bytes(18), None),
        (archive(*(f"{at}.xml" for at in range(MAX_ZIP_ENTRIES)), "OFD.xml"), None),
        (b" %PDF-1.7", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_types(content: bytes, media_type: str | None) -> None:
    assert found_media_type(content) == media_type


@given(st.binary(max_size=400), st.integers(0, 200))
def test_no_bytes_break_it(noise: bytes, at: int) -> None:
    whole = archive("a.xml", "OFD.xml")
    for content in (noise, b"PK\x03\x04" + noise, whole[:at] + noise + whole[at + len(noise) :]):
        assert found_media_type(content) in {None, PDF, OFD, PNG, JPEG}
