"""Recomputes everything from the database and the file store, and compares it with the chain.

Read-only. Each finding names what is wrong, where, and what to do; an empty report means that every
license is intact, findable, provable and, where the chain has its head, under the chain's root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger import lookup_digests
from ledger.errors import ChainUnavailableError, IntegrityError, NotFoundError, StoreError
from ledger.hashing import leaf_hash
from ledger.license import HOLDERS, IDENTIFIER
from ledger.ports.chain import ChainReader
from ledger.ports.cipher import Cipher
from ledger.ports.database import Database, ReadSession
from ledger.ports.files import FileStore
from ledger.ports.licenses import LicenseFilter, LicenseRecord
from ledger.ports.log import LogName
from ledger.services.evidence import Evidence
from ledger.services.fsck_log import (
    Finding,
    LogCheck,
    Stated,
    check_tiles,
    compare_log,
    compare_mirror,
    mirrored_head,
)
from ledger.services.issuance import PRINTED_NUMBER
from ledger.services.lookup import digest_file
from ledger.services.sealed import open_check_code, open_file
from ledger.types import BlockRef, Digest, Head, LogKind

PAGE = 500
"""Licenses read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FsckReport:
    """What was looked at and what was found."""

    licenses: int
    tree_size: int
    anchored_size: int
    """As the contract states it, or the mirror where the chain was not compared."""
    chain_compared: bool
    """Whether the contract's own head was compared, which no one with the database can rewrite."""
    files: int
    findings: tuple[Finding, ...]


_RESTORE = "restore it from a backup, or register it again as a new version"


