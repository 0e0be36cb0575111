"""A region's keys as values: Ed25519 to sign and verify, X25519 to seal and open.

A key from outside is checked when its value is made: wrong size or a point of small order is a
`MalformedError`. Which key is a region's, and when, is for the caller to know; the contract keeps
keys by number and block. Private keys never show in `repr`, cannot be compared, and leave their
value only by `to_bytes`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum
from typing import ClassVar, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from ledger.errors import MalformedError, SignatureError
from ledger.types import Region

KEY_SIZE: Final = 32
"""Bytes of every private and public key here."""

SIGNATURE_SIZE: Final = 64
"""Bytes of an Ed25519 signature."""

_KEY_ID = re.compile(r"([0-9]{6})/(0|[1-9][0-9]{0,8})")

_SMALL_ORDER = frozenset(
    bytes.fromhex(encoded)
    for encoded in (
        "00" * 32,
        "01" + "00" * 31,
        "ec" + "ff" * 30 + "7f",
        "ed" + "ff" * 30 + "7f",
        "ee" + "ff" * 30 + "7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    )
)
"""Points of small order without their sign bit (y = 0, 1, -1 and two more, 0 and 1 spelled twice).

Under such a key one signature fits any number of messages: its owner could deny every one.
"""


class KeyAlgorithm(IntEnum):
    """The algorithm tag beside each key in the contract `Consortium`."""

    ED25519 = 1
    X25519 = 2
    SM2 = 3
    """Reserved: no key of this kind is accepted yet."""


@dataclass(frozen=True, slots=True, order=True)
class KeyId:
    """Names a region's key: its place in the contract's list of that region's keys of one use."""

    region: Region
    number: int
    """Counted from 0."""

    def __str__(self) -> str:
        return f"{self.region}/{self.number}"


def parse_key_id(text: object) -> KeyId:
    """The key named by a text such as `110000/0`, else `MalformedError`."""
    match = _KEY_ID.fullmatch(text) if isinstance(text, str) else None
    if not match:
        raise MalformedError("a key id must look like 110000/0: region, slash, number")
    return KeyId(Region(match[1]), int(match[2]))


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """An Ed25519 public key (RFC 8032)."""

    algorithm: ClassVar[KeyAlgorithm] = KeyAlgorithm.ED25519
    raw: bytes

    def __post_init__(self) -> None:
        _check_key(self.raw)
        if self.raw[:-1] + bytes([self.raw[-1] & 0x7F]) in _SMALL_ORDER:
            raise MalformedError("an Ed25519 public key of small order binds nobody")

    def verify(self, signature: bytes, message: bytes) -> None:
        """Return if `signature` is this key's over `message`, else raise `SignatureError`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except (InvalidSignature, ValueError, TypeError) as error:
            raise SignatureError(f"no signature by the key {self.raw.hex()}") from error


@dataclass(frozen=True, slots=True, eq=False)
class SigningKey:
    """An Ed25519 private key."""

    _key: Ed25519PrivateKey = field(repr=False)

    @staticmethod
    def generate() -> SigningKey:
        """A new key from the operating system's randomness."""
        return SigningKey(Ed25519PrivateKey.generate())

    @staticmethod
    def from_bytes(seed: bytes) -> SigningKey:
        """The key with this seed of 32 bytes (RFC 8032 §5.1.5)."""
        _check_key(seed)
        return SigningKey(Ed25519PrivateKey.from_private_bytes(seed))

    def to_bytes(self) -> bytes:
        """The seed. Whoever holds it signs for the region."""
        return self._key.private_bytes_raw()

    @property
    def public(self) -> VerifyingKey:
        """The key that verifies."""
        return VerifyingKey(self._key.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """The signature over `message`, 64 bytes, the same each time."""
        return self._key.sign(message)


@dataclass(frozen=True, slots=True)
class SealingKey:
    """An X25519 public key (RFC 7748): who holds it can seal, and only its owner can open."""

    algorithm: ClassVar[KeyAlgorithm] = KeyAlgorithm.X25519
    raw: bytes

    def __post_init__(self) -> None:
        _check_key(self.raw)


@dataclass(frozen=True, slots=True, eq=False)
class OpeningKey:
    """An X25519 private key."""

    _key: X25519PrivateKey = field(repr=False)

    @staticmethod
    def generate() -> OpeningKey:
        """A new key from the operating system's randomness."""
        return OpeningKey(X25519PrivateKey.generate())

    @staticmethod
    def from_bytes(raw: bytes) -> OpeningKey:
        """The key with these 32 bytes."""
        _check_key(raw)
        return OpeningKey(X25519PrivateKey.from_private_bytes(raw))

    def to_bytes(self) -> bytes:
        """The private bytes. Whoever holds them opens what is sealed for the region."""
        return self._key.private_bytes_raw()

    @property
    def public(self) -> SealingKey:
        """The key that others seal with."""
        return SealingKey(self._key.public_key().public_bytes_raw())


def _check_key(raw: object) -> None:
    if not isinstance(raw, bytes) or len(raw) != KEY_SIZE:
        raise MalformedError(f"a key must be {KEY_SIZE} bytes")
