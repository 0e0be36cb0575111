"""Reads the region's own licenses for its own offices: verified before served (DESIGN §6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ledger import lookup_digests
from ledger.bundle import Bundle
from ledger.errors import IntegrityError, NotFoundError
from ledger.hashing import FileDigester
from ledger.license import FileFacts
from ledger.ports.cipher import Cipher
from ledger.ports.clock import Clock
from ledger.ports.database import Database, ReadSession
from ledger.ports.files import FileStore
from ledger.ports.licenses import LicenseFilter, LicenseRecord, StatusChange
from ledger.services.evidence import Evidence
from ledger.services.sealed import open_file
from ledger.trust import Question
from ledger.types import LicenseState, LicenseStatus
from ledger.verdict import CHECK_OF, Verdict, refuse
from ledger.verification import verify_license

NEVER_SERVED: Final = frozenset(CHECK_OF)
"""Reasons for which nothing of a license is shown; a revoked or expired one is shown as such."""


MOST_FOUND: Final = 200
"""Licenses of one holder that a look-up returns."""
_MOST_HELD: Final = 10_000
"""Licenses of one holder, of any office, that are looked through for one office's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLicense:
    """One license with its verdict; `bundle` is None when nothing of it may be served."""

    record: LicenseRecord
    state: LicenseState
    status: LicenseStatus
    change: StatusChange | None
    bundle: Bundle | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundPage:
    """One page of licenses and the cursor that goes on after it."""

    licenses: tuple[FoundLicense, ...]
    next_after: str | None


class LookUp:
    """Every method verifies what it returns against this node's mirror."""

    def __init__(
        self,
        *,
        database: Database,
        files: FileStore,
        cipher: Cipher,
        clock: Clock,
        evidence: Evidence,
    ) -> None:
        self._database = database
        self._files = files
        self._cipher = cipher
        self._clock = clock
        self._evidence = evidence

    def get(self, license_id: str, *, office: str | None) -> FoundLicense:
        """One license of `office` (None: of any office). Raise NotFoundError."""
        with self._database.read() as session:
            return self.examine(session, self._record(session, license_id, office))

    def page(self, selection: LicenseFilter, *, after: str | None, limit: int) -> FoundPage:
        """Licenses in the order of registration."""
        with self._database.read() as session:
            found = session.licenses.page(selection, after=after, limit=limit)
            return FoundPage(
                licenses=tuple(self.examine(session, record) for record in found.records),
                next_after=found.next_after,
            )

    def by_holder(
        self, code: str, type_codes: Sequence[str], *, office: str | None
    ) -> tuple[FoundLicense, ...]:
        """A holder's licenses, newest first, `MOST_FOUND` at most; an unknown holder has none."""
        digest = lookup_digests.of_holder(self._cipher, code)
        with self._database.read() as session:
            # Those of other offices take no place of this one's.
            records = [
                record
                for record in session.licenses.by_holder(digest, type_codes, _MOST_HELD)
                if office is None or record.office == office
            ]
            return tuple(
                self.examine(session, record, Question(holder_code=code))
                for record in records[:MOST_FOUND]
            )

    def handler_digest(self, office: str, number: str) -> bytes:
        """32 bytes that stand for a clerk's number in the purposes of this node's own pages."""
        return lookup_digests.of_handler(self._cipher, office, number)

    def file(self, license_id: str, *, office: str | None) -> tuple[FoundLicense, bytes]:
        """The license's file, verified before its first byte leaves.

        Raise NotFoundError when there is none here, IntegrityError naming the failed check when
        the file or the license does not hold.
        """
        with self._database.read() as session:
            found = self.examine(session, self._record(session, license_id, office))
        return found, self.file_of(found)

    def file_of(self, found: FoundLicense) -> bytes:
        """The file of a license that was found; errors as for `file`."""
        record = found.record
        if found.bundle is None:
            raise integrity_error(found)
        if record.file_sha256 is None:
            raise NotFoundError("this license was registered without a file")
        if not record.file_kept:
            raise NotFoundError("the issuing office keeps this file; only its digests are here")
        content = self._open_file(record)
        with self._database.read() as session:
            trust = self._evidence.load_trust(session, found.bundle, None)
        verdict = verify_license(
            found.bundle,
            trust,
            self._clock(),
            question=Question(id=record.id),
            file=digest_file(content, record.media_type or ""),
        )
        if verdict.reason in NEVER_SERVED:
            raise IntegrityError(
                f"license {record.id}: {_first_problem(verdict)}",
                reason=verdict.reason,
                check=first_problem_number(verdict),
            )
        return content

    def examine(
        self, session: ReadSession, record: LicenseRecord, question: Question | None = None
    ) -> FoundLicense:
        """Build the license's bundle and decide on it; damage becomes a verdict, never a guess."""
        now = self._clock()
        change = session.licenses.open_status_change(record.id)
        try:
            bundle = self._evidence.build(session, record)
        except IntegrityError as error:
            verdict = refuse(error.check, error.reason, str(error), at=now)
            return self._found(session, record, change, None, verdict)
        trust = self._evidence.load_trust(session, bundle, None)
        verdict = verify_license(bundle, trust, now, question=question or Question(id=record.id))
        served = None if verdict.reason in NEVER_SERVED else bundle
        return self._found(session, record, change, served, verdict)

    def _found(
        self,
        session: ReadSession,
        record: LicenseRecord,
        change: StatusChange | None,
        bundle: Bundle | None,
        verdict: Verdict,
    ) -> FoundLicense:
        return FoundLicense(
            record=record,
            state=self._evidence.state_of(session, record),
            status=self._evidence.status_of(session, record),
            change=change,
            bundle=bundle,
            verdict=verdict,
        )

    def _record(self, session: ReadSession, license_id: str, office: str | None) -> LicenseRecord:
        record = session.licenses.get(license_id)
        if record is None or (office is not None and record.office != office):
            raise NotFoundError(f"there is no license {license_id:.64} of this office")
        return record

    def _open_file(self, record: LicenseRecord) -> bytes:
        try:
            sealed = self._files.get(record.id)
        except NotFoundError as error:
            raise IntegrityError(
                f"license {record.id}: its file is missing from the file store",
                reason="content_mismatch",
                check=2,
            ) from error
        return open_file(self._cipher, record.id, sealed)


def digest_file(content: bytes, media_type: str) -> FileFacts:
    """Both digests and the size of a file."""
    digester = FileDigester()
    digester.update(content)
    digests = digester.digests()
    return FileFacts(
        sha256=digests.sha256, sm3=digests.sm3, size=digests.size, media_type=media_type
    )


def first_problem_number(verdict: Verdict) -> int:
    """Number of the check that names the verdict's reason, 1 when none does."""
    return next((check.number for check in verdict.checks if check.code == verdict.reason), 1)


def integrity_error(found: FoundLicense) -> IntegrityError:
    """The error for serving a license that does not hold."""
    return IntegrityError(
        f"license {found.record.id}: {_first_problem(found.verdict)}",
        reason=found.verdict.reason,
        check=first_problem_number(found.verdict),
    )


def _first_problem(verdict: Verdict) -> str:
    number = first_problem_number(verdict)
    return (
        f"check {number} ({verdict.checks[number - 1].name}): {verdict.checks[number - 1].detail}"
    )
