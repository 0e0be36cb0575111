"""The profile refuses each way of being wrong, with the reason that says which."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger import signing
from ledger.errors import NotAuthenticatedError
from ledger.keys import KeyId, SigningKey
from ledger.signing import Answer, Fields, Request, Signer
from ledger.types import Region

NOW = datetime(2026, 11, 24, 22, 55, 57, tzinfo=UTC)
URL = "https://node.example:8443/ledger/v1/peer/search"
ASKING = Signer(key_id=KeyId(Region("133100"), 1), key=SigningKey.from_bytes(bytes([1]) * 32))
ANSWERING = Signer(key_id=KeyId(Region("110000"), 0), key=SigningKey.from_bytes(bytes([2]) * 32))


def ask(body: bytes = b"{}", life: timedelta = signing.DEFAULT_LIFE) -> Request:
    return signing.sign_request(
        method="POST",
        url=URL,
        content_type="application/json",
        body=body,
        signer=ASKING,
        now=NOW,
        nonce=bytes(16),
        life=life,
    )


def answer(request: Request, status: int = 200, body: bytes = b"[]") -> Answer:
    return signing.sign_answer(
        request,
        status=status,
        content_type="application/json",
        body=body,
        signer=ANSWERING,
        now=NOW,
    )


def verify(request: Request, *, now: datetime = NOW, signer: Signer = ASKING) -> signing.Signed:
    return signing.verify_request(request, key=signer.key.public, key_id=signer.key_id, now=now)


def verify_answer(unverified: Answer, request: Request, now: datetime = NOW) -> signing.Signed:
    return signing.verify_answer(
        unverified,
        request=request,
        key=ANSWERING.key.public,
        key_id=ANSWERING.key_id,
        now=now,
    )


def with_field(fields: Fields, name: str, change: Callable[[str], str]) -> Fields:
    return tuple((field, change(value) if field == name else value) for field, value in fields)


def without(fields: Fields, name: str) -> Fields:
    return tuple(line for line in fields if line[0] != name)


def resign(request: Request, change: Callable[[str], str]) -> Request:
    """The request with other signature parameters, signed by the key that it belongs to.

    The signature base is rebuilt from the RFC's rules: what a peer with its own software may send.
    """
    given_ = dict(request.fields)
    parameters = change(given_["signature-input"].removeprefix("ledger="))
    values = {
        '"@method"': request.method,
        '"@target-uri"': request.url,
        '"content-type"': given_["content-type"],
        '"content-digest"': given_["content-digest"],
    }
    covered = parameters[1 : parameters.index(")")].split()
    base = "\n".join(
        [*(f"{name}: {values[name]}" for name in covered), f'"@signature-params": {parameters}']
    )
    raw = b64encode(ASKING.key.sign(base.encode())).decode()
    fields = with_field(request.fields, "signature-input", lambda _: f"ledger={parameters}")
    return replace(request, fields=with_field(fields, "signature", lambda _: f"ledger=:{raw}:"))


def refusal(call: Callable[[], object]) -> str:
    with pytest.raises(NotAuthenticatedError) as caught:
        call()
    return caught.value.reason


def test_what_was_signed_verifies() -> None:
    request = ask()
    signed = verify(request)
    assert signed.key_id == ASKING.key_id == signing.read_key_id(request.fields)
    assert signed.expires == NOW + timedelta(seconds=60)
    assert signed.nonce == "A" * 22
    assert verify_answer(answer(request), request).key_id == ANSWERING.key_id


def test_the_helper_of_these_tests_signs_as_the_profile_does() -> None:
    assert resign(ask(), lambda same: same) == ask()


@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_no_signature(name: str) -> None:
    request = ask()
    bare = replace(request, fields=without(request.fields, name))
    assert refusal(lambda: verify(bare)) == "signature_missing"
    assert refusal(lambda: signing.read_key_id(bare.fields)) == "signature_missing"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ledger",
        "ledger=1",
        "ledger=()",
        'ledger=();keyid="110000"',
        'other=();keyid="110000/0"',
        'ledger=();keyid="110000/0", other=();keyid="110000/0"',
        'ledger=();keyid="110000/0", ledger=();keyid="110000/0"',
        'ledger=();keyid="１１００００/0"',
        "ledger=(" + "(" * 5000,
        "\x00",
    ],
)
def test_a_signature_input_that_is_none(text: str) -> None:
    request = ask()
    odd = replace(request, fields=with_field(request.fields, "signature-input", lambda _: text))
    assert refusal(lambda: signing.read_key_id(odd.fields)) == "signature_malformed"
    assert refusal(lambda: verify(odd)) == "signature_malformed"
    assert refusal(lambda: answer(odd)) == "signature_malformed"


def test_two_signatures() -> None:
    request = ask()
    twice = replace(
        request,
        fields=(*request.fields, ("Signature", dict(request.fields)["signature"])),
    )
    assert refusal(lambda: verify(twice)) == "signature_malformed"


@pytest.mark.parametrize("dropped", signing.REQUEST_COMPONENTS)
def test_fewer_components_are_not_enough(dropped: str) -> None:
    """Downgraded coverage: the signature holds, and does not bind what it must."""
    kept = " ".join(name for name in signing.REQUEST_COMPONENTS if name != dropped)
    request = resign(ask(), lambda text: f"({kept}" + text[text.index(")") :])
    assert refusal(lambda: verify(request)) == "coverage_insufficient"


def test_components_in_another_order() -> None:
    request = resign(
        ask(), lambda text: text.replace('"@method" "@target-uri"', '"@target-uri" "@method"')
    )
    assert refusal(lambda: verify(request)) == "coverage_insufficient"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (';tag="license-ledger-request"', ""),
        ("license-ledger-request", "license-ledger-answer"),
        (';alg="ed25519"', ""),
        (';nonce="AAAAAAAAAAAAAAAAAAAAAA"', ""),
        ("AAAAAAAAAAAAAAAAAAAAAA", "short"),
        (";expires=1795561017", ""),
    ],
)
def test_other_parameters(old: str, new: str) -> None:
    request = ask()
    assert old in dict(request.fields)["signature-input"]
    odd = resign(request, lambda text: text.replace(old, new))
    assert refusal(lambda: verify(odd)) == "signature_malformed"


def test_a_parameter_of_another_name() -> None:
    odd = resign(ask(), lambda text: text + ";role=1")
    assert refusal(lambda: verify(odd)) == "signature_invalid"


def test_another_key_than_the_one_named() -> None:
    other = replace(ASKING, key=ANSWERING.key)
    assert refusal(lambda: verify(ask(), signer=other)) == "signature_invalid"
    renumbered = replace(ASKING, key_id=KeyId(Region("133100"), 0))
    assert refusal(lambda: verify(ask(), signer=renumbered)) == "signature_malformed"


@pytest.mark.parametrize(
    "url",
    [
        URL.replace("search", "find"),
        URL.replace("8443", "8444"),
        URL.replace("https", "http"),
        URL.replace("node", "mode"),
        URL + "?a=1",
    ],
)
def test_retargeted(url: str) -> None:
    assert refusal(lambda: verify(replace(ask(), url=url))) == "signature_invalid"


def test_another_method_or_content_type() -> None:
    request = ask()
    assert refusal(lambda: verify(replace(request, method="PUT"))) == "signature_invalid"
    typed = with_field(request.fields, "content-type", lambda _: "text/plain")
    assert refusal(lambda: verify(replace(request, fields=typed))) == "signature_invalid"


def test_swapped_body() -> None:
    request, other = ask(), ask(b"[]")
    assert refusal(lambda: verify(replace(request, body=other.body))) == "digest_mismatch"
    digest = dict(other.fields)["content-digest"]
    both = with_field(request.fields, "content-digest", lambda _: digest)
    swapped = replace(request, body=other.body, fields=both)
    assert refusal(lambda: verify(swapped)) == "signature_invalid"


def test_time() -> None:
    """From 30 s before it was made to 30 s after it ended, as clocks differ."""
    request = ask()
    second = timedelta(seconds=1)
    earliest, latest = NOW - signing.MAX_SKEW, NOW + signing.DEFAULT_LIFE + signing.MAX_SKEW
    assert verify(request, now=earliest) == verify(request, now=latest)
    assert refusal(lambda: verify(request, now=latest + second)) == "signature_expired"
    assert refusal(lambda: verify(request, now=earliest - second)) == "signature_not_yet_valid"


@pytest.mark.parametrize("seconds", [-60, 0, 301, 10**9])
def test_a_life_that_is_too_long_or_none(seconds: int) -> None:
    request = ask(life=timedelta(seconds=seconds))
    assert refusal(lambda: verify(request)) == "signature_life_too_long"


def test_the_longest_life() -> None:
    assert verify(ask(life=timedelta(seconds=300))).expires == NOW + timedelta(seconds=300)


@pytest.mark.parametrize(
    ("created", "reason"),
    [
        ("-1e3", "signature_malformed"),
        ("999999999999999", "signature_malformed"),
        ("-999999999999999", "signature_malformed"),
        ('"now"', "signature_invalid"),
        ("1.5", "signature_invalid"),
        ("?1", "signature_invalid"),
    ],
)
def test_times_that_are_none(created: str, reason: str) -> None:
    moment = str(int(NOW.timestamp()))
    odd = resign(ask(), lambda text: text.replace(f"created={moment}", f"created={created}"))
    assert refusal(lambda: verify(odd)) == reason


def test_an_answer_fits_one_request_only() -> None:
    """Two requests that differ in nothing but their nonce."""
    request = ask()
    again = signing.sign_request(
        method="POST",
        url=URL,
        content_type="application/json",
        body=b"{}",
        signer=ASKING,
        now=NOW,
        nonce=bytes([7]) * 16,
    )
    first = answer(request)
    assert refusal(lambda: verify_answer(first, again)) == "signature_invalid"


def test_an_answer_binds_status_content_and_time() -> None:
    request = ask()
    first = answer(request, status=403)
    promoted = replace(first, status=200)
    assert refusal(lambda: verify_answer(promoted, request)) == "signature_invalid"
    assert refusal(lambda: verify_answer(replace(first, body=b"{}"), request)) == "digest_mismatch"
    late = NOW + timedelta(minutes=2)
    assert refusal(lambda: verify_answer(first, request, now=late)) == "signature_expired"
    bare = replace(first, fields=without(first.fields, "signature"))
    assert refusal(lambda: verify_answer(bare, request)) == "signature_missing"


def test_a_request_is_no_answer() -> None:
    """The same key signs both; neither passes for the other."""
    request = ask()
    echo = Answer(status=200, fields=request.fields, body=request.body)
    reason = refusal(
        lambda: signing.verify_answer(
            echo,
            request=request,
            key=ASKING.key.public,
            key_id=ASKING.key_id,
            now=NOW,
        )
    )
    assert reason == "signature_invalid"


def test_a_request_without_signature_gets_no_bound_answer() -> None:
    bare = replace(ask(), fields=(("content-type", "application/json"),))
    assert refusal(lambda: answer(bare)) == "signature_missing"


@st.composite
def changes(draw: st.DrawFn) -> tuple[str, int, str]:
    """(field, place in its value, another character for there)."""
    name, value = draw(st.sampled_from(ask().fields))
    at = draw(st.integers(0, len(value) - 1))
    new = draw(st.characters(min_codepoint=0, max_codepoint=255).filter(value[at].__ne__))
    return name, at, new


LAST_DIGIT = len("ledger=:") + 85
"""Of the signature's base64: only its two high bits are part of the 64 bytes."""


