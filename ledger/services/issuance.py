"""Registers licenses: checks what an office sent, commits to it, stores it, promises to anchor it.

Covers step 1 of DESIGN §5. The answer is durable when it is given: files first (fsync), then all
rows in one transaction. A crash between the two leaves a file that no license refers to, which
`fsck` names and nobody can reach. Registering the same content again gives the same license and
the same promise; the same identifier with other content is a conflict.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from ledger import canonical, lookup_digests
from ledger.draft import CHECK_CODE_BYTES, LicenseDraft
from ledger.encoding import b64url_encode
from ledger.errors import (
    BusyError,
    CommitUnknownError,
    ConflictError,
    Fault,
    InvalidInputError,
    LedgerError,
    StoreError,
)
from ledger.keys import KeyId, SigningKey
from ledger.license import License, commit
from ledger.ports.cipher import Cipher
from ledger.ports.clock import Clock, RandomBytes
from ledger.ports.database import Database, ReadSession
from ledger.ports.files import FileStore
from ledger.ports.licenses import LicenseRecord, NewLicense, StatusChange
from ledger.promise import sign_promise
from ledger.services.own_log import OwnLog
from ledger.services.registration_plan import (
    CONFLICT_CODES,
    Fresh,
    Plan,
    Replaced,
    load_context,
    plan,
)
from ledger.services.sealed import open_check_code, seal_disclosures, seal_file, seal_reason
from ledger.services.status import REASON_NUMBERS, StatusReason
from ledger.types import LicenseStatus, Region

PRINTED_NUMBER: Final = "certificate_number"
"""The field that holds 证照编号, the number printed on the license."""

SUPERSEDED_REASON: Final = REASON_NUMBERS[StatusReason.SUPERSEDED]
"""Reason code on the chain for a replaced version."""

_ATTEMPTS: Final = 3
"""How often a registration is decided while others come first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceLimits:
    """When the node refuses registrations rather than promise what it may not keep."""

    anchor_within: timedelta
    """What the promise gives: registration to anchored."""
    max_anchor_lag: timedelta
    """Age of the oldest unanchored license beyond which nothing more is accepted."""
    max_pending: int
    """Licenses that may wait for a position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """One accepted license: new, or the one that was there with the same content."""

    record: LicenseRecord
    check_code: str
    is_new: bool


Outcome = Registered | tuple[Fault, ...]
"""What became of one row: a license, or everything that is wrong with it."""


class _OvertakenError(ConflictError):
    """Another request stored one of these first; nothing of this one was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """A license about to be stored."""

    new: NewLicense
    check_code: str
    content: bytes | None
    superseding: StatusChange | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Idempotency:
    """An Idempotency-Key with the digest of the request that it came with."""

    key: str
    request_digest: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Issuer:
    """Who promises: this region with its current signing key."""

    region: Region
    key_id: KeyId
    key: SigningKey


