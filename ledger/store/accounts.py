"""Offices, tokens, leases and nonces (`ledger.ports.accounts`)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.accounts import Lease, Office, TokenRecord
from ledger.store.repository import AnyRow, Repository
from ledger.store.tables.accounts import LEASE, NONCE, OFFICE, TOKEN

_TOKENS: Final = select(TOKEN).order_by(TOKEN.c.created_at, TOKEN.c.id)
_TOKENS_OF_OFFICE: Final = _TOKENS.where(TOKEN.c.office == bindparam("key"))
_TOKEN_BY_DIGEST: Final = select(TOKEN).where(TOKEN.c.digest == bindparam("key"))
_OFFICES: Final = select(OFFICE.c.uscc, OFFICE.c.name).order_by(OFFICE.c.uscc)
_OFFICE: Final = _OFFICES.where(OFFICE.c.uscc == bindparam("key"))
_LEASE: Final = select(LEASE.c.holder, LEASE.c.fence, LEASE.c.expires_at).where(
    LEASE.c.name == bindparam("key")
)
_REVOKE: Final = (
    update(TOKEN)
    .where(TOKEN.c.id == bindparam("key"))
    .values(
        revoked_at=func.coalesce(TOKEN.c.revoked_at, bindparam("at", type_=TOKEN.c.revoked_at.type))
    )
)
_NOTE_USE: Final = (
    update(TOKEN).where(TOKEN.c.id == bindparam("key")).values(last_used_at=bindparam("at"))
)
_RELEASE: Final = (
    update(LEASE)
    .where(
        LEASE.c.name == bindparam("key"),
        LEASE.c.holder == bindparam("by"),
        LEASE.c.fence == bindparam("with_fence"),
    )
    .values(holder=None)
)
_FORGET_NONCES: Final = delete(NONCE).where(NONCE.c.expires_at < bindparam("before"))


class SqlAccountReader(Repository):
    """Reads accounts. A released lease is none."""

    __slots__ = ()

    def token_by_digest(self, digest: bytes) -> TokenRecord | None:
        row = self._connection.execute(_TOKEN_BY_DIGEST, {"key": digest}).first()
        return None if row is None else _to_token(row)

    def tokens(self, office: str | None = None) -> tuple[TokenRecord, ...]:
        if office is None:
            return tuple(map(_to_token, self._connection.execute(_TOKENS)))
        return tuple(map(_to_token, self._connection.execute(_TOKENS_OF_OFFICE, {"key": office})))

    def office(self, uscc: str) -> Office | None:
        row = self._connection.execute(_OFFICE, {"key": uscc}).first()
        return None if row is None else Office(uscc=row[0], name=row[1])

    def offices(self) -> tuple[Office, ...]:
        return tuple(
            Office(uscc=uscc, name=name) for uscc, name in self._connection.execute(_OFFICES)
        )

    def lease(self, name: str) -> Lease | None:
        row = self._connection.execute(_LEASE, {"key": name}).first()
        if row is None or row[0] is None:
            return None
        return Lease(name=name, holder=row[0], fence=row[1], expires_at=row[2])


class SqlAccountWriter(SqlAccountReader):
    """Writes accounts."""

    __slots__ = ()

    def create_token(self, token: TokenRecord) -> None:
        """Raise ConflictError when the id or the digest exists."""
        try:
            self._connection.execute(insert(TOKEN), _token_row(token))
        except IntegrityError as error:
            raise ConflictError(f"token {token.id} exists already; make a new one") from error

    def revoke_token(self, token_id: str, at: datetime) -> None:
        if self._connection.execute(_REVOKE, {"key": token_id, "at": at}).rowcount != 1:
            raise NotFoundError(f"there is no token {token_id}")

    def note_token_use(self, token_id: str, at: datetime) -> None:
        self._connection.execute(_NOTE_USE, {"key": token_id, "at": at})

    def put_office(self, office: Office) -> None:
        self._put(OFFICE, [{"uscc": office.uscc, "name": office.name}])

    def take_lease(self, name: str, holder: str, *, now: datetime, seconds: int) -> Lease | None:
        row = self._connection.execute(_LEASE, {"key": name}).first()
        fence = 1
        if row is not None:
            renewed = row[0] == holder
            if not renewed and row[0] is not None and row[2] > now:
                return None
            fence = row[1] if renewed else row[1] + 1
        lease = Lease(
            name=name, holder=holder, fence=fence, expires_at=now + timedelta(seconds=seconds)
        )
        self._put(LEASE, [_lease_row(lease)])
        return lease

    def check_fence(self, lease: Lease) -> None:
        current = self.lease(lease.name)
        if current is None or (current.holder, current.fence) != (lease.holder, lease.fence):
            raise ConflictError(
                f"lease {lease.name} passed to another holder since fence {lease.fence}; stop"
            )

    def release_lease(self, lease: Lease) -> None:
        self._connection.execute(
            _RELEASE, {"key": lease.name, "by": lease.holder, "with_fence": lease.fence}
        )

    def remember_nonce(self, key_id: str, nonce: str, expires_at: datetime) -> bool:
        return self._add_new(NONCE, {"key_id": key_id, "nonce": nonce, "expires_at": expires_at})

    def forget_nonces(self, before: datetime) -> int:
        return self._connection.execute(_FORGET_NONCES, {"before": before}).rowcount


def _to_token(row: AnyRow) -> TokenRecord:
    return TokenRecord(
        id=row.id,
        digest=row.digest,
        office=row.office,
        label=row.label,
        scopes=frozenset(row.scopes.split()),
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        last_used_at=row.last_used_at,
    )


def _token_row(token: TokenRecord) -> dict[str, Any]:
    return {
        "id": token.id,
        "digest": token.digest,
        "office": token.office,
        "label": token.label,
        "scopes": " ".join(sorted(token.scopes)),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
        "last_used_at": token.last_used_at,
    }


def _lease_row(lease: Lease) -> dict[str, Any]:
    return {
        "name": lease.name,
        "holder": lease.holder,
        "fence": lease.fence,
        "expires_at": lease.expires_at,
    }
