"""Offices, their tokens, and the lease that lets one worker of a region sequence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRecord:
    """A bearer token as stored: its hash only."""

    id: str
    digest: bytes
    """SHA-256 of the secret, 32 bytes."""
    office: str
    """USCC of the office that the token speaks for."""
    label: str
    scopes: frozenset[str]
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """A license office of this region."""

    uscc: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to do one thing alone, until `expires_at`; the fence grows with every holder."""

    name: str
    holder: str
    fence: int
    expires_at: datetime


class AccountReader(Protocol):
    def token_by_digest(self, digest: bytes) -> TokenRecord | None: ...
    def tokens(self, office: str | None = None) -> tuple[TokenRecord, ...]: ...
    def office(self, uscc: str) -> Office | None: ...
    def offices(self) -> tuple[Office, ...]: ...
    def lease(self, name: str) -> Lease | None: ...


class AccountWriter(AccountReader, Protocol):
    def create_token(self, token: TokenRecord) -> None: ...
    def revoke_token(self, token_id: str, at: datetime) -> None:
        """Raise NotFoundError when there is none. Revoking twice keeps the first time."""

    def note_token_use(self, token_id: str, at: datetime) -> None: ...
    def put_office(self, office: Office) -> None: ...
    def take_lease(self, name: str, holder: str, *, now: datetime, seconds: int) -> Lease | None:
        """Take or renew; None while another holder's lease has not expired."""

    def check_fence(self, lease: Lease) -> None:
        """Raise ConflictError when the lease passed to another holder since it was taken."""

    def release_lease(self, lease: Lease) -> None: ...
    def remember_nonce(self, key_id: str, nonce: str, expires_at: datetime) -> bool:
        """True the first time; False when this signer used the nonce before (a replay)."""

    def forget_nonces(self, before: datetime) -> int: ...
