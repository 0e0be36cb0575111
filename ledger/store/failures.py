"""What a driver's failure means: told once, for SQLite and PostgreSQL alike.

    busy       another writer or too many connections; nothing was stored    BusyError
    conflict   a row with this key exists; nothing was stored                ConflictError
    failed     disk full, damaged file, wrong value; nothing was stored      StoreError
    unknown    the answer to COMMIT was lost or the sync failed half-way     CommitUnknownError

Only a commit can end as *unknown*: before it nothing is durable, whatever fails.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from ledger.errors import BusyError, CommitUnknownError, ConflictError, LedgerError, StoreError

_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_SQLITE_REFUSALS: Final = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_CONSTRAINT})
"""Failures of COMMIT after which nothing of the transaction can come back in a recovery."""

_SQLITE_DUPLICATE: Final = frozenset(
    {sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY}
)
_SQLSTATE_DUPLICATE: Final = "23505"

_SQLSTATE_BUSY: Final = frozenset({"40001", "40P01", "55P03", "53300"})
"""Serialization failure, deadlock, lock timeout, too many connections."""
_SQLSTATE_LOST: Final = ("08", "57P")
"""Classes of a lost connection or a server that stops."""

UNIQUE_VALUES: Final[Mapping[str, str]] = {
    "identifier_digest": "identifier",
    "check_code_digest": "check code",
    "leaf_hash": "leaf hash",
    "leaf_index": "position",
    "pk_license": "id",
    "license.id": "id",
}


def failure(error: SQLAlchemyError) -> LedgerError:
    """The error to raise for a statement that failed. Nothing was stored."""
    if isinstance(error, PoolTimeoutError):
        return BusyError("every database connection is in use; try again shortly")
    if _is_busy(error):
        return BusyError("another writer holds the database; nothing was stored, try again shortly")
    if isinstance(error, IntegrityError) and is_duplicate(error):
        return ConflictError(f"the row exists already: {cause_of(error)}")
    if _is_lost(error):
        return BusyError("the database cannot be reached; nothing was stored, try again later")
    return StoreError(f"the database failed and nothing was stored: {cause_of(error)}")


def commit_failure(error: SQLAlchemyError) -> LedgerError:
    """The error to raise for a COMMIT that failed: did it happen, or may it have?"""
    code, state = _sqlite_code(error), _sqlstate(error)
    if code in _BUSY | _SQLITE_REFUSALS or (state and not state.startswith(_SQLSTATE_LOST)):
        return failure(error)
    return CommitUnknownError(
        f"the commit may or may not have happened: {cause_of(error)}; read before you go on"
    )


def is_duplicate(error: IntegrityError) -> bool:
    """True when a row with the same key exists; a missing value or reference is no duplicate."""
    extended = getattr(error.orig, "sqlite_errorcode", None)
    return extended in _SQLITE_DUPLICATE or _sqlstate(error) == _SQLSTATE_DUPLICATE


def violated_value(error: IntegrityError) -> str | None:
    """Which value of a license another license has already, in words; None for other rules."""
    if not is_duplicate(error):
        return None
    text = str(error.orig)
    return next((words for name, words in UNIQUE_VALUES.items() if name in text), None)


def _is_busy(error: SQLAlchemyError) -> bool:
    return _sqlite_code(error) in _BUSY or _sqlstate(error) in _SQLSTATE_BUSY


def _is_lost(error: SQLAlchemyError) -> bool:
    if not isinstance(error, DBAPIError) or isinstance(error.orig, sqlite3.Error):
        return False
    state = _sqlstate(error)
    if state is None:
        # PostgreSQL never answered: the connection was not made, or it broke.
        return error.connection_invalidated or isinstance(error, OperationalError)
    return state.startswith(_SQLSTATE_LOST)


def _sqlite_code(error: SQLAlchemyError) -> int | None:
    """The primary result code: extended ones keep it in their lowest byte."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    code = getattr(cause, "sqlite_errorcode", None)
    return code & 0xFF if isinstance(code, int) else None


def _sqlstate(error: SQLAlchemyError) -> str | None:
    state = getattr(error.orig if isinstance(error, DBAPIError) else None, "sqlstate", None)
    return state if isinstance(state, str) else None


def cause_of(error: SQLAlchemyError) -> str:
    """The driver's own words. SQLAlchemy's would repeat the parameters, PostgreSQL's the row."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    primary = getattr(getattr(cause, "diag", None), "message_primary", None)
    return str(primary or cause or type(error).__name__)