class Fsck:
    """See the module's text. Without `chain` the mirror has the last word, and the report says so.

    `chain` may be away: then it is not compared. Another chain than the configured one is no
    finding but a WrongChainError.
    """

    def __init__(
        self,
        *,
        database: Database,
        files: FileStore,
        cipher: Cipher,
        evidence: Evidence,
        chain: ChainReader | None = None,
    ) -> None:
        self._database = database
        self._files = files
        self._cipher = cipher
        self._evidence = evidence
        self._chain = chain
        self._log = LogName(evidence.settings.region, LogKind.LICENSES)

    def run(self, on_progress: Callable[[int, int], None] | None = None) -> FsckReport:
        """Check everything; `on_progress(done, total)` counts licenses."""
        findings: list[Finding] = []
        done = 0
        kept: set[str] = set()
        # Before the database's snapshot: a log that grows meanwhile is then never behind it.
        stated = self._stated()
        with self._database.read() as session:
            total = session.licenses.count()
            check = check_tiles(session, self._log)
            findings.extend(check.findings)
            mirrored = mirrored_head(session, self._log)
            findings.extend(self._compare(check, mirrored, stated))
            for record in _all_records(session):
                findings.extend(self._check_license(session, record, check.leaves))
                if record.file_kept:
                    kept.add(record.id)
                done += 1
                if on_progress is not None and (done % 50 == 0 or done == total):
                    on_progress(done, total)
            stored = set(self._files.list_ids())
        findings.extend(_orphan(one) for one in sorted(stored - kept))
        mirrored_size = 0 if mirrored is None else mirrored[1].tree_size
        return FsckReport(
            licenses=done,
            tree_size=check.head.tree_size,
            anchored_size=mirrored_size if stated is None else stated.head.tree_size,
            chain_compared=stated is not None,
            files=len(stored),
            findings=tuple(findings),
        )

    def _stated(self) -> Stated | None:
        """What the contract says now; None when there is no chain to ask, or it is away."""
        if self._chain is None:
            return None
        try:
            self._chain.verify_identity()
            return Stated(self._chain.contract_head(self._log.region, self._log.kind))
        except ChainUnavailableError:
            return None

    def _compare(
        self, check: LogCheck, mirrored: tuple[BlockRef, Head] | None, stated: Stated | None
    ) -> Iterator[Finding]:
        if mirrored is not None:
            yield from compare_log(check, mirrored[1], by="the mirror")
        if stated is None:
            return
        yield from compare_log(check, stated.head, by="the contract")
        # Asked again, since the mirror may have followed the chain beyond the first answer.
        again = self._stated()
        if again is not None:
            yield from compare_mirror(mirrored, again)

    def _check_license(
        self, session: ReadSession, record: LicenseRecord, leaves: list[Digest]
    ) -> Iterator[Finding]:
        where = f"license {record.id}"
        if leaf_hash(record.entry) != record.leaf_hash:
            yield Finding(
                code="entry_changed",
                where=where,
                detail="its entry does not hash to its leaf",
                next_step=_RESTORE,
            )
        index = None if record.position is None else record.position.index
        if index is not None and (index >= len(leaves) or leaves[index] != record.leaf_hash):
            yield Finding(
                code="not_in_log",
                where=where,
                detail=f"leaf {index} of the log is another one",
                next_step=_RESTORE,
            )
        try:
            bundle = self._evidence.build(session, record)
        except (IntegrityError, StoreError) as error:
            yield Finding(
                code="license_damaged", where=where, detail=str(error), next_step=_RESTORE
            )
            return
        committed = set(bundle.entry.sd)
        if {disclosure.digest for disclosure in bundle.disclosures} != committed:
            yield Finding(
                code="content_mismatch",
                where=where,
                detail="its disclosures are not the ones that the entry commits to",
                next_step=_RESTORE,
            )
        yield from self._check_lookups(session, record, bundle.disclosed())
        yield from self._check_file(record)

    def _check_lookups(
        self, session: ReadSession, record: LicenseRecord, disclosed: dict[str, object]
    ) -> Iterator[Finding]:
        where = f"license {record.id}"
        identifier = disclosed.get(IDENTIFIER)
        if isinstance(identifier, str) and record.identifier_digest != (
            lookup_digests.of_identifier(self._cipher, identifier)
        ):
            yield _lookup_finding(where, "identifier")
        if record.check_code_digest != lookup_digests.of_check_code(
            self._cipher, open_check_code(self._cipher, record)
        ):
            yield _lookup_finding(where, "check code")
        number = disclosed.get(PRINTED_NUMBER)
        if isinstance(number, str) and number:
            digest = lookup_digests.of_number(self._cipher, record.type_code, number)
            if all(one.id != record.id for one in session.licenses.by_number(digest)):
                yield _lookup_finding(where, "printed number")
        holders = disclosed.get(HOLDERS)
        for holder in holders if isinstance(holders, list) else []:
            digest = lookup_digests.of_holder(self._cipher, str(holder.get("code", "")))
            found = session.licenses.by_holder(digest, [record.type_code], 10_000)
            if all(one.id != record.id for one in found):
                yield _lookup_finding(where, "holder")

    def _check_file(self, record: LicenseRecord) -> Iterator[Finding]:
        if not record.file_kept:
            return
        try:
            content = open_file(self._cipher, record.id, self._files.get(record.id))
            damaged = digest_file(content, "").sha256 != record.file_sha256
        except (NotFoundError, IntegrityError, StoreError):
            damaged = True
        if damaged:
            yield Finding(
                code="file_damaged",
                where=f"file {record.id}",
                detail="the kept file is missing or not the registered one",
                next_step="restore it from a backup of the file store",
            )


def _all_records(session: ReadSession) -> Iterator[LicenseRecord]:
    after: str | None = None
    while True:
        page = session.licenses.page(LicenseFilter(), after=after, limit=PAGE)
        yield from page.records
        after = page.next_after
        if after is None:
            return


def _orphan(file_id: str) -> Finding:
    return Finding(
        code="file_without_license",
        where=f"file {file_id}",
        detail="no license refers to it: a registration that did not come to pass",
        next_step="delete it; nobody can reach it",
    )


def _lookup_finding(where: str, by: str) -> Finding:
    return Finding(
        code="not_findable",
        where=where,
        detail=f"it cannot be found by its {by} any more",
        next_step="restore the row from a backup",
    )
