"""The registration promise: comes back as it was signed, and any change is noticed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import canonical
from ledger.errors import MalformedError, SignatureError, VerificationError
from ledger.keys import KeyId, SigningKey
from ledger.promise import RegistrationPromise, parse_promise, sign_promise
from ledger.types import Digest, Region

# The secret and public key of RFC 8032 §7.1, test 1.
KEY = SigningKey.from_bytes(
    bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
)
TIME = datetime(2026, 11, 24, 22, 55, 57, 123456, tzinfo=UTC)
PROMISE = sign_promise(
    KEY,
    key=KeyId(Region("110000"), 2),
    leaf_hash=Digest(bytes(range(32))),
    time=TIME,
    anchor_by=TIME + timedelta(hours=1),
)
SIGNED = (
    b'{"anchor_by":"2026-11-24T23:55:57Z","key":"110000/2",'
    b'"leaf_hash":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",'
    b'"region":"110000","time":"2026-11-24T22:55:57Z","v":1}'
)


def test_signed_bytes_are_fixed() -> None:
    assert PROMISE.signed_bytes() == SIGNED
    assert PROMISE.region == "110000"
    KEY.public.verify(PROMISE.signature, SIGNED)
    PROMISE.verify(KEY.public)


def test_another_key_did_not_sign() -> None:
    with pytest.raises(SignatureError):
        PROMISE.verify(SigningKey.generate().public)


@given(
    st.binary(min_size=32, max_size=32),
    st.integers(0, 999_999_999),
    st.datetimes(
        datetime.fromisoformat("1970-01-01"),
        datetime.fromisoformat("9999-01-01"),
        timezones=st.just(UTC),
    ),
    st.integers(1, 10**6),
)
def test_promises_come_back(leaf: bytes, number: int, time: datetime, seconds: int) -> None:
    promise = sign_promise(
        KEY,
        key=KeyId(Region("133100"), number),
        leaf_hash=Digest(leaf),
        time=time,
        anchor_by=time + timedelta(seconds=seconds),
    )
    text = canonical.encode(promise.to_json())
    back = parse_promise(canonical.parse(text))
    assert back == promise
    back.verify(KEY.public)


@given(st.data())
def test_any_flipped_bit_fails(data: st.DataObject) -> None:
    text = bytearray(canonical.encode(PROMISE.to_json()))
    bit = data.draw(st.integers(0, len(text) * 8 - 1))
    text[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VerificationError):
        parse_promise(canonical.parse(bytes(text))).verify(KEY.public)


GOOD: dict[str, Any] = PROMISE.to_json()


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        "promise",
        {},
        *({name: value for name, value in GOOD.items() if name != left_out} for left_out in GOOD),
        GOOD | {"note": "more"},
        GOOD | {"v": 2},
        GOOD | {"v": True},
        GOOD | {"v": 1.0},
        GOOD | {"v": "1"},
        GOOD | {"region": "120000"},
        GOOD | {"region": 110000},
        GOOD | {"key": "110000/02"},
        GOOD | {"key": None},
        GOOD | {"time": "2026-11-24T22:55:57.123456Z"},
        GOOD | {"time": GOOD["anchor_by"]},
        GOOD | {"anchor_by": "2026-11-24T22:55:56Z"},
        GOOD | {"anchor_by": 1795564557},
        GOOD | {"leaf_hash": GOOD["leaf_hash"] + "="},
        GOOD | {"leaf_hash": "AAEC"},
        GOOD | {"leaf_hash": bytes(32)},
        GOOD | {"signature": GOOD["signature"][:-2]},
        GOOD | {"signature": []},
    ],
    ids=lambda value: "",
)
def test_other_forms_are_refused(value: object) -> None:
    with pytest.raises(MalformedError):
        parse_promise(value)


def test_the_good_form_is_plain_json() -> None:
    assert parse_promise(json.loads(json.dumps(GOOD))) == PROMISE


def test_a_promise_must_leave_time() -> None:
    for later in (timedelta(0), timedelta(microseconds=1), timedelta(seconds=-1)):
        with pytest.raises(MalformedError, match="must come after"):
            sign_promise(
                KEY,
                key=PROMISE.key,
                leaf_hash=PROMISE.leaf_hash,
                time=TIME,
                anchor_by=TIME + later,
            )


def test_a_changed_promise_does_not_verify() -> None:
    changed = RegistrationPromise(
        leaf_hash=Digest(bytes(32)),
        time=PROMISE.time,
        anchor_by=PROMISE.anchor_by,
        key=PROMISE.key,
        signature=PROMISE.signature,
    )
    with pytest.raises(SignatureError):
        changed.verify(KEY.public)
