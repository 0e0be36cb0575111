"""`parse`: what leaves any doubt about the value is refused, and nothing else escapes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical
from ledger.errors import MalformedError


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" ",
        b"{",
        b"{}x",
        b"{} {}",
        b"\xef\xbb\xbf{}",
        b'"\xff"',
        b'"\xed\xa0\x80"',
        b'"\\ud800"',
        b'{"\\uDFFF":1}',
        b'["\\ud83d","\\ude02"]',
        b'{"a":1,"a":1}',
        b'{"b":{"a":1,"\\u0061":2}}',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"1e400",
        b"-1e400",
        b"9007199254740992",
        b"-9007199254740992",
        b"1" * 5000,
        b"01",
        b"1.",
        b".5",
        b"+1",
        b"'a'",
        b"[1,]",
        b'{"a":1,}',
        b'"\t"',
        b'"\\x41"',
        b"\xc2\xa0{}",
        "１".encode(),
        b"{}\x00",
        '{"a":1}'.encode("utf-16"),
        '{"a":1}'.encode("utf-32-le"),
    ],
)
def test_refuses(data: bytes) -> None:
    with pytest.raises(MalformedError):
        canonical.parse(data)


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b' {"a" : [1, -0, 2.5e3, true, null] }\r\n', {"a": [1, 0, 2500.0, True, None]}),
        (b"9007199254740991", 9007199254740991),
        (b"-9007199254740991", -9007199254740991),
        (b'"\\ud83d\\ude02"', "\U0001f602"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'{"a":{"a":1},"b":[{"a":1}]}', {"a": {"a": 1}, "b": [{"a": 1}]}),
    ],
)
def test_accepts(data: bytes, value: object) -> None:
    assert canonical.parse(data) == value


@pytest.mark.parametrize("opening", [b"[", b'{"a":'], ids=["array", "object"])
@pytest.mark.parametrize("levels", [65, 900, 100_000])
def test_depth_is_bounded(opening: bytes, levels: int) -> None:
    closing = b"]" if opening == b"[" else b"}"

    def nest(levels: int) -> bytes:
        return opening * levels + b"1" + closing * levels

    assert canonical.parse(nest(64))
    assert canonical.parse(nest(3), max_depth=3)
    for data, limit in ((nest(levels), 64), (nest(4), 3)):
        with pytest.raises(MalformedError, match="deeper"):
            canonical.parse(data, max_depth=limit)
    with pytest.raises(MalformedError):
        canonical.parse(opening * levels)


def test_brackets_inside_texts_are_not_levels() -> None:
    value = ["[{" * 1000]
    assert canonical.parse(json.dumps(value).encode()) == value


def test_size_is_bounded() -> None:
    assert canonical.parse(b"[1]", max_bytes=3) == [1]
    with pytest.raises(MalformedError, match="4 bytes"):
        canonical.parse(b"[10]", max_bytes=3)


def test_a_refusal_does_not_repeat_the_data() -> None:
    for data in (b'{"110105194912310021":1,"110105194912310021":1}', b'{"n":110105194912310021}'):
        with pytest.raises(MalformedError) as refusal:
            canonical.parse(data)
        assert "1949" not in str(refusal.value)


json_like = st.text(alphabet='{}[]":,\\ud8e01.-+ntrfas \n\ufeffé').map(lambda text: text.encode())


@given(st.binary() | json_like)
def test_nothing_but_malformed_escapes_and_all_accepted_can_be_encoded(data: bytes) -> None:
    try:
        value = canonical.parse(data)
    except MalformedError:
        return
    assert canonical.parse(canonical.encode(value)) == value
    assert json.loads(data) == value


@pytest.mark.parametrize(
    "document",
    ['b"[" * 100_000', 'b"[" * 100_000 + b"]" * 100_000', 'b\'{"a":\' * 50_000 + b"1"'],
)
def test_depth_is_bounded_whatever_the_recursion_limit_is(document: str) -> None:
    """Libraries raise the limit (py_ecc does): the C stack must not be what ends the document."""
    program = (
        "import sys; from ledger import canonical; from ledger.errors import MalformedError\n"
        "sys.setrecursionlimit(10**6)\n"
        f"try: canonical.parse({document})\n"
        "except MalformedError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0
    assert "deeper than 64 levels" in done.stdout


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_brackets_and_quotes_inside_texts_are_no_levels(value: object) -> None:
    wrapped = ["[{" * 100 + '\\"', value, {'"[': '\\\\"]'}]
    assert canonical.parse(canonical.encode(wrapped)) == wrapped
