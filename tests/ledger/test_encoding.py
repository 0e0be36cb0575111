"""One spelling for each value: what is written can be read, and nothing else can."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import encoding
from ledger.errors import MalformedError

# RFC 4648 §10, without padding; the last two lines need the URL alphabet.
BASE64URL = {
    b"": "",
    b"f": "Zg",
    b"fo": "Zm8",
    b"foo": "Zm9v",
    b"foob": "Zm9vYg",
    b"fooba": "Zm9vYmE",
    b"foobar": "Zm9vYmFy",
    b"\xff\xef": "_-8",
    b"\xfb\xff\xfe": "-__-",
}


@pytest.mark.parametrize(("data", "text"), BASE64URL.items())
def test_base64url(data: bytes, text: str) -> None:
    assert encoding.b64url_encode(data) == text
    assert encoding.b64url_decode(text) == data
    assert encoding.b64url_decode(text, len(data)) == data


@pytest.mark.parametrize(
    "text",
    [
        "Zg==",
        "Zg=",
        "Z",
        "Zh",
        "Zm9",
        "Zm9vYg\n",
        " Zg",
        "Z g",
        "_+8",
        "/-8",
        "Zｇ",
        "é",
        "Zg\x00",
        None,
        b"Zg",
        5,
        ["Zg"],
    ],
)
def test_base64url_refuses(text: object) -> None:
    with pytest.raises(MalformedError):
        encoding.b64url_decode(text)


@given(st.binary(max_size=100), st.integers(0, 100))
def test_base64url_size(data: bytes, size: int) -> None:
    text = encoding.b64url_encode(data)
    if size == len(data):
        assert encoding.b64url_decode(text, size) == data
    else:
        with pytest.raises(MalformedError, match=f"{len(data)} bytes where {size}"):
            encoding.b64url_decode(text, size)


@given(st.text(alphabet="AZag09-_+/= \n", max_size=12))
def test_base64url_has_one_text_for_each_value(text: str) -> None:
    try:
        data = encoding.b64url_decode(text)
    except MalformedError:
        return
    assert encoding.b64url_encode(data) == text


@given(st.binary(max_size=64))
def test_hex(data: bytes) -> None:
    assert encoding.hex_decode(data.hex()) == data
    assert encoding.hex_decode(data.hex(), len(data)) == data
    with pytest.raises(MalformedError):
        encoding.hex_decode(data.hex(), len(data) + 1)


@pytest.mark.parametrize("text", ["0", "0A", "0x00", "00 11", "00\n", "gg", "０0", None, b"00", 0])
def test_hex_refuses(text: object) -> None:
    with pytest.raises(MalformedError):
        encoding.hex_decode(text)


def test_instants() -> None:
    text = "2026-11-24T22:55:57Z"
    instant = datetime(2026, 11, 24, 22, 55, 57, tzinfo=UTC)
    assert encoding.parse_instant(text) == instant
    assert encoding.format_instant(instant) == text
    shanghai = timezone(timedelta(hours=8))
    assert encoding.format_instant(datetime(2026, 11, 25, 6, 55, 57, 999999, shanghai)) == text
    assert encoding.parse_instant(text).utcoffset() == timedelta(0)


@given(st.datetimes(datetime.fromisoformat("1970-01-01"), timezones=st.just(UTC)))
def test_instants_come_back_without_their_fraction(instant: datetime) -> None:
    back = encoding.parse_instant(encoding.format_instant(instant))
    assert back == instant.replace(microsecond=0)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-24",
        "2026-11-24T22:55:57",
        "2026-11-24T22:55:57z",
        "2026-11-24t22:55:57Z",
        "2026-11-24 22:55:57Z",
        "2026-11-24T22:55:57+00:00",
        "2026-11-24T22:55:57.0Z",
        "2026-11-24T22:55:57Z\n",
        "2026-11-24T24:00:00Z",
        "2026-12-31T23:59:60Z",
        "2026-02-29T00:00:00Z",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "２026-11-24T22:55:57Z",
        None,
        1795560957,
    ],
)
def test_parse_instant_refuses(text: object) -> None:
    with pytest.raises(MalformedError):
        encoding.parse_instant(text)


@pytest.mark.parametrize(
    "instant",
    [
        datetime.fromisoformat("2026-11-24T22:55:57"),
        datetime(1969, 12, 31, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
    ],
)
def test_format_instant_refuses(instant: datetime) -> None:
    with pytest.raises(MalformedError):
        encoding.format_instant(instant)


@given(st.dates(date(1800, 1, 1)))
def test_dates(day: date) -> None:
    assert encoding.parse_date(encoding.format_date(day)) == day


@pytest.mark.parametrize(
    "text",
    [
        "2026-02-29",
        "2026-13-01",
        "2026-1-1",
        "20260101",
        "2026-W01-1",
        "2026-01-01\n",
        "1799-12-31",
        "0000-01-01",
        "0001-01-01",
        "２026-01-01",
        "10000-01-01",
        "",
        None,
        20260101,
    ],
)
def test_parse_date_refuses(text: object) -> None:
    with pytest.raises(MalformedError):
        encoding.parse_date(text)


def test_format_date_refuses() -> None:
    for day in (date(1799, 12, 31), date(1, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)):
        with pytest.raises(MalformedError):
            encoding.format_date(day)
