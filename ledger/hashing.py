"""The only module that hashes. Everything that is hashed is defined here, once.

SHA-256 is the project's hash (DESIGN §3). SM3 (GB/T 32905) stands beside it for files only, and
Keccak-256 for what the chain hashes. A domain is kept apart from the others by its first bytes:

    leaf        SHA-256(0x00 ‖ entry)                  RFC 9162 §2.1.1
    node        SHA-256(0x01 ‖ left ‖ right)           RFC 9162 §2.1.1
    disclosure  SHA-256(ASCII of base64url text)       SD-JWT (RFC 9901 §4.2.3)
    type        SHA-256(UTF-8 of the type code)        the contracts' `typeHash`
    keyed       HMAC-SHA-256(key, len ‖ label ‖ data)  RFC 2104

No function checks lengths: whoever takes hashes from outside checks them first (`ledger.merkle`).
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256 as _sha256
from typing import cast

from cryptography.hazmat.primitives import hashes
from eth_hash.auto import keccak as _keccak

from ledger.types import Digest

_LEAF = b"\x00"
_NODE = b"\x01"

EMPTY_ROOT = Digest(_sha256(b"").digest())
"""Root hash of a log without leaves (RFC 9162 §2.1.1)."""


def sha256(data: bytes) -> Digest:
    """SHA-256 (FIPS 180-4) of `data`."""
    return Digest(_sha256(data).digest())


def sm3(data: bytes) -> bytes:
    """SM3 (GB/T 32905-2016) of `data`, 32 bytes; no `Digest`, so it cannot stand for a SHA-256."""
    context = hashes.Hash(hashes.SM3())
    context.update(data)
    return context.finalize()


def keccak256(data: bytes) -> bytes:
    """Keccak-256 as Ethereum uses it (the padding of before FIPS 202), 32 bytes."""
    return _keccak(data)


def leaf_hash(entry: bytes) -> Digest:
    """Hash one entry (RFC 9162 §2.1.1). The prefix stops an interior node passing for an entry."""
    return Digest(_sha256(_LEAF + entry).digest())


def node_hash(left: bytes, right: bytes) -> Digest:
    """Hash two subtrees of 32 bytes each into the node above them (RFC 9162 §2.1.1)."""
    return Digest(_sha256(_NODE + left + right).digest())


def node_hashes(level: Sequence[Digest]) -> list[Digest]:
    """Hash neighbours (0,1), (2,3) … of one level into the level above.

    An odd last hash has no neighbour yet and is left out. One call for a whole level is what makes
    bulk appends cheap: the loop costs hardly more than the hashing itself.
    """
    pairs = zip(level[::2], level[1::2], strict=False)
    return cast("list[Digest]", [_sha256(_NODE + left + right).digest() for left, right in pairs])


def disclosure_digest(disclosure: str) -> Digest:
    """Digest of a disclosure's base64url text; `disclosure` must be ASCII (RFC 9901 §4.2.3)."""
    return Digest(_sha256(disclosure.encode("ascii")).digest())


def type_hash(type_code: str) -> Digest:
    """The 32 bytes by which the contracts name a license type."""
    return Digest(_sha256(type_code.encode()).digest())


def keyed_digest(key: bytes, label: str, data: bytes) -> Digest:
    """Digest that only a holder of `key` can compute, for looking up what must not be readable.

    `label` (ASCII, below 256 characters) keeps uses of one key apart; its length goes in front, so
    no two pairs of label and data ever meet in one message.
    """
    return Digest(hmac.digest(key, _domain(label) + data, "sha256"))


@lru_cache(maxsize=64)
def _domain(label: str) -> bytes:
    name = label.encode("ascii")
    return bytes([len(name)]) + name


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDigests:
    """What an entry commits to about a file's bytes."""

    sha256: Digest
    sm3: bytes
    size: int
    """Bytes."""


class FileDigester:
    """Digests a file chunk by chunk, in one pass and constant memory."""

    __slots__ = ("_sha256", "_size", "_sm3")

    def __init__(self) -> None:
        self._sha256 = _sha256()
        self._sm3 = hashes.Hash(hashes.SM3())
        self._size = 0

    def update(self, chunk: bytes) -> None:
        """Take the file's next bytes."""
        self._sha256.update(chunk)
        self._sm3.update(chunk)
        self._size += len(chunk)

    def digests(self) -> FileDigests:
        """Digests of everything taken so far; more chunks may follow."""
        return FileDigests(
            sha256=Digest(self._sha256.digest()), sm3=self._sm3.copy().finalize(), size=self._size
        )


def file_digests(chunks: Iterable[bytes]) -> FileDigests:
    """Digests of the file that `chunks` make up in their order."""
    digester = FileDigester()
    for chunk in chunks:
        digester.update(chunk)
    return digester.digests()
