"""Ciphers: what was sealed opens only whole, in its place, and with its key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import IntegrityError, MalformedError
from ledger.ports.cipher import Cipher
from ledger.store.encryption import AesGcmCipher

ROOT = bytes(range(32))


@pytest.fixture(params=["one key", "two keys"])
def cipher(request: pytest.FixtureRequest) -> Cipher:
    roots = {1: ROOT} if request.param == "one key" else {1: ROOT, 2: ROOT[::-1]}
    return AesGcmCipher(roots)


@pytest.mark.parametrize("plaintext", [b"", b"x", "持证主体".encode(), bytes(100_000)])
def test_what_is_sealed_opens(cipher: Cipher, plaintext: bytes) -> None:
    sealed = cipher.seal(plaintext, context=b"file:1")
    assert cipher.open(sealed, context=b"file:1") == plaintext
    assert len(plaintext) < 8 or plaintext not in sealed


def test_the_same_text_is_sealed_differently_each_time(cipher: Cipher) -> None:
    assert cipher.seal(b"text", context=b"c") != cipher.seal(b"text", context=b"c")


@pytest.mark.parametrize("context", [b"", b"file:2", b"file:1\x00", b"file:"])
def test_it_does_not_open_in_another_place(cipher: Cipher, context: bytes) -> None:
    sealed = cipher.seal(b"text", context=b"file:1")
    with pytest.raises(IntegrityError) as caught:
        cipher.open(sealed, context=context)
    assert (caught.value.reason, caught.value.check) == ("content_mismatch", 2)


@given(bit=st.integers(min_value=0))
def test_any_flipped_bit_is_found(bit: int) -> None:
    cipher = AesGcmCipher({1: ROOT, 2: ROOT[::-1]})
    sealed = bytearray(cipher.seal(b"some text", context=b"c"))
    sealed[bit // 8 % len(sealed)] ^= 1 << bit % 8
    with pytest.raises(IntegrityError):
        cipher.open(bytes(sealed), context=b"c")


@given(sealed=st.binary(max_size=80), cut=st.integers(min_value=0, max_value=60))
def test_no_bytes_raise_anything_else(sealed: bytes, cut: int) -> None:
    cipher = AesGcmCipher({1: ROOT})
    shortened = cipher.seal(b"some text", context=b"c")[:-1][:cut]
    for unverified in (sealed, b"\x01\x00\x01" + sealed, shortened):
        with pytest.raises(IntegrityError):
            cipher.open(unverified, context=b"c")


def test_look_up_digests_agree_only_for_the_same_label_and_text(cipher: Cipher) -> None:
    found = cipher.lookup_digest("holder", "110101199003070134")
    assert len(found) == 32
    assert found == cipher.lookup_digest("holder", "110101199003070134")
    assert found != cipher.lookup_digest("holder", "110101199003070135")
    assert found != cipher.lookup_digest("identifier", "110101199003070134")


def test_a_text_that_is_no_text_is_malformed(cipher: Cipher) -> None:
    with pytest.raises(MalformedError):
        cipher.lookup_digest("holder", "\ud800")
