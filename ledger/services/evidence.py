"""Gathers what proves a stored license, and what this node's mirror says of a bundle.

Two halves that never mix: `build` reads the region's own database, which anyone may have changed;
`load_trust` reads the mirror, which the verdict rests on. `ledger.verification` compares them.

Only what can never change is remembered between calls: a proof under a final head, and a region's
authority at a final block. Status, lineage and freshness are read each time (DESIGN §6).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

from ledger import canonical
from ledger.bundle import Bundle, Inclusion, LogProof, build_bundle
from ledger.errors import IntegrityError, MalformedError, VerificationError
from ledger.hashing import type_hash
from ledger.keys import KeyAlgorithm, KeyId, VerifyingKey
from ledger.ports.cipher import Cipher
from ledger.ports.database import ReadSession
from ledger.ports.licenses import LicenseRecord
from ledger.ports.log import LogName
from ledger.ports.mirror import MirrorPosition
from ledger.promise import parse_promise
from ledger.services.authority_memory import AuthorityMemory, Known
from ledger.services.proof_memory import ProofMemory
from ledger.services.sealed import open_disclosures
from ledger.tile_tree import TileTree, tile_interior
from ledger.trust import ChainFacts, Trust
from ledger.types import (
    MAX_TREE_SIZE,
    AnchoredHead,
    BlockRef,
    LicenseState,
    LicenseStatus,
    LogKind,
    Region,
)

RETIRED_KEY_SLACK: Final = timedelta(minutes=10)
"""How long after a signing key's end its promises still count: a node signs with the old one until
it is restarted, and its clock is not the chain's."""

remembered_interior = lru_cache(maxsize=2048)(tile_interior)
"""`tile_interior`, which depends on a tile's bytes alone, with a memory of 2,048 tiles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceSettings:
    """What this node is and how old its chain facts may be."""

    region: Region
    chain_id: int
    finality: str
    """Name of the finality rule, for the verdict."""
    max_age: timedelta


class Evidence:
    """See the module's text. Holds no session: every method is handed one."""

    def __init__(self, *, cipher: Cipher, settings: EvidenceSettings) -> None:
        self._cipher = cipher
        self._proofs = ProofMemory()
        self._authorities = AuthorityMemory()
        self.settings = settings

    def build(
        self, session: ReadSession, record: LicenseRecord, as_of: datetime | None = None
    ) -> Bundle:
        """The license's bundle with every disclosure, as stored; nothing in it is believed yet.

        As of an instant before its anchor, the registration promise is all there was.
        Raise IntegrityError naming the check when the stored parts cannot even be put together.
        """
        proof = self._log_proof(session, record, as_of)
        try:
            bundle = build_bundle(
                entry=record.entry,
                disclosures=open_disclosures(self._cipher, record),
                log=proof,
                promise=None
                if proof is not None
                else parse_promise(canonical.parse(record.promise)),
            )
        except MalformedError as error:
            raise IntegrityError(
                f"license {record.id}: stored parts are malformed: {error}",
                reason="malformed",
                check=1,
            ) from error
        _compare_columns(record, bundle)
        return bundle

    def state_of(self, session: ReadSession, record: LicenseRecord) -> LicenseState:
        """How far the license's registration has come."""
        if record.position is None:
            return LicenseState.PENDING
        position = session.mirror.position()
        if position is None:
            return LicenseState.INTEGRATED
        for block, state in (
            (position.final, LicenseState.FINAL),
            (position.newest, LicenseState.ANCHORED),
        ):
            head = session.mirror.first_covering_head(
                self.settings.region, LogKind.LICENSES, record.position, as_of=block.number
            )
            if head is not None:
                return state
        return LicenseState.INTEGRATED

    def status_of(self, session: ReadSession, record: LicenseRecord) -> LicenseStatus:
        """The license's status in the newest final block; in force while it has no position."""
        position = session.mirror.position()
        if position is None or record.position is None:
            return LicenseStatus.IN_FORCE
        return session.mirror.status(
            self.settings.region, record.position, as_of=position.final.number
        )

    def load_trust(self, session: ReadSession, bundle: Bundle, as_of: datetime | None) -> Trust:
        """What the mirror says of `bundle`: now, or as of an instant in the past."""
        position = session.mirror.position()
        block = _speaking_block(session, position, as_of)
        facts = None
        if position is not None and block is not None:
            known = self._authorities.valid_in(session, position.final)
            facts = self._facts(session, bundle, block, known)
        return Trust(chain_id=self.settings.chain_id, facts=facts, max_age=self.settings.max_age)

    def _facts(
        self, session: ReadSession, bundle: Bundle, block: BlockRef, known: Known
    ) -> ChainFacts:
        mirror, entry, log = session.mirror, bundle.entry, bundle.log
        at = block.number
        anchor = None
        mirrored_size = 0
        status = LicenseStatus.IN_FORCE
        if log is not None:
            anchor = mirror.anchored(
                entry.region, LogKind.LICENSES, log.head.epoch, log.head.tree_size, as_of=at
            )
            status = mirror.status(entry.region, log.position, as_of=at)
            if anchor is None:
                mirrored_size = _size_in_epoch(session, entry.region, log.head.epoch, at)
        active, granted = self._authority(session, bundle, anchor, at, known)
        return ChainFacts(
            block=block,
            finality=self.settings.finality,
            anchor=anchor,
            mirrored_size=mirrored_size,
            lineage=mirror.lineage(entry.region, LogKind.LICENSES, as_of=at),
            region_active=active,
            type_granted=granted,
            status=status,
            signing_keys=_promise_keys(session, bundle, at),
        )

    def _authority(
        self,
        session: ReadSession,
        bundle: Bundle,
        anchor: AnchoredHead | None,
        at: int,
        known: Known,
    ) -> tuple[bool, bool]:
        """(region active, type granted) at the anchor's block; at `at` while there is no anchor."""
        region, type_code = bundle.entry.region, bundle.entry.type_code
        if anchor is not None and (found := known.get((region, type_code, anchor))) is not None:
            return found
        judged_at = at if anchor is None else anchor.block_number
        found = (
            session.mirror.region_active(region, at_block=judged_at),
            session.mirror.type_granted(region, type_hash(type_code), at_block=judged_at),
        )
        if anchor is not None:
            self._authorities.remember(known, region, type_code, anchor, found)
        return found

    def _log_proof(
        self, session: ReadSession, record: LicenseRecord, as_of: datetime | None
    ) -> LogProof | None:
        mirrored = session.mirror.position()
        if record.position is None or mirrored is None:
            return None
        block = mirrored.final
        if as_of is not None:
            spoken = session.mirror.block_at(int(as_of.timestamp()))
            if spoken is None:
                return None
            block = spoken
        log = LogName(self.settings.region, LogKind.LICENSES)
        head = session.mirror.first_covering_head(
            log.region, log.kind, record.position, as_of=block.number
        )
        if head is None:
            return None
        remembered = self._proofs.get(record.position, head)
        if remembered is not None:
            return remembered
        try:
            tree = TileTree(
                read=lambda level, index: session.log.tile(log, level, index),
                tree_size=head.tree_size,
                interior=remembered_interior,
            )
            path = tree.inclusion_proof(record.position.index, head.tree_size)
        except VerificationError as error:
            raise IntegrityError(
                f"license {record.id} has no place in the stored log: {error}",
                reason="not_in_log",
                check=3,
            ) from error
        proof = LogProof(
            position=record.position,
            inclusion=Inclusion(tree_size=head.tree_size, path=tuple(path)),
            # The root that the stored tiles make, not the chain's: the verdict compares the two.
            head=replace(head, root_hash=tree.root_hash(head.tree_size)),
        )
        self._proofs.remember(proof, head)
        return proof


