"""Suspends, resumes and revokes licenses: an office's wish, carried to the chain by the outbox.

The chain holds the truth; what is stored here is the change on its way. One change of a license
at a time: a second one is a conflict until the first is final.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.errors import BusyError, ConflictError, NotFoundError
from ledger.ports.cipher import Cipher
from ledger.ports.clock import Clock
from ledger.ports.database import Database
from ledger.ports.licenses import LicenseRecord, StatusChange
from ledger.services.evidence import Evidence
from ledger.services.sealed import seal_reason
from ledger.types import LicenseStatus


class StatusAction(StrEnum):
    """What an office can do with a license's status."""

    SUSPEND = "suspend"
    RESUME = "resume"
    REVOKE = "revoke"


class StatusReason(StrEnum):
    """Why, as a code: its number goes on the chain, the words stay with the office."""

    SUPERSEDED = "superseded"
    HOLDER_REQUEST = "holder_request"
    INSPECTION = "inspection"
    COURT_ORDER = "court_order"
    ISSUED_IN_ERROR = "issued_in_error"
    OBTAINED_BY_FRAUD = "obtained_by_fraud"
    CEASED = "ceased"
    RESOLVED = "resolved"
    OTHER = "other"


REASON_NUMBERS: Final[Mapping[StatusReason, int]] = {
    reason: number for number, reason in enumerate(StatusReason, start=1)
}
"""Number of each reason on the chain; new reasons are added at the end."""

_ALLOWED: Final[Mapping[StatusAction, tuple[frozenset[LicenseStatus], LicenseStatus]]] = {
    StatusAction.SUSPEND: (frozenset({LicenseStatus.IN_FORCE}), LicenseStatus.SUSPENDED),
    StatusAction.RESUME: (frozenset({LicenseStatus.SUSPENDED}), LicenseStatus.IN_FORCE),
    StatusAction.REVOKE: (
        frozenset({LicenseStatus.IN_FORCE, LicenseStatus.SUSPENDED}),
        LicenseStatus.REVOKED,
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseWithStatus:
    """A license with its status on the chain and the change that is under way, if any."""

    record: LicenseRecord
    status: LicenseStatus
    change: StatusChange | None


class StatusService:
    """See the module's text."""

    def __init__(
        self,
        *,
        database: Database,
        evidence: Evidence,
        cipher: Cipher,
        clock: Clock,
        new_id: Callable[[], str],
    ) -> None:
        self._database = database
        self._evidence = evidence
        self._cipher = cipher
        self._clock = clock
        self._new_id = new_id

    def change(
        self,
        license_id: str,
        action: StatusAction,
        reason: StatusReason,
        words: str,
        *,
        office: str,
    ) -> LicenseWithStatus:
        """Ask for the change; durable on return, on the chain within the anchoring time.

        Asking again for a change that is under way or done is fine and changes nothing. Raise
        NotFoundError (also for another office's license), ConflictError when the present status
        does not allow it, BusyError while the license has no position yet.
        """
        with self._database.write() as session:
            # LOAD
            record = session.licenses.get(license_id)
            if record is None or record.office != office:
                raise NotFoundError(f"there is no license {license_id} of this office")
            if record.position is None:
                raise BusyError("the license has no place in the log yet; retry in a moment")
            status = self._evidence.status_of(session, record)
            under_way = session.licenses.open_status_change(license_id)
            # DECIDE
            allowed, new = _ALLOWED[action]
            if under_way is not None:
                if under_way.new is not new:
                    raise ConflictError(
                        f"a change to {under_way.new.name.lower()} is under way; "
                        "retry when it is final"
                    )
                return LicenseWithStatus(record=record, status=status, change=under_way)
            if status is new:
                return LicenseWithStatus(record=record, status=status, change=None)
            if status not in allowed:
                raise ConflictError(
                    f"cannot {action.value} a license that is {status.name.lower()}"
                )
            # STORE
            change_id = self._new_id()
            change = StatusChange(
                id=change_id,
                license_id=license_id,
                position=record.position,
                old=status,
                new=new,
                reason_code=REASON_NUMBERS[reason],
                sealed_reason=seal_reason(self._cipher, change_id, words),
                office=office,
                requested_at=self._clock(),
                transaction_id=None,
                done=False,
            )
            session.licenses.create_status_change(change)
        return LicenseWithStatus(record=record, status=status, change=change)
