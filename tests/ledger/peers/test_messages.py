"""Answers of peers: exactly of the form agreed on, or not read at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.bundle import MAX_BUNDLE_BYTES
from ledger.errors import MalformedError
from ledger.peers import messages
from ledger.ports.peers import PeerFailure, PeerRefusal

SEARCH = {
    "v": 1,
    "bundles": [{"any": "thing"}],
    "refusals": [{"type": "11100000000013338W032", "reason": "authorization_required"}],
    "failures": [{"id": "0193", "type": "T", "reason": "content_mismatch", "check": 2}],
    "more": True,
}


def test_a_search_answer_is_read() -> None:
    answer = messages.parse_search_answer(json.dumps(SEARCH).encode())
    assert answer.unverified_bundles == ({"any": "thing"},)
    assert answer.refusals == (
        PeerRefusal(type_code="11100000000013338W032", reason="authorization_required"),
    )
    assert answer.failures == (
        PeerFailure(license_id="0193", type_code="T", reason="content_mismatch", check=2),
    )
    assert answer.more is True


@pytest.mark.parametrize(
    "change",
    [
        {"v": 2},
        {"v": True},
        {"v": "1"},
        {"extra": 1},
        {"bundles": None},
        {"bundles": {}},
        {"refusals": [{"type": "T"}]},
        {"refusals": [{"type": "T", "reason": "Not a code"}]},
        {"refusals": [{"type": "T" * 65, "reason": "no"}]},
        {"failures": [{"id": "0193", "type": "T", "reason": "malformed", "check": 9}]},
        {"failures": [{"id": "0193", "type": "T", "reason": "malformed", "check": "2"}]},
        {"bundles": [{}] * 1001},
        {"more": None},
        {"more": 0},
        {"more": "true"},
    ],
)
def test_another_form_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(MalformedError):
        messages.parse_search_answer(json.dumps(SEARCH | change).encode())


@pytest.mark.parametrize("name", SEARCH)
def test_nothing_may_be_missing(name: str) -> None:
    short = {key: value for key, value in SEARCH.items() if key != name}
    with pytest.raises(MalformedError):
        messages.parse_search_answer(json.dumps(short).encode())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"v"',
        b"\xff",
        b'{"v":1,"v":1,"bundle":{}}',
        b'{"v":1,"bundle":NaN}',
        b'{"v":1,"bundle":' + b"[" * 100_000,
        b'{"v":1,"bundle":' + b'{"a":' * 100 + b"1" + b"}" * 101,
        b'{"v":1,"bundle":[]}',
        b'{"v":1,"bundle":"text"}',
    ],
)
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    for parse in (
        messages.parse_search_answer,
        messages.parse_bundle_answer,
        messages.parse_find_answer,
    ):
        with pytest.raises(MalformedError):
            parse(body)


def test_nothing_found_is_an_answer_and_no_bundle_is_not() -> None:
    assert messages.parse_find_answer(b'{"v":1,"bundle":null}') is None
    assert messages.parse_find_answer(b'{"v":1,"bundle":{}}') == {}
    with pytest.raises(MalformedError):
        messages.parse_bundle_answer(b'{"v":1,"bundle":null}')


def test_a_frame_is_taken_apart() -> None:
    assert messages.parse_frame(b"\x00\x00\x00\x02{}%PDF") == ({}, b"%PDF")
    assert messages.parse_frame(b"\x00\x00\x00\x02{}") == ({}, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00\x00\x00",
        b"\x00\x00\x00\x00",
        b"\x00\x00\x00\x03{}",
        b"\xff\xff\xff\xff{}",
        (MAX_BUNDLE_BYTES + 1).to_bytes(4, "big") + b" " * (MAX_BUNDLE_BYTES + 1),
    ],
)
def test_a_frame_that_is_none(body: bytes) -> None:
    with pytest.raises(MalformedError):
        messages.parse_frame(body)


@given(st.binary(max_size=200))
def test_no_bytes_leak_another_error(body: bytes) -> None:
    for parse in (
        messages.parse_search_answer,
        messages.parse_bundle_answer,
        messages.parse_find_answer,
        messages.parse_frame,
        messages.parse_problem,
    ):
        with pytest.raises(MalformedError):
            parse(body)


def test_a_problem_is_read_and_its_other_members_ignored() -> None:
    problem = messages.parse_problem(
        b'{"type":"/problems/x","code":"not_permitted","reason":"answers_only","errors":[]}'
    )
    assert (problem.code, problem.reason, problem.detail) == (
        "not_permitted",
        "answers_only",
        "",
    )


def test_a_message_about_an_answer_never_repeats_it() -> None:
    with pytest.raises(MalformedError) as caught:
        messages.parse_search_answer(b'{"v":1,"holder":"11010519491231002X"}')
    assert "11010519491231002X" not in str(caught.value)