@given(changes())
@example(("signature", LAST_DIGIT, "R"))
@example(("signature", LAST_DIGIT, "S"))
def test_any_changed_character_of_the_fields_is_noticed(change: tuple[str, int, str]) -> None:
    request = ask()
    name, at, new = change
    value = dict(request.fields)[name]
    changed = value[:at] + new + value[at + 1 :]
    odd = replace(request, fields=with_field(request.fields, name, lambda _: changed))
    with pytest.raises(NotAuthenticatedError):
        verify(odd)


def test_a_signature_has_one_spelling() -> None:
    request = ask()
    value = dict(request.fields)["signature"]
    assert value[LAST_DIGIT:] == "Q==:"
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    same_bytes = [value[:LAST_DIGIT] + digit + "==:" for digit in digits[17:32]]
    for text in (*same_bytes, value + ";role=1", value.replace("==", ""), "ledger=?1"):
        fields = (*without(request.fields, "signature"), ("signature", text))
        assert refusal(partial(verify, replace(request, fields=fields))) == "signature_malformed"
        assert refusal(partial(answer, replace(request, fields=fields))) == "signature_malformed"


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=80)), max_size=5))
def test_no_field_leaks_another_error(lines: list[tuple[str, str]]) -> None:
    fields = (*ask().fields[:2], *lines)
    with pytest.raises(NotAuthenticatedError):
        verify(replace(ask(), fields=fields))
