"""Region keys: published signatures, and what is refused as a key, a signature or a key's name."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.encoding import b64url_decode
from ledger.errors import MalformedError, SignatureError
from ledger.keys import (
    KeyAlgorithm,
    KeyId,
    OpeningKey,
    SealingKey,
    SigningKey,
    VerifyingKey,
    parse_key_id,
)
from ledger.types import Region

VECTORS = Path(__file__).parents[1] / "vectors"
HTTP = json.loads((VECTORS / "httpsig/rfc9421_b2.json").read_text())
HPKE = json.loads((VECTORS / "hpke/rfc9180_x25519_sha256.json").read_text())
LOG = json.loads((VECTORS / "tlog/tessera_log.json").read_text())
FIELD_PRIME = 2**255 - 19


def test_published_signature() -> None:
    # RFC 9421 B.2.6; Ed25519 is deterministic, so we can make it too.
    (case,) = (case for case in HTTP["cases"] if case["alg"] == "ed25519")
    jwk = HTTP["keys"]["test-key-ed25519"]
    key = SigningKey.from_bytes(b64url_decode(jwk["d"]))
    signature = b64decode(case["signature"].split(":")[1])
    assert key.public == VerifyingKey(b64url_decode(jwk["x"]))
    assert key.sign(case["signature_base"].encode()) == signature
    key.public.verify(signature, case["signature_base"].encode())


@pytest.mark.parametrize("checkpoint", LOG["signed_checkpoints_by_size"])
def test_published_checkpoints(checkpoint: str) -> None:
    # C2SP signed-note: key is a type byte and 32 bytes, a signature follows 4 bytes of key hash.
    key = VerifyingKey(b64decode(LOG["verifier_key"].split("+", 2)[2])[1:])
    text, signature_line = checkpoint.split("\n\n")
    signature = b64decode(signature_line.split()[-1])[4:]
    key.verify(signature, f"{text}\n".encode())
    with pytest.raises(SignatureError):
        key.verify(signature, text.encode())


def hpke_key_pairs(value: Any) -> list[tuple[str, str]]:
    """Every (skRm, pkRm) of the published HPKE vectors."""
    if isinstance(value, list):
        return [pair for item in value for pair in hpke_key_pairs(item)]
    if not isinstance(value, dict):
        return []
    own = [(value["skRm"], value["pkRm"])] if "skRm" in value else []
    return own + hpke_key_pairs(list(value.values()))


def test_published_x25519_keys() -> None:
    pairs = hpke_key_pairs(HPKE)
    assert pairs
    for private, public in pairs:
        key = OpeningKey.from_bytes(bytes.fromhex(private))
        assert key.public == SealingKey(bytes.fromhex(public))
        assert key.to_bytes().hex() == private


@given(st.binary(max_size=100), st.integers(0, 511), st.data())
def test_any_flipped_bit_fails(message: bytes, bit: int, data: st.DataObject) -> None:
    key = SigningKey.from_bytes(bytes(range(32)))
    signature = key.sign(message)
    key.public.verify(signature, message)
    flipped = bytearray(signature)
    flipped[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SignatureError):
        key.public.verify(bytes(flipped), message)
    with pytest.raises(SignatureError):
        key.public.verify(signature, message + b"\0")
    other = SigningKey.generate()
    with pytest.raises(SignatureError):
        other.public.verify(signature, message)


@pytest.mark.parametrize("signature", [b"", bytes(63), bytes(64), bytes(65), None, "s" * 64, 7])
def test_what_is_no_signature_fails(signature: Any) -> None:
    with pytest.raises(SignatureError):
        SigningKey.generate().public.verify(signature, b"message")


@pytest.mark.parametrize("raw", [b"", bytes(31), bytes(33), "0" * 32, bytearray(range(32)), None])
def test_what_is_no_key_is_refused(raw: Any) -> None:
    for make in (SigningKey.from_bytes, VerifyingKey, OpeningKey.from_bytes, SealingKey):
        with pytest.raises(MalformedError):
            make(raw)


def small_order_heights() -> set[int]:
    """y of every point whose order divides 8, from the curve's equation (RFC 8032 §5.1)."""
    p = FIELD_PRIME
    d = -121665 * pow(121666, -1, p) % p
    root_of_minus_one = pow(2, (p - 1) // 4, p)
    heights = {0, 1, p - 1}
    # Order 8: doubling leads to y = 0, so x² = -y². In -x² + y² = 1 + d·x²·y² this makes
    # d·y⁴ + 2·y² - 1 = 0, or y² = (-1 ± √(1 + d)) / d.
    for sign in (1, -1):
        square_root = pow(1 + d, (p + 3) // 8, p)
        if square_root * square_root % p != (1 + d) % p:
            square_root = square_root * root_of_minus_one % p
        assert square_root * square_root % p == (1 + d) % p
        height_squared = (-1 + sign * square_root) * pow(d, -1, p) % p
        height = pow(height_squared, (p + 3) // 8, p)
        if height * height % p != height_squared:
            height = height * root_of_minus_one % p
        if height * height % p == height_squared:
            heights |= {height, p - height}
    return heights


def test_keys_of_small_order_are_refused_in_every_spelling() -> None:
    heights = small_order_heights()
    assert len(heights) == 5
    spellings = {y for height in heights for y in (height, height + FIELD_PRIME) if y < 2**255}
    assert len(spellings) == 7
    for y in spellings:
        for sign in (0, 1 << 255):
            with pytest.raises(MalformedError, match="small order"):
                VerifyingKey((y | sign).to_bytes(32, "little"))


def test_private_keys_do_not_show() -> None:
    seed = bytes(range(32))
    for key in (SigningKey.from_bytes(seed), OpeningKey.from_bytes(seed)):
        assert key.to_bytes() == seed
        assert seed.hex() not in repr(key) and repr(seed) not in repr(key)
    assert SigningKey.generate().to_bytes() != SigningKey.generate().to_bytes()
    assert OpeningKey.generate().to_bytes() != OpeningKey.generate().to_bytes()


def test_algorithm_tags_are_the_contracts() -> None:
    assert VerifyingKey.algorithm is KeyAlgorithm.ED25519
    assert SealingKey.algorithm is KeyAlgorithm.X25519
    assert [int(tag) for tag in KeyAlgorithm] == [1, 2, 3]


@given(
    st.from_regex(r"[0-9]{6}", fullmatch=True, alphabet="0123456789"), st.integers(0, 999_999_999)
)
def test_key_ids_come_back(region: str, number: int) -> None:
    key_id = KeyId(Region(region), number)
    assert parse_key_id(str(key_id)) == key_id


def test_key_id_text() -> None:
    assert str(KeyId(Region("110000"), 0)) == "110000/0"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "110000",
        "110000/",
        "/0",
        "110000/00",
        "110000/-1",
        "11000/0",
        "110000/0\n",
        "１10000/0",
        "110000/１",
        "110000/0/0",
        "110000/1234567890",
        None,
        5,
        b"110000/0",
        ["110000", 0],
    ],
)
def test_parse_key_id_refuses(text: object) -> None:
    with pytest.raises(MalformedError):
        parse_key_id(text)
