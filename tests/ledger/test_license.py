"""Entries and disclosures: what is committed to is the canonical form, salted, and opens again."""

from __future__ import annotations

import random
from datetime import date

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical
from ledger.encoding import b64url_decode, b64url_encode
from ledger.errors import MalformedError
from ledger.hashing import leaf_hash
from ledger.license import (
    Holder,
    License,
    commit,
    parse_disclosure,
    parse_disclosures,
    parse_entry,
)
from ledger.types import Region

VALUES = st.recursive(
    st.text() | st.booleans() | st.none() | st.integers(-(2**53) + 1, 2**53 - 1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def _license(fields: dict[str, object]) -> License:
    return License(
        id="0193ffff-0000-7000-8000-000000000001",
        region=Region("110000"),
        type_code="11100000000013338W011",
        identifier="1.2.156",
        holders=(Holder(name="甲", code="1", code_type="999"),),
        fields=fields,
        valid_from=date(2026, 1, 1),
        valid_until=None,
        check_code="A" * 22,
    )


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.randoms(use_true_random=False))
def test_disclosures_are_rfc8785_and_open_to_what_was_said(
    fields: dict[str, object], source: random.Random
) -> None:
    license_ = _license({f"x{name}": value for name, value in fields.items()})
    made = commit(license_, source.randbytes)
    opened = parse_disclosures(made.disclosures)
    assert {one.name: one.value for one in opened} == license_.statements()
    for one in opened:
        raw = b64url_decode(one.text)
        assert raw == rfc8785.dumps([canonical.parse(raw)[0], one.name, one.value])  # type: ignore[index]
    entry = parse_entry(canonical.parse(made.entry))
    assert entry.encode() == made.entry
    assert set(entry.sd) == {one.digest for one in opened}
    assert made.leaf_hash == leaf_hash(made.entry)


def test_salts_make_equal_licenses_differ() -> None:
    license_ = _license({})
    one, two = (commit(license_, random.Random(seed).randbytes) for seed in (1, 2))
    assert one.leaf_hash != two.leaf_hash
    assert not set(one.disclosures) & set(two.disclosures)


def test_a_lone_surrogate_is_malformed() -> None:
    with pytest.raises(MalformedError):
        commit(_license({"note": "\ud800"}), bytes)


def test_two_disclosures_of_one_name_are_malformed() -> None:
    texts = [
        b64url_encode(canonical.encode([b64url_encode(bytes([at]) * 16), "a", at])) for at in (1, 2)
    ]
    with pytest.raises(MalformedError, match="twice"):
        parse_disclosures(texts)


@pytest.mark.parametrize(
    "raw",
    [
        b"[]",
        b"{}",
        b'["AAAAAAAAAAAAAAAAAAAAAA","n"]',
        b'["AA","n",1]',
        b'["AAAAAAAAAAAAAAAAAAAAAA",1,1]',
        b'["AAAAAAAAAAAAAAAAAAAAAA", "n",1]',
        b"\xff",
    ],
)
def test_what_is_not_a_disclosure_is_malformed(raw: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_disclosure(b64url_encode(raw))
