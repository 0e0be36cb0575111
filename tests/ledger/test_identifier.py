"""Identifiers, citizen numbers, credit codes: published examples, python-stdnum as oracle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc
from stdnum.iso7064 import mod_37_36

from ledger import identifier
from ledger.errors import MalformedError
from ledger.identifier import Identifier

VECTORS = Path(__file__).parents[1] / "vectors/identifiers"
ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
TEXT = "1.2.156.3005.2.11100000000013338W011.11110000000021135M.20230329701.003.Y"


def vectors(name: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = json.loads((VECTORS / name).read_text())
    return loaded


@pytest.mark.parametrize("vector", vectors("gbt36904.json"), ids=lambda v: v["text"][15:])
def test_published_identifiers(vector: dict[str, Any]) -> None:
    if vector["valid"]:
        assert str(identifier.parse(vector["text"])) == vector["text"]
    else:
        with pytest.raises(MalformedError):
            identifier.parse(vector["text"])


@pytest.mark.parametrize("vector", vectors("gb11643.json"), ids=lambda v: ascii(v["text"]))
def test_published_citizen_numbers(vector: dict[str, Any]) -> None:
    assert identifier.is_citizen_id(vector["text"]) is vector["valid"]


@pytest.mark.parametrize("vector", vectors("gb32100.json"), ids=lambda v: ascii(v["text"]))
def test_published_credit_codes(vector: dict[str, Any]) -> None:
    assert identifier.is_credit_code(vector["text"]) is vector["valid"]


@pytest.mark.parametrize("vector", vectors("iso7064_mod37_36.json"))
def test_published_check_characters(vector: dict[str, str]) -> None:
    text = vector["text_with_check"]
    assert identifier.check_character(text[:-1]) == text[-1]


def test_the_parts_of_an_identifier() -> None:
    expected = Identifier(
        type_code="11100000000013338W011",
        issuer="11110000000021135M",
        serial="20230329701",
        version=3,
        check="Y",
    )
    assert identifier.parse(TEXT) == expected
    assert (
        identifier.make("11100000000013338W011", "11110000000021135M", "20230329701", 3) == expected
    )


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (("1.2.156.3005.2.", "1.2.156.3005.3."), "must begin"),
        (("1.2.156", "01.2.156"), "must begin"),
        ((".003.Y", ".003"), "4 parts"),
        ((".003.Y", ".003.Y."), "6 parts"),
        (("W011.", "W01."), "type"),
        (("W011.", "W0１1."), "type"),
        (("13338W011", "13338X011"), "type's credit code"),
        (("21135M", "21135"), "issuer"),
        (("21135M", "21135N"), "issuer's credit code"),
        (("21135M", "21135m"), "issuer"),
        (("20230329701", "202303"), "serial"),
        (("20230329701", "2" * 33), "serial"),
        (("20230329701", "2023032970a"), "serial"),
        (("20230329701", "2023032970_"), "serial"),
        ((".003.", ".3."), "version"),
        ((".003.", ".000."), "version"),
        ((".003.", ".0003."), "version"),
        ((".003.", ".-03."), "version"),
        ((".003.", ".００３."), "version"),
        ((".003.Y", ".003.X"), "check character must be Y, is X"),
        ((".003.Y", ".003.y"), "check character"),
        ((".003.Y", ".003."), "check character"),
        ((".003.Y", ".003.Y\n"), "check character"),
        ((".003.Y", ".004.Y"), "check character"),
    ],
)
def test_a_refusal_names_the_part(change: tuple[str, str], part: str) -> None:
    text = TEXT.replace(*change)
    assert text != TEXT
    with pytest.raises(MalformedError, match=part):
        identifier.parse(text)


@pytest.mark.parametrize("text", ["", ".", None, 5, b"1.2.156.3005.2.", f" {TEXT}", f"{TEXT} "])
def test_other_things_are_no_identifier(text: object) -> None:
    with pytest.raises(MalformedError):
        identifier.parse(text)


credit_bodies = st.text(CREDIT_ALPHABET, min_size=17, max_size=17)
credit_codes = credit_bodies.map(lambda body: body + identifier.credit_code_check(body))
identifiers = st.builds(
    identifier.make,
    st.builds(lambda code, number: f"{code}{number:03}", credit_codes, st.integers(0, 999)),
    credit_codes,
    st.text(ALPHANUMERIC, min_size=7, max_size=32),
    st.integers(1, 999),
)


@given(identifiers)
def test_identifiers_come_back(made: Identifier) -> None:
    assert identifier.parse(str(made)) == made
    body = str(made)[len(identifier.ROOT) : -1].replace(".", "")
    assert made.check == mod_37_36.calc_check_digit(body)


@given(identifiers, st.data())
def test_any_other_character_is_noticed(made: Identifier, data: st.DataObject) -> None:
    text = str(made)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from(ALPHANUMERIC + ".")) + text[at + 1 :]
    assume(changed != text)
    with pytest.raises(MalformedError):
        identifier.parse(changed)


@given(st.text(ALPHANUMERIC, min_size=1))
def test_check_character_equals_the_oracle(text: str) -> None:
    assert identifier.check_character(text) == mod_37_36.calc_check_digit(text)


@given(credit_bodies)
def test_credit_code_check_equals_the_oracle(body: str) -> None:
    assert identifier.credit_code_check(body) == uscc.calc_check_digit(body)
    assert identifier.is_credit_code(body + identifier.credit_code_check(body))


@given(st.dates(), st.integers(0, 999_999), st.integers(0, 999))
def test_citizen_id_check_equals_the_oracle(day: Any, place: int, order: int) -> None:
    body = f"{place:06}{day:%Y%m%d}".rjust(14, "0") + f"{order:03}"
    assume(len(body) == 17)
    check = identifier.citizen_id_check(body)
    assert check == ric.calc_check_digit(body + "0")
    for other in "0123456789X":
        assert identifier.is_citizen_id(body + other) is (other == check)


@pytest.mark.parametrize("text", ["", "a", "A.B", "Ａ", "A\n", " A"])
def test_what_has_no_check_character(text: str) -> None:
    with pytest.raises(MalformedError):
        identifier.check_character(text)


@pytest.mark.parametrize(
    "body", ["", "1" * 16, "1" * 18, "1" * 16 + "１", "1" * 16 + "I", "1" * 17 + "\n"]
)
def test_what_is_no_body(body: str) -> None:
    with pytest.raises(MalformedError):
        identifier.credit_code_check(body)
    with pytest.raises(MalformedError):
        identifier.citizen_id_check(body)


@pytest.mark.parametrize(
    "arguments",
    [
        ("11100000000013338W011", "11110000000021135M", "2023032", 0),
        ("11100000000013338W011", "11110000000021135M", "2023032", 1000),
        ("11100000000013338W011", "11110000000021135M", "202303", 1),
        ("11100000000013338W011", "11110000000021135N", "2023032", 1),
        ("11100000000013338X011", "11110000000021135M", "2023032", 1),
        ("11100000000013338W011\n", "11110000000021135M", "2023032", 1),
    ],
)
def test_make_refuses_parts_that_do_not_hold(arguments: tuple[str, str, str, int]) -> None:
    with pytest.raises(MalformedError):
        identifier.make(*arguments)
