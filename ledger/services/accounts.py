"""Tokens of offices: made once, shown once, stored as a digest, with scopes and an end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from ledger.encoding import b64url_encode
from ledger.errors import (
    Fault,
    InvalidInputError,
    NotAuthenticatedError,
    NotFoundError,
    NotPermittedError,
)
from ledger.hashing import sha256
from ledger.identifier import is_credit_code
from ledger.ports.accounts import Office, TokenRecord
from ledger.ports.clock import Clock, RandomBytes
from ledger.ports.database import Database

PREFIX: Final = "llt_"
"""Lets scanners for leaked secrets find ours."""

TOKEN_BYTES: Final = 32
MAX_TOKEN_LIFE: Final = timedelta(days=366)
_USE_NOTED_EVERY: Final = timedelta(minutes=1)


class Scope(StrEnum):
    """What a token may be used for."""

    LICENSES_READ = "licenses:read"
    LICENSES_WRITE = "licenses:write"
    STATUS_WRITE = "status:write"
    EXCHANGE = "exchange"
    AUDIT = "audit"
    OPERATE = "operate"


ROLES: Final = {
    "clerk": frozenset({Scope.LICENSES_READ, Scope.EXCHANGE}),
    "business": frozenset(
        {Scope.LICENSES_READ, Scope.LICENSES_WRITE, Scope.STATUS_WRITE, Scope.EXCHANGE}
    ),
    "verifier": frozenset[Scope](),
    "auditor": frozenset({Scope.LICENSES_READ, Scope.AUDIT}),
    "operator": frozenset({Scope.OPERATE}),
}
"""Usual scopes by role; a verifier needs no scope, its token lifts the public rate limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls: an office, by one of its tokens."""

    office: str
    token_id: str
    label: str
    scopes: frozenset[str]

    def require(self, scope: Scope) -> None:
        """Raise NotPermittedError unless the token has `scope`."""
        if scope.value not in self.scopes:
            raise NotPermittedError(
                f"this token has not the scope {scope.value}; ask the operator for one that has",
                reason="missing_scope",
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token just made; `secret` is shown this once and stored nowhere."""

    record: TokenRecord
    secret: str


class Accounts:
    """See the module's text."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        random_bytes: RandomBytes,
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes
        self._new_id = new_id

    def create_token(
        self, *, office: str, label: str, scopes: Iterable[str], life: timedelta
    ) -> NewToken:
        """Raise InvalidInputError for an unknown scope or office, or a life out of range."""
        faults = _token_faults(office, label, scopes, life)
        if faults:
            raise InvalidInputError(faults)
        secret = PREFIX + b64url_encode(self._random_bytes(TOKEN_BYTES))
        now = self._clock()
        record = TokenRecord(
            id=self._new_id(),
            digest=_digest(secret),
            office=office,
            label=label,
            scopes=frozenset(scopes),
            created_at=now,
            expires_at=now + life,
            revoked_at=None,
            last_used_at=None,
        )
        with self._database.write() as session:
            if session.accounts.office(office) is None:
                raise NotFoundError(f"office {office} is not one of this node's; add it first")
            session.accounts.create_token(record)
        return NewToken(record=record, secret=secret)

    def revoke_token(self, token_id: str) -> None:
        """At once; raise NotFoundError when there is none."""
        with self._database.write() as session:
            session.accounts.revoke_token(token_id, self._clock())

    def tokens(self, office: str | None = None) -> tuple[TokenRecord, ...]:
        """Every token, without secrets."""
        with self._database.read() as session:
            return session.accounts.tokens(office)

    def put_office(self, office: Office) -> None:
        """Add or rename an office. Raise InvalidInputError when its code does not hold."""
        if not is_credit_code(office.uscc):
            raise InvalidInputError(
                (
                    Fault(
                        field="office",
                        problem="is not a unified social credit code (GB 32100)",
                        next_step="use the office's own 18-character code",
                        code="malformed_office",
                    ),
                )
            )
        with self._database.write() as session:
            session.accounts.put_office(office)

    def offices(self) -> tuple[Office, ...]:
        """Every office of this node."""
        with self._database.read() as session:
            return session.accounts.offices()

    def authenticate(self, secret: str) -> Caller:
        """The caller behind a bearer token.

        Raise NotAuthenticatedError; it never says whether the token was ever there.
        """
        now = self._clock()
        with self._database.read() as session:
            record = session.accounts.token_by_digest(_digest(secret))
        if record is None:
            raise NotAuthenticatedError("this token is not known here; ask the operator for one")
        if record.revoked_at is not None:
            raise NotAuthenticatedError("this token was revoked; ask the operator for a new one")
        if now >= record.expires_at:
            raise NotAuthenticatedError(
                f"this token expired at {record.expires_at.isoformat()}; ask for a new one"
            )
        if record.last_used_at is None or now - record.last_used_at > _USE_NOTED_EVERY:
            with self._database.write() as writing:
                writing.accounts.note_token_use(record.id, now)
        return Caller(
            office=record.office, token_id=record.id, label=record.label, scopes=record.scopes
        )


def _digest(secret: str) -> bytes:
    return sha256(secret.encode("utf-8", "surrogatepass"))


def _token_faults(
    office: str, label: str, scopes: Iterable[str], life: timedelta
) -> tuple[Fault, ...]:
    known = {scope.value for scope in Scope}
    faults = [
        Fault(
            field="scopes",
            problem=f"{scope!r:.40} is not a scope",
            next_step=f"use some of {', '.join(sorted(known))}",
            code="unknown_scope",
        )
        for scope in scopes
        if scope not in known
    ]
    if not timedelta(0) < life <= MAX_TOKEN_LIFE:
        faults.append(
            Fault(
                field="life",
                problem=f"{life} is not between 0 and {MAX_TOKEN_LIFE.days} days",
                next_step="choose a shorter life and renew it",
                code="life_out_of_range",
            )
        )
    if not label.strip() or len(label) > 100:
        faults.append(
            Fault(
                field="label",
                problem="is not 1 to 100 characters",
                next_step="name the system or person that uses the token",
                code="malformed_label",
            )
        )
    return tuple(faults)
