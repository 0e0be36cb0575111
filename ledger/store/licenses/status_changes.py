"""The status changes that offices asked for, on their way to the chain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.exc import IntegrityError

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.licenses import StatusChange
from ledger.store.prepared import AnySelect
from ledger.store.repository import AnyRow, Repository
from ledger.store.tables.status_changes import STATUS_CHANGE
from ledger.types import Index, LicenseStatus, Position

_COLUMNS: Final = STATUS_CHANGE.c
_ALL: Final = select(
    _COLUMNS.id,
    _COLUMNS.license_id,
    _COLUMNS.epoch,
    _COLUMNS.leaf_index,
    _COLUMNS.old,
    _COLUMNS.new,
    _COLUMNS.reason_code,
    _COLUMNS.sealed_reason,
    _COLUMNS.office,
    _COLUMNS.requested_at,
    _COLUMNS.transaction_id,
    _COLUMNS.done,
)
_IS_OPEN: Final = ~_COLUMNS.done
_OLDEST_FIRST: Final = (_COLUMNS.requested_at, _COLUMNS.id)
_OPEN_OF_LICENSE: Final = _ALL.where(_COLUMNS.license_id == bindparam("license_id"), _IS_OPEN)
_WAITING: Final = (
    _ALL.where(_IS_OPEN, _COLUMNS.transaction_id.is_(None))
    .order_by(*_OLDEST_FIRST)
    .limit(bindparam("count"))
)
_OF_TRANSACTION: Final = _ALL.where(
    _COLUMNS.transaction_id == bindparam("transaction_id")
).order_by(*_OLDEST_FIRST)
_UNFINISHED: Final = _ALL.where(_IS_OPEN, _COLUMNS.transaction_id.is_not(None)).order_by(
    *_OLDEST_FIRST
)
_INSERT: Final = insert(STATUS_CHANGE)
_CARRY: Final = (
    update(STATUS_CHANGE)
    .where(_COLUMNS.id == bindparam("key"))
    .values(transaction_id=bindparam("carrier"))
)
_FINISH: Final = update(STATUS_CHANGE).where(_COLUMNS.id == bindparam("key")).values(done=True)


class StatusChangeReader(Repository):
    """Which changes wait, are carried, or are done."""

    __slots__ = ()

    def open_status_change(self, license_id: str) -> StatusChange | None:
        row = self._connection.execute(_OPEN_OF_LICENSE, {"license_id": license_id}).first()
        return None if row is None else _to_change(row)

    def waiting_status_changes(self, limit: int) -> tuple[StatusChange, ...]:
        return self._changes(_WAITING, count=limit)

    def status_changes_of(self, transaction_id: str) -> tuple[StatusChange, ...]:
        return self._changes(_OF_TRANSACTION, transaction_id=transaction_id)

    def unfinished_status_changes(self) -> tuple[StatusChange, ...]:
        return self._changes(_UNFINISHED)

    def _changes(self, statement: AnySelect, **values: object) -> tuple[StatusChange, ...]:
        return tuple(map(_to_change, self._connection.execute(statement, values)))


class StatusChangeWriter(Repository):
    """A change is created, carried by a transaction (or by another one after it), then done."""

    __slots__ = ()

    def create_status_change(self, change: StatusChange) -> None:
        try:
            self._connection.execute(_INSERT, _to_row(change))
        except IntegrityError as error:
            raise ConflictError(
                f"license {change.license_id} has an open status change, or is unknown;"
                " wait until the chain has confirmed it"
            ) from error

    def carry_status_changes(self, ids: Sequence[str], transaction_id: str | None) -> None:
        self._update(_CARRY, [{"key": key, "carrier": transaction_id} for key in ids])

    def finish_status_changes(self, ids: Sequence[str]) -> None:
        self._update(_FINISH, [{"key": key} for key in ids])

    def _update(self, statement: Any, rows: list[dict[str, Any]]) -> None:
        if rows and self._connection.execute(statement, rows).rowcount != len(rows):
            raise NotFoundError("one of the status changes to update does not exist")


def _to_change(row: AnyRow) -> StatusChange:
    return StatusChange(
        id=row[0],
        license_id=row[1],
        position=Position(row[2], Index(row[3])),
        old=LicenseStatus(row[4]),
        new=LicenseStatus(row[5]),
        reason_code=row[6],
        sealed_reason=row[7],
        office=row[8],
        requested_at=row[9],
        transaction_id=row[10],
        done=row[11],
    )


def _to_row(change: StatusChange) -> dict[str, Any]:
    return {
        "id": change.id,
        "license_id": change.license_id,
        "epoch": change.position.epoch,
        "leaf_index": change.position.index,
        "old": int(change.old),
        "new": int(change.new),
        "reason_code": change.reason_code,
        "sealed_reason": change.sealed_reason,
        "office": change.office,
        "requested_at": change.requested_at,
        "transaction_id": change.transaction_id,
        "done": change.done,
    }
