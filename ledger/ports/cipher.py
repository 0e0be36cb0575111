"""Encryption at rest and keyed look-up digests."""

from __future__ import annotations

from typing import Protocol


class Cipher(Protocol):
    """Seals what names a person. A stolen database or file store opens nothing without its key."""

    def seal(self, plaintext: bytes, *, context: bytes) -> bytes:
        """Encrypt and authenticate; `context` binds the result to its place and is not stored."""

    def open(self, sealed: bytes, *, context: bytes) -> bytes:
        """Undo `seal`. Raise IntegrityError(content_mismatch, 2) when anything was changed."""

    def lookup_digest(self, label: str, text: str) -> bytes:
        """32 bytes by which `text` can be found and which nobody without the key can compute."""
