"""Clerks' sessions: kept in this process's memory, found by a cookie that says nothing.

A session's id is 32 random bytes; here only its digest is kept, so what leaks from memory opens no
session. The office's token is checked once, at sign-in, and kept nowhere; a token that is revoked
or has expired since ends the session, since every request asks the accounts. See docs/adr: page
sessions live in memory.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from ledger.encoding import b64url_encode
from ledger.hashing import keyed_digest, sha256
from ledger.ports.accounts import TokenRecord
from ledger.ports.clock import Clock
from ledger.purpose import Purpose
from ledger.services.accounts import Caller
from ledger.types import Digest

IDLE: Final = timedelta(minutes=30)
"""A session ends when it was not used for so long."""
LONGEST: Final = timedelta(hours=10)
"""A session ends after this in any case: one working day."""
MOST: Final = 2000
"""Sessions at once; the one unused for longest makes room."""
MOST_CASES: Final = 50
"""Purposes that one session remembers; the oldest makes room."""

_ID_BYTES: Final = 32
_CASE_BYTES: Final = 12


@dataclass(slots=True)
class Session:
    """One signed-in clerk."""

    caller: Caller
    office_name: str
    began_at: datetime
    used_at: datetime
    cases: dict[str, Purpose] = field(default_factory=dict)
    """Purposes of this session's searches by reference, newest last: what a download is for."""

    def remember(self, purpose: Purpose) -> str:
        """The reference under which pages name the purpose; the same for the same purpose."""
        for reference, known in self.cases.items():
            if known == purpose:
                self.cases[reference] = self.cases.pop(reference)
                return reference
        while len(self.cases) >= MOST_CASES:
            del self.cases[next(iter(self.cases))]
        reference = b64url_encode(secrets.token_bytes(_CASE_BYTES))
        self.cases[reference] = purpose
        return reference

    @property
    def newest(self) -> tuple[str, Purpose] | None:
        """The purpose that was used last, with its reference."""
        return next(reversed(self.cases.items()), None)


class Sessions:
    """Used from the event loop only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._by_digest: dict[Digest, Session] = {}

    def open(self, caller: Caller, office_name: str) -> str:
        """A fresh session; its id goes into the cookie and is not kept here."""
        now = self._clock()
        self._by_digest = {
            digest: session
            for digest, session in self._by_digest.items()
            if not _has_ended(session, now)
        }
        while len(self._by_digest) >= MOST:
            del self._by_digest[min(self._by_digest, key=lambda one: self._by_digest[one].used_at)]
        session_id = new_id()
        self._by_digest[_digest(session_id)] = Session(caller, office_name, now, now)
        return session_id

    def find(self, session_id: str) -> Session | None:
        """The session, which counts as used now; None when there is none or it has ended."""
        now = self._clock()
        session = self._by_digest.get(_digest(session_id))
        if session is None:
            return None
        if _has_ended(session, now):
            self.close(session_id)
            return None
        session.used_at = now
        return session

    def close(self, session_id: str) -> None:
        """End it; nothing happens when there is none."""
        self._by_digest.pop(_digest(session_id), None)


def new_id() -> str:
    """An id that nobody can guess."""
    return b64url_encode(secrets.token_bytes(_ID_BYTES))


def form_token(session_id: str) -> str:
    """What a form of this cookie's owner carries; nobody else can compute it."""
    return b64url_encode(keyed_digest(session_id.encode("utf-8"), "page form", b""))


def is_form_token(given: str, session_id: str) -> bool:
    """Whether the form was made for the owner of this cookie."""
    return secrets.compare_digest(given.encode("utf-8"), form_token(session_id).encode("ascii"))


def still_holds(caller: Caller, tokens: Sequence[TokenRecord], now: datetime) -> bool:
    """Whether the token that opened the session may still be used."""
    return any(
        one.id == caller.token_id and one.revoked_at is None and now < one.expires_at
        for one in tokens
    )


def _has_ended(session: Session, now: datetime) -> bool:
    return now - session.used_at > IDLE or now - session.began_at > LONGEST


def _digest(session_id: str) -> Digest:
    return sha256(session_id.encode("utf-8"))
