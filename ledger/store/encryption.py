"""Encryption at rest: AES-256-GCM under numbered data keys (`ledger.ports.cipher`).

    sealed   version 1 ‖ key number 2 ‖ nonce 12 ‖ ciphertext ‖ tag 16
    data     "license-ledger seal" ‖ version ‖ key number ‖ context      authenticated, not stored
    wrapped  version 1 ‖ nonce 12 ‖ ciphertext 32 ‖ tag 16               a data key's root

Integers are big-endian; version 0x01 is AES-256-GCM, another cipher takes another number. The
node's master key is used only to wrap roots, so it can change without any file being touched. From
each root HKDF (RFC 5869) derives its sealing key; the look-up key comes from root 1 and stays when
newer roots seal, since all look-up digests depend on it. Nonces are random: one key may seal 2^32
times (NIST SP 800-38D §8.3), far more than a region has licenses.

This module derives keys and so names a hash; nothing is hashed here.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ledger.errors import ConfigurationError, IntegrityError, MalformedError
from ledger.hashing import keyed_digest
from ledger.ports.clock import RandomBytes

KEY_SIZE: Final = 32
"""Bytes of a master key and of a data key's root."""
FIRST_KEY: Final = 1
"""Number of the data key that every database starts with."""

_VERSION: Final = b"\x01"
_NUMBER_SIZE: Final = 2
_HEADER_SIZE: Final = len(_VERSION) + _NUMBER_SIZE
_NONCE_SIZE: Final = 12
_TAG_SIZE: Final = 16
_CHECK_SIZE: Final = 16
_SEAL_LABEL: Final = b"license-ledger seal"
_WRAP_LABEL: Final = b"license-ledger data key"


class AesGcmCipher:
    """Seals with the newest data key and opens with every one it has. Safe between threads."""

    __slots__ = ("_ciphers", "_header", "_lookup_key", "_newest", "_random")

    def __init__(self, roots: Mapping[int, bytes], random: RandomBytes = os.urandom) -> None:
        """`roots` by key number; number 1 must be among them."""
        self._random = random
        self._ciphers = {
            _number(number): AESGCM(_derive(root, b"seal")) for number, root in roots.items()
        }
        self._newest = self._ciphers[_number(max(roots))]
        self._header = _VERSION + _number(max(roots))
        self._lookup_key = _derive(roots[FIRST_KEY], b"lookup")

    def seal(self, plaintext: bytes, *, context: bytes) -> bytes:
        nonce = self._random(_NONCE_SIZE)
        data = _SEAL_LABEL + self._header + context
        return self._header + nonce + self._newest.encrypt(nonce, plaintext, data)

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        header = sealed[:_HEADER_SIZE]
        cipher = self._ciphers.get(header[len(_VERSION) :])
        if not header.startswith(_VERSION) or cipher is None:
            raise _mismatch("it names a version or key that this node does not have")
        if len(sealed) < _HEADER_SIZE + _NONCE_SIZE + _TAG_SIZE:
            raise _mismatch("it is cut off")
        nonce, ciphertext = (
            sealed[_HEADER_SIZE : _HEADER_SIZE + _NONCE_SIZE],
            sealed[_HEADER_SIZE + _NONCE_SIZE :],
        )
        try:
            return cipher.decrypt(nonce, ciphertext, _SEAL_LABEL + header + context)
        except InvalidTag as error:
            raise _mismatch("its bytes were changed, or it stands in another's place") from error

    def lookup_digest(self, label: str, text: str) -> bytes:
        """Raise MalformedError for a text that UTF-8 cannot write (a lone surrogate)."""
        try:
            return keyed_digest(self._lookup_key, label, text.encode())
        except UnicodeEncodeError as error:
            raise MalformedError(
                "the text holds half a surrogate pair; send valid UTF-8"
            ) from error


def master_check(master_key: bytes) -> bytes:
    """16 bytes that tell master keys apart. Raise ConfigurationError for a key of another size."""
    if len(master_key) != KEY_SIZE:
        raise ConfigurationError(f"the master key has {len(master_key)} bytes, not {KEY_SIZE}")
    return _derive(master_key, b"check", _CHECK_SIZE)


def wrap_root(
    master_key: bytes, number: int, root: bytes, random: RandomBytes = os.urandom
) -> bytes:
    """Wrap a data key's root, bound to its number."""
    nonce = random(_NONCE_SIZE)
    wrapping = AESGCM(_derive(master_key, b"wrap"))
    return _VERSION + nonce + wrapping.encrypt(nonce, root, _WRAP_LABEL + _number(number))


def unwrap_root(master_key: bytes, number: int, wrapped: bytes) -> bytes:
    """Undo `wrap_root`. Raise ConfigurationError when key, number and bytes don't fit together."""
    nonce, ciphertext = (
        wrapped[len(_VERSION) : len(_VERSION) + _NONCE_SIZE],
        wrapped[len(_VERSION) + _NONCE_SIZE :],
    )
    if wrapped.startswith(_VERSION) and len(ciphertext) == KEY_SIZE + _TAG_SIZE:
        try:
            return AESGCM(_derive(master_key, b"wrap")).decrypt(
                nonce, ciphertext, _WRAP_LABEL + _number(number)
            )
        except InvalidTag:
            pass
    raise ConfigurationError(
        f"data key {number} in the database is damaged; restore the database from a backup"
    )


def _derive(key: bytes, purpose: bytes, size: int = KEY_SIZE) -> bytes:
    info = b"license-ledger " + purpose
    return HKDF(algorithm=SHA256(), length=size, salt=None, info=info).derive(key)


def _number(number: int) -> bytes:
    return number.to_bytes(_NUMBER_SIZE, "big")


def _mismatch(why: str) -> IntegrityError:
    return IntegrityError(f"sealed data do not open: {why}", reason="content_mismatch", check=2)
