"""Recomputes everything from the database and the file store, and compares it with the chain.

Read-only. Each finding names what is wrong, where, and what to do; an empty report means that every
license is intact, findable, provable and, where the chain has its head, under the chain's root.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ledger import lookup_digests
from ledger.errors import IntegrityError, NotFoundError, StoreError
from ledger.hashing import leaf_hash
from ledger.license import HOLDERS, IDENTIFIER
from ledger.ports.cipher import Cipher
from ledger.ports.database import Database, ReadSession
from ledger.ports.files import FileStore
from ledger.ports.licenses import LicenseFilter, LicenseRecord
from ledger.ports.log import LogName
from ledger.services.evidence import Evidence
from ledger.services.lookup import digest_file
from ledger.services.sealed import open_check_code, open_file
from ledger.tile_tree import TileTree
from ledger.tiles import TILE_WIDTH, split_hashes
from ledger.types import Digest, Head, LogKind

PAGE = 500
"""Licenses read at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not hold."""

    code: str
    """Stable: `entry_changed`, `not_in_log`, `root_differs`, `file_damaged` …"""
    where: str
    """The license, tile or head."""
    detail: str
    next_step: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FsckReport:
    """What was looked at and what was found."""

    licenses: int
    tree_size: int
    anchored_size: int
    files: int
    findings: tuple[Finding, ...]


_RESTORE = "restore it from a backup, or register it again as a new version"


class Fsck:
    """See the module's text."""

    def __init__(
        self, *, database: Database, files: FileStore, cipher: Cipher, evidence: Evidence
    ) -> None:
        self._database = database
        self._files = files
        self._cipher = cipher
        self._evidence = evidence
        self._log = LogName(evidence.settings.region, LogKind.LICENSES)

    def run(self, on_progress: Callable[[int, int], None] | None = None) -> FsckReport:
        """Check everything; `on_progress(done, total)` counts licenses."""
        findings: list[Finding] = []
        done = 0
        kept: set[str] = set()
        with self._database.read() as session:
            total = session.licenses.count()
            head = session.log.head(self._log)
            leaves, anchored_size = self._check_log(session, head, findings)
            for record in _all_records(session):
                findings.extend(self._check_license(session, record, leaves))
                if record.file_kept:
                    kept.add(record.id)
                done += 1
                if on_progress is not None and (done % 50 == 0 or done == total):
                    on_progress(done, total)
            stored = set(self._files.list_ids())
        findings.extend(
            Finding(
                code="file_without_license",
                where=f"file {orphan}",
                detail="no license refers to it: a registration that did not come to pass",
                next_step="delete it; nobody can reach it",
            )
            for orphan in sorted(stored - kept)
        )
        return FsckReport(
            licenses=done,
            tree_size=head.tree_size,
            anchored_size=anchored_size,
            files=len(stored),
            findings=tuple(findings),
        )

    def _check_log(
        self, session: ReadSession, head: Head, findings: list[Finding]
    ) -> tuple[list[Digest], int]:
        """The stored leaf hashes, and how far the chain has anchored them."""
        leaves: list[Digest] = []
        try:
            for index in range((head.tree_size + TILE_WIDTH - 1) // TILE_WIDTH):
                leaves.extend(split_hashes(session.log.tile(self._log, 0, index)))
            rebuilt = TileTree(read=_no_tile, tree_size=0).append(leaves[: head.tree_size])
        except StoreError as error:
            findings.append(_log_finding("tile_missing", str(error)))
            return leaves, 0
        if rebuilt.root_hash != head.root_hash:
            findings.append(_log_finding("root_differs", "the tiles do not make the stored root"))
        for (level, index), tile in rebuilt.tiles.items():
            try:
                stored = session.log.tile(self._log, level, index)
            except StoreError:
                stored = b""
            if stored != tile:
                findings.append(
                    _log_finding(
                        "tile_differs", f"tile {level}/{index} is not what the leaves make"
                    )
                )
        return leaves, self._check_chain(session, head, leaves, findings)

    def _check_chain(
        self, session: ReadSession, head: Head, leaves: list[Digest], findings: list[Finding]
    ) -> int:
        position = session.mirror.position()
        if position is None:
            return 0
        anchored = session.mirror.newest_head(
            self._log.region, self._log.kind, as_of=position.newest.number
        )
        if anchored is None:
            return 0
        if anchored.tree_size > head.tree_size:
            findings.append(
                _log_finding(
                    "behind_the_chain",
                    f"the chain has {anchored.tree_size} leaves, the database {head.tree_size}",
                )
            )
            return anchored.tree_size
        rebuilt = TileTree(read=_no_tile, tree_size=0).append(leaves[: anchored.tree_size])
        if rebuilt.root_hash != anchored.root_hash:
            findings.append(
                _log_finding(
                    "root_not_on_chain",
                    f"the first {anchored.tree_size} leaves do not make the anchored root",
                )
            )
        return anchored.tree_size

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


def _no_tile(level: int, index: int) -> bytes:
    raise StoreError(f"tile {level}/{index} is missing")


def _log_finding(code: str, detail: str) -> Finding:
    return Finding(
        code=code,
        where="licenses log",
        detail=detail,
        next_step="stop the node and restore the database; the chain keeps what was anchored",
    )


def _lookup_finding(where: str, by: str) -> Finding:
    return Finding(
        code="not_findable",
        where=where,
        detail=f"it cannot be found by its {by} any more",
        next_step="restore the row from a backup",
    )
