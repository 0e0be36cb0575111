"""Licenses, their look-up digests and their status changes in the region's own database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from ledger.types import Digest, Index, LicenseStatus, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseRecord:
    """One registered license as it is stored. What names a person is sealed."""

    id: str
    type_code: str
    office: str
    """USCC of the issuing office."""
    valid_from: date
    valid_until: date | None
    entry: bytes
    """The bytes that were hashed."""
    leaf_hash: Digest
    sealed: bytes
    """The disclosures (their texts joined by `~`), sealed with context `disclosures:` + id."""
    promise: bytes
    """The registration promise that was answered, canonical JSON."""
    registered_at: datetime
    position: Position | None
    """None while pending."""
    supersedes_id: str | None
    file_sha256: bytes | None
    """Digest of the plain file; None when there is no file."""
    file_size: int
    media_type: str | None
    file_kept: bool
    """False when the office keeps the file itself and only its digests are known here."""
    identifier_digest: bytes
    """Keyed digest of the identifier; unique."""
    check_code_digest: bytes
    """Keyed digest of the check code; unique."""
    content_digest: bytes
    """Keyed digest of what the office sent, to tell a repeated registration from a conflict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLicense:
    """A record to create with the keyed digests by which it is found."""

    record: LicenseRecord
    holder_digests: tuple[bytes, ...]
    number_digest: bytes | None
    """Keyed digest of (type, printed number, holder name); None without a printed number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChange:
    """A change of status that an office asked for, on its way to the chain."""

    id: str
    license_id: str
    position: Position
    old: LicenseStatus
    new: LicenseStatus
    reason_code: int
    sealed_reason: bytes
    """The reason in words, sealed with context `reason:` + id."""
    office: str
    requested_at: datetime
    transaction_id: str | None
    """The outbox transaction that carries it; None while it waits."""
    done: bool
    """True once the mirror saw the new status in a final block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseFilter:
    """What `page` selects; None means any."""

    type_code: str | None = None
    status: LicenseStatus | None = None
    """Status as mirrored from the chain."""
    registered_from: datetime | None = None
    registered_before: datetime | None = None
    valid_on: date | None = None
    office: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """Records in ascending id order and the cursor that goes on after them."""

    records: tuple[LicenseRecord, ...]
    next_after: str | None


class LicenseReader(Protocol):
    """Reads; a digest that nobody has gives None or an empty tuple, never an error."""

    def get(self, license_id: str) -> LicenseRecord | None: ...
    def by_identifier(self, identifier_digest: bytes) -> LicenseRecord | None: ...
    def by_check_code(self, check_code_digest: bytes) -> LicenseRecord | None: ...
    def by_file(self, sha256: bytes) -> LicenseRecord | None:
        """The newest license whose file has this digest."""

    def by_leaf(self, leaf_hash: Digest) -> LicenseRecord | None: ...
    def by_holder(
        self, holder_digest: bytes, type_codes: Sequence[str] = (), limit: int = 200
    ) -> tuple[LicenseRecord, ...]:
        """A holder's licenses, newest first; no `type_codes` means all types."""

    def by_number(self, number_digest: bytes) -> tuple[LicenseRecord, ...]: ...
    def at(self, position: Position) -> LicenseRecord | None: ...
    def successor(self, license_id: str) -> LicenseRecord | None:
        """The license that replaces this one, if any was registered."""

    def page(self, selection: LicenseFilter, *, after: str | None, limit: int) -> Page: ...
    def count(self) -> int: ...
    def existing_identifiers(
        self, identifier_digests: Sequence[bytes]
    ) -> dict[bytes, LicenseRecord]:
        """Those of the given identifiers that are registered, by digest (one query)."""

    def existing_check_codes(self, check_code_digests: Sequence[bytes]) -> set[bytes]: ...
    def pending(self, limit: int) -> tuple[tuple[str, Digest], ...]:
        """(id, leaf hash) of the oldest licenses without a position, in order of registration."""

    def pending_count(self) -> int: ...
    def oldest_unanchored(self, anchored_size: int) -> datetime | None:
        """When the oldest license at or beyond `anchored_size`, or pending, was registered."""

    def open_status_change(self, license_id: str) -> StatusChange | None:
        """The change of this license that the chain has not confirmed yet."""

    def waiting_status_changes(self, limit: int) -> tuple[StatusChange, ...]:
        """Changes that no transaction carries yet, oldest first."""

    def status_changes_of(self, transaction_id: str) -> tuple[StatusChange, ...]: ...
    def unfinished_status_changes(self) -> tuple[StatusChange, ...]:
        """Changes that a transaction carries and the mirror has not confirmed."""

    def idempotent_answer(self, office: str, key: str) -> tuple[bytes, bytes] | None:
        """(digest of the request, stored answer) of an Idempotency-Key."""


class LicenseWriter(LicenseReader, Protocol):
    """Writes within one transaction; nothing is durable before it commits."""

    def create(self, licenses: Sequence[NewLicense]) -> None:
        """Add all. Raise ConflictError if an id, identifier or check code exists."""

    def assign_positions(self, epoch: int, first_index: Index, ids: Sequence[str]) -> None:
        """Give consecutive positions. Raise StoreError if one has a position already."""

    def reset_positions(self, from_index: Index) -> int:
        """Take back all positions at or beyond `from_index` (a reopened log); how many."""

    def create_status_change(self, change: StatusChange) -> None:
        """Raise ConflictError when the license has an open change."""

    def carry_status_changes(self, ids: Sequence[str], transaction_id: str | None) -> None:
        """Note which transaction carries these changes (None: they wait again)."""

    def finish_status_changes(self, ids: Sequence[str]) -> None: ...
    def remember_answer(
        self, office: str, key: str, request_digest: bytes, answer: bytes, at: datetime
    ) -> None:
        """Keep the answer to an Idempotency-Key. Raise ConflictError when the key is taken."""

    def forget_answers(self, before: datetime) -> int: ...