def _compare_columns(record: LicenseRecord, bundle: Bundle) -> None:
    """Raise IntegrityError when a column that is listed or filtered by contradicts the entry."""
    entry = bundle.entry
    for name, column, committed in (
        ("id", record.id, entry.id),
        ("type", record.type_code, entry.type_code),
        ("valid_from", record.valid_from, entry.valid_from),
        ("valid_until", record.valid_until, entry.valid_until),
    ):
        if column != committed:
            raise IntegrityError(
                f"license {record.id}: the stored {name} is {column}, its entry says {committed}",
                reason="content_mismatch",
                check=2,
            )


def _speaking_block(
    session: ReadSession, position: MirrorPosition | None, as_of: datetime | None
) -> BlockRef | None:
    """The final block whose facts count; None when the chain cannot be spoken for."""
    if position is None or position.halted is not None:
        return None
    if as_of is None:
        return position.final
    return session.mirror.block_at(int(as_of.timestamp()))


def _size_in_epoch(session: ReadSession, region: Region, epoch: int, as_of: int) -> int:
    head = session.mirror.newest_head(region, LogKind.LICENSES, as_of=as_of)
    if head is None or head.epoch < epoch:
        return 0
    # An epoch that the log has left behind gets no further heads: every size in it is known.
    return head.tree_size if head.epoch == epoch else MAX_TREE_SIZE


def _promise_keys(session: ReadSession, bundle: Bundle, as_of: int) -> dict[int, VerifyingKey]:
    """The key that the promise names, if it was the region's when the promise was made."""
    promise = bundle.promise
    if promise is None:
        return {}
    key = session.mirror.signing_key(promise.key.region, promise.key.number, as_of=as_of)
    if key is None or key.algorithm != KeyAlgorithm.ED25519:
        return {}
    if not _was_current(session, promise.key, promise.time, as_of):
        return {}
    return {promise.key.number: VerifyingKey(key.public)}


def _was_current(session: ReadSession, key: KeyId, at: datetime, as_of: int) -> bool:
    """Whether the key had not ended at `at`: it ends in the block from which the next one holds."""
    following = session.mirror.signing_key(key.region, key.number + 1, as_of=as_of)
    if following is None or following.since_block > as_of:
        return True
    end = session.mirror.block(following.since_block)
    return end is not None and at.timestamp() <= end.time + RETIRED_KEY_SLACK.total_seconds()