class Issuance:
    """See the module's text."""

    def __init__(
        self,
        *,
        database: Database,
        files: FileStore,
        cipher: Cipher,
        clock: Clock,
        random_bytes: RandomBytes,
        new_id: Callable[[], str],
        issuer: Issuer,
        limits: IssuanceLimits,
    ) -> None:
        self._database = database
        self._files = files
        self._cipher = cipher
        self._clock = clock
        self._random_bytes = random_bytes
        self._new_id = new_id
        self._issuer = issuer
        self._limits = limits
        self._own_log = OwnLog(issuer.region)

    def register(
        self, draft: LicenseDraft, *, office: str, idempotency: Idempotency | None = None
    ) -> Registered:
        """Register one license; raise InvalidInputError, ConflictError or BusyError."""
        (outcome,) = self.register_batch([draft], office=office, idempotency=idempotency)
        if isinstance(outcome, Registered):
            return outcome
        if all(fault.code in CONFLICT_CODES for fault in outcome):
            raise ConflictError(
                "; ".join(f"{one.field} {one.problem}: {one.next_step}" for one in outcome)
            )
        raise InvalidInputError(tuple(replace(fault, row=None) for fault in outcome))

    def register_batch(
        self,
        drafts: Sequence[LicenseDraft],
        *,
        office: str,
        idempotency: Idempotency | None = None,
    ) -> list[Outcome]:
        """Register what is right and name what is wrong, row by row, in the rows' order.

        A faulty row stores nothing and stops no other. Where another request registers one of these
        at the same moment, it is looked at again: that one may be a repeat now.
        """
        for _ in range(_ATTEMPTS - 1):
            try:
                return self._register_all(drafts, office, idempotency)
            except _OvertakenError:
                continue
        return self._register_all(drafts, office, idempotency)

    def _register_all(
        self, drafts: Sequence[LicenseDraft], office: str, idempotency: Idempotency | None
    ) -> list[Outcome]:
        now = self._clock()
        # LOAD
        with self._database.read() as session:
            if idempotency is not None:
                earlier = self._earlier_answer(session, office, idempotency)
                if earlier is not None:
                    return earlier
            self._refuse_when_behind(session, now)
            context = load_context(session, self._cipher, drafts, self._issuer.region)
        # DECIDE
        plans = plan(drafts, context, office, self._content_digest)
        # STORE
        made = [self._commit(one, office, now) if isinstance(one, Fresh) else None for one in plans]
        outcomes = [self._outcome(one, new) for one, new in zip(plans, made, strict=True)]
        self._store([new for new in made if new is not None], office, now, idempotency, outcomes)
        return outcomes

    def _store(
        self,
        made: Sequence[_Made],
        office: str,
        now: datetime,
        idempotency: Idempotency | None,
        outcomes: Sequence[Outcome],
    ) -> None:
        if not made:
            return  # nothing is new: the same request gets the same answer, or a better one later
        self._files.put_many(
            [
                (one.new.record.id, seal_file(self._cipher, one.new.record.id, one.content))
                for one in made
                if one.content is not None
            ]
        )
        try:
            with self._database.write() as session:
                session.licenses.create([one.new for one in made])
                for one in made:
                    if one.superseding is not None:
                        session.licenses.create_status_change(one.superseding)
                if idempotency is not None:
                    session.licenses.remember_answer(
                        office,
                        idempotency.key,
                        self._request_digest(idempotency),
                        _encode_outcomes(outcomes),
                        now,
                    )
        except CommitUnknownError:
            raise
        except LedgerError as error:
            # Nothing was stored, so nothing has these ids, which are this attempt's own.
            for one in made:
                self._files.delete(one.new.record.id)
            if isinstance(error, ConflictError):
                raise _OvertakenError(str(error)) from error
            raise

    def _earlier_answer(
        self, session: ReadSession, office: str, idempotency: Idempotency
    ) -> list[Outcome] | None:
        found = session.licenses.idempotent_answer(office, idempotency.key)
        if found is None:
            return None
        digest, answer = found
        if digest != self._request_digest(idempotency):
            raise ConflictError(
                "this Idempotency-Key came with another request before; use a new key for a new one"
            )
        return _decode_outcomes(answer, session, self._cipher)

    def _refuse_when_behind(self, session: ReadSession, now: datetime) -> None:
        waiting = session.licenses.pending_count()
        if waiting >= self._limits.max_pending:
            raise BusyError(f"{waiting} licenses wait for their place in the log; retry shortly")
        head = self._own_log.anchored(session)
        oldest = session.licenses.oldest_unanchored(0 if head is None else head.tree_size)
        if oldest is not None and now - oldest > self._limits.max_anchor_lag:
            lag = int((now - oldest).total_seconds())
            raise BusyError(
                f"the oldest registration has waited {lag} s for the chain; nothing more is "
                "accepted until it is anchored",
                retry_after=30,
            )

    def _commit(self, fresh: Fresh, office: str, now: datetime) -> _Made:
        draft = fresh.draft
        license_ = self._license(fresh)
        commitment = commit(license_, self._random_bytes)
        promise = sign_promise(
            self._issuer.key,
            key=self._issuer.key_id,
            leaf_hash=commitment.leaf_hash,
            time=now,
            anchor_by=now + self._limits.anchor_within,
        )
        file = license_.file
        record = LicenseRecord(
            id=license_.id,
            type_code=license_.type_code,
            office=office,
            valid_from=license_.valid_from,
            valid_until=license_.valid_until,
            entry=commitment.entry,
            leaf_hash=commitment.leaf_hash,
            sealed=seal_disclosures(self._cipher, license_.id, commitment.disclosures),
            promise=promise.encode(),
            registered_at=now,
            position=None,
            supersedes_id=draft.supersedes_id,
            file_sha256=None if file is None else file.sha256,
            file_size=0 if file is None else file.size,
            media_type=None if file is None else file.media_type,
            file_kept=draft.file is not None and draft.file.content is not None,
            identifier_digest=fresh.identifier_digest,
            check_code_digest=lookup_digests.of_check_code(self._cipher, license_.check_code),
            content_digest=self._content_digest(draft),
        )
        return _Made(
            new=NewLicense(
                record=record,
                holder_digests=self._holder_digests(draft),
                number_digest=self._number_digest(draft),
            ),
            check_code=license_.check_code,
            content=None if draft.file is None else draft.file.content,
            superseding=self._superseding(fresh.replaced, record),
        )

    def _license(self, fresh: Fresh) -> License:
        draft = fresh.draft
        return License(
            id=self._new_id(),
            region=self._issuer.region,
            type_code=draft.type_code,
            identifier=draft.identifier,
            holders=draft.holders,
            fields=draft.fields,
            valid_from=draft.valid_from,
            valid_until=draft.valid_until,
            check_code=draft.check_code or b64url_encode(self._random_bytes(CHECK_CODE_BYTES)),
            file=None if draft.file is None else draft.file.facts,
            supersedes=None if fresh.replaced is None else fresh.replaced.record.leaf_hash,
            holder_code_unchecked=draft.holder_code_unchecked,
        )

    def _request_digest(self, idempotency: Idempotency) -> bytes:
        """Keyed: a plain digest of names and numbers would let a thief of the database try them."""
        return lookup_digests.of_request(self._cipher, idempotency.request_digest)

    def _content_digest(self, draft: LicenseDraft) -> bytes:
        return lookup_digests.of_content(self._cipher, draft.content())

    def _holder_digests(self, draft: LicenseDraft) -> tuple[bytes, ...]:
        codes = dict.fromkeys(holder.code for holder in draft.holders)
        return tuple(lookup_digests.of_holder(self._cipher, code) for code in codes)

    def _number_digest(self, draft: LicenseDraft) -> bytes | None:
        number = draft.fields.get(PRINTED_NUMBER)
        if not isinstance(number, str) or not number:
            return None
        return lookup_digests.of_number(self._cipher, draft.type_code, number)

    def _superseding(self, replaced: Replaced | None, new: LicenseRecord) -> StatusChange | None:
        if replaced is None or replaced.record.position is None:
            return None
        change_id = self._new_id()
        return StatusChange(
            id=change_id,
            license_id=replaced.record.id,
            position=replaced.record.position,
            old=replaced.status,
            new=LicenseStatus.SUPERSEDED,
            reason_code=SUPERSEDED_REASON,
            sealed_reason=seal_reason(self._cipher, change_id, f"replaced by {new.id}"),
            office=new.office,
            requested_at=new.registered_at,
            transaction_id=None,
            done=False,
        )

    def _outcome(self, planned: Plan, made: _Made | None) -> Outcome:
        if made is not None:
            return Registered(record=made.new.record, check_code=made.check_code, is_new=True)
        if isinstance(planned, LicenseRecord):
            return Registered(
                record=planned, check_code=open_check_code(self._cipher, planned), is_new=False
            )
        return planned if isinstance(planned, tuple) else ()


def _encode_outcomes(outcomes: Sequence[Outcome]) -> bytes:
    return canonical.encode(
        [
            {"id": one.record.id, "is_new": one.is_new}
            if isinstance(one, Registered)
            else [asdict(fault) for fault in one]
            for one in outcomes
        ]
    )


def _decode_outcomes(answer: bytes, session: ReadSession, cipher: Cipher) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for one in json.loads(answer):
        if isinstance(one, list):
            outcomes.append(tuple(Fault(**fault) for fault in one))
            continue
        record = session.licenses.get(one["id"])
        if record is None:
            raise StoreError(f"license {one['id']} was acknowledged and is gone; run fsck")
        outcomes.append(
            Registered(
                record=record, check_code=open_check_code(cipher, record), is_new=one["is_new"]
            )
        )
    return outcomes
