"""`encode`: the published RFC 8785 vectors, and the fast path against an independent encoder."""

from __future__ import annotations

import enum
import json
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical
from ledger.errors import MalformedError

VECTORS = Path(__file__).parents[1] / "vectors/jcs"
NAMES = sorted(path.stem for path in (VECTORS / "input").iterdir())
SAFE = canonical.MAX_SAFE_INTEGER
NUMBERS = json.loads((VECTORS / "rfc8785_appendix_b.json").read_text())


def double(bits: str) -> float:
    (value,) = struct.unpack(">d", bytes.fromhex(bits.rjust(16, "0")))
    assert isinstance(value, float)
    return value


@pytest.mark.parametrize("name", NAMES)
def test_published_documents(name: str) -> None:
    output = (VECTORS / "output" / f"{name}.json").read_bytes()
    outhex = bytes.fromhex((VECTORS / "outhex" / f"{name}.txt").read_text())
    value = canonical.parse((VECTORS / "input" / f"{name}.json").read_bytes())
    assert canonical.encode(value) == output == outhex
    assert canonical.encode(canonical.parse(output)) == output


def test_es6_numbers() -> None:
    lines = (VECTORS / "es6_numbers_1000.txt").read_text().splitlines()
    assert len(lines) == 1000
    for line in lines:
        bits, text = line.split(",")
        assert canonical.encode(double(bits)) == text.encode()


@pytest.mark.parametrize("vector", NUMBERS["numbers"], ids=lambda v: v["ieee754_hex"])
def test_appendix_b(vector: dict[str, str]) -> None:
    assert canonical.encode([double(vector["ieee754_hex"])]) == f"[{vector['json']}]".encode()


@pytest.mark.parametrize("bits", [vector["ieee754_hex"] for vector in NUMBERS["must_be_refused"]])
def test_no_infinity_and_no_nan(bits: str) -> None:
    for value in (double(bits), [1, double(bits)], {"a": {"b": double(bits)}}):
        with pytest.raises(MalformedError):
            canonical.encode(value)


texts = st.text() | st.text(st.characters(min_codepoint=0xD700, exclude_categories=["Cs"]))
scalars = st.none() | st.booleans() | st.integers(-SAFE, SAFE) | texts
exact_values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(texts, inner, max_size=5)
)
all_values = st.recursive(
    scalars | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(texts, inner, max_size=5)
        | st.tuples(inner, inner)
    ),
)


@given(all_values)
def test_equals_the_reference_encoder(value: Any) -> None:
    assert canonical.encode(value) == rfc8785.dumps(value)


@given(exact_values)
def test_parse_undoes_encode(value: object) -> None:
    data = canonical.encode(value)
    assert canonical.parse(data) == value
    assert canonical.encode(canonical.parse(data)) == data


any_text = st.text(st.characters())  # surrogates too
hostile = st.recursive(
    scalars | any_text | st.floats() | st.integers() | st.binary() | st.complex_numbers(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(any_text | st.integers() | st.booleans() | st.none(), inner, max_size=4)
        | st.frozensets(st.text(), max_size=2)
    ),
)


@given(hostile)
def test_accepts_what_the_reference_encoder_accepts_and_nothing_else(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except ValueError:
        with pytest.raises(MalformedError):
            canonical.encode(value)
    else:
        assert canonical.encode(value) == expected


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    ONE = 1


def test_subclasses_are_written_as_what_they_are() -> None:
    value = {Colour.RED: [Level.ONE, Colour.RED], "a": OrderedDict(z=1, b=(True,))}
    assert canonical.encode(value) == b'{"a":{"b":[true],"z":1},"red":[1,"red"]}'


def test_keys_sort_by_utf16_units() -> None:
    assert (
        canonical.encode({"\ufb33": 1, "\U0001f602": 2}) == '{"\U0001f602":2,"\ufb33":1}'.encode()
    )


@pytest.mark.parametrize(
    "value",
    [
        {1: "a"},
        {None: "a"},
        {"a": 1, 2: 3},
        {b"a": 1},
        {"\ud800": 1},
        {"a": "\ud800"},
        {"a": 1.5, "b": "\udfff"},
        SAFE + 1,
        [-SAFE - 1],
        {"a": 10**5000},
        [1.5, 10**5000],
        {"a": {1, 2}},
        b"bytes",
        [object()],
        {"a": float("nan")},
    ],
)
def test_refuses(value: object) -> None:
    with pytest.raises(MalformedError):
        canonical.encode(value)


def test_a_refused_integer_is_not_repeated() -> None:
    with pytest.raises(MalformedError) as refusal:
        canonical.encode({"number": 110105194912310021})
    assert "1949" not in str(refusal.value)


@pytest.mark.parametrize("leaf", [1, 1.5], ids=["fast", "reference"])
def test_depth_is_bounded(leaf: object) -> None:
    def nest(levels: int) -> object:
        value = leaf
        for level in range(levels):
            value = [value] if level % 2 else {"a": value}
        return value

    assert canonical.encode(nest(canonical.MAX_DEPTH))
    for levels in (canonical.MAX_DEPTH + 1, 50_000):
        with pytest.raises(MalformedError, match="deeper"):
            canonical.encode(nest(levels))


@pytest.mark.parametrize("leaf", [1, 1.5], ids=["fast", "reference"])
def test_a_cycle_is_refused(leaf: object) -> None:
    cycle: list[object] = [leaf]
    cycle += [cycle, cycle, {"a": cycle}]
    with pytest.raises(MalformedError, match="deeper"):
        canonical.encode(cycle)
