"""The submitter: carries heads and statuses to the contract, so that nothing is lost or doubled.

Covers step 3 of DESIGN §5. One round: settle what the mirror shows as final; reconcile what is on
its way (`ledger.services.reconciling`); then, for each log with nothing on its way, decide the next
append (`ledger.services.anchor_plan`), sign it, store it, and only then send it.

The contract's head is the truth from which every append starts. Where it is not a head of this
region's own log, somebody else used the anchor key or the database is an old copy: nothing is
signed then, `IntegrityError`.

One process of a region submits at a time: the caller's lease is checked in the transaction that
stores an append.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from ledger.errors import ConflictError, IntegrityError
from ledger.hashing import EMPTY_ROOT
from ledger.ports.accounts import Lease
from ledger.ports.chain import AnchorChain, ChainReader
from ledger.ports.clock import Clock
from ledger.ports.database import Database, ReadSession
from ledger.ports.licenses import StatusChange
from ledger.ports.log import LogName
from ledger.ports.outbox import OutboxTransaction, StatusWordUpdate, TransactionState
from ledger.services.anchor_plan import (
    DEFAULT_MAX_WORDS,
    AppendPlan,
    Candidate,
    is_decided,
    is_live,
    plan_append,
)
from ledger.services.reconciling import PushSettings, Reconciler, is_on_the_way, tree_of
from ledger.services.settling import Settler
from ledger.types import Digest, Head, LicenseStatus, LogKind, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitterSettings:
    """Limits of one append, and how patiently it is waited for."""

    push: PushSettings = field(default_factory=PushSettings)
    max_words: int = DEFAULT_MAX_WORDS
    max_changes: int = 20_000
    """Waiting status changes that one decision looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Submitted:
    """What one round did, by transaction id."""

    sent: tuple[str, ...]
    mined: tuple[str, ...]
    reverted: tuple[str, ...]
    settled: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """An append that is decided but not signed."""

    kind: LogKind
    old: Head
    new: Head
    proof: tuple[Digest, ...]
    words: tuple[StatusWordUpdate, ...]
    change_ids: tuple[str, ...]


_EMPTY: Final = Head(epoch=0, tree_size=0, root_hash=EMPTY_ROOT)


class Submitter:
    """One round at a time. See the module's text."""

    def __init__(
        self,
        *,
        database: Database,
        chain: ChainReader,
        anchor: AnchorChain,
        clock: Clock,
        new_id: Callable[[], str],
        region: Region,
        settings: SubmitterSettings | None = None,
    ) -> None:
        self._settings = settings or SubmitterSettings()
        self._database = database
        self._chain = chain
        self._anchor = anchor
        self._clock = clock
        self._new_id = new_id
        self._region = region
        self._settler = Settler(database=database, region=region)
        self._reconciler = Reconciler(
            database=database,
            chain=chain,
            anchor=anchor,
            clock=clock,
            region=region,
            settings=self._settings.push,
        )

    def round(self, lease: Lease) -> Submitted:
        """Settle, reconcile, and send what is due.

        Raise ConflictError on a lost lease, IntegrityError when the contract's head is not this
        log's, RevertedError when the contract would refuse an append (nothing is stored then),
        ChainError when the chain does not answer; the next round goes on from what is stored.
        """
        settled = self._settler.round()
        found = self._reconciler.round()
        sent = [self._append(kind, lease) for kind in LogKind]
        return Submitted(
            sent=tuple(one for one in sent if one is not None),
            mined=found.mined,
            reverted=found.reverted,
            settled=settled,
        )

    def _append(self, kind: LogKind, lease: Lease) -> str | None:
        """Send the next append of one log, if one is due; its transaction's id."""
        # LOAD
        with self._database.read() as session:
            if not self._is_due(session, kind):
                return None
        contract = self._chain.contract_head(self._region, kind)
        anchored = _EMPTY if contract is None else contract.head
        # DECIDE
        with self._database.read() as session:
            draft = self._draft(session, kind, anchored)
        if draft is None:
            return None
        transaction = self._sign(draft)
        # STORE
        with self._database.write() as session:
            session.accounts.check_fence(lease)
            if any(one.kind is kind and is_on_the_way(one) for one in session.outbox.unfinished()):
                raise ConflictError(f"another append of the {kind.name.lower()} log is on its way")
            session.outbox.create(transaction)
            session.licenses.carry_status_changes(draft.change_ids, transaction.id)
        # ANNOUNCE
        self._reconciler.broadcast(transaction, transaction.copies[0])
        return transaction.id

    def _is_due(self, session: ReadSession, kind: LogKind) -> bool:
        """Whether a new append is worth a question to the chain."""
        if any(one.kind is kind and is_on_the_way(one) for one in session.outbox.unfinished()):
            return False
        if session.outbox.due_head(kind) is not None:
            return True
        return kind is LogKind.LICENSES and bool(session.licenses.waiting_status_changes(1))

    def _draft(self, session: ReadSession, kind: LogKind, anchored: Head) -> _Draft | None:
        mirrored = session.mirror.position()
        if mirrored is None:
            return None  # what the statuses are is not known yet
        newest = session.mirror.newest_head(self._region, kind, as_of=mirrored.newest.number)
        if newest is not None and (newest.epoch, newest.tree_size) > (
            anchored.epoch,
            anchored.tree_size,
        ):
            return None  # the client lost blocks, or lags: the mirror finds out
        due = session.outbox.due_head(kind)
        self._verify_own(session, kind, anchored)
        plan = self._plan(session, kind, anchored, due, mirrored.newest.number)
        if plan is None:
            return None
        tree = tree_of(session, LogName(self._region, kind))
        new = Head(
            epoch=anchored.epoch,
            tree_size=plan.new_size,
            root_hash=tree.root_hash(plan.new_size),
        )
        if due is not None and due.tree_size == new.tree_size and due.root_hash != new.root_hash:
            raise self._foreign(kind, due, "the stored tiles make another root than was announced")
        grows = 0 < anchored.tree_size < new.tree_size
        proof = tree.consistency_proof(anchored.tree_size, new.tree_size) if grows else []
        return _Draft(
            kind=kind,
            old=anchored,
            new=new,
            proof=tuple(proof),
            words=plan.words,
            change_ids=plan.change_ids,
        )

    def _plan(
        self, session: ReadSession, kind: LogKind, anchored: Head, due: Head | None, at: int
    ) -> AppendPlan | None:
        limit = self._settings.max_changes
        waiting: tuple[StatusChange, ...] = ()
        if kind is LogKind.LICENSES:
            waiting = session.licenses.waiting_status_changes(limit)
        lineage = session.mirror.lineage(self._region, kind, as_of=at) if waiting else ()
        candidates = [
            Candidate(
                change=change,
                current=session.mirror.status(self._region, change.position, as_of=at),
                replaced_at=_replaced_at(session, change),
                is_live=is_live(lineage, change.position),
            )
            for change in waiting
        ]
        if kind is LogKind.LICENSES:
            self._settler.note_decided(
                one.change.id for one in candidates if is_decided(one.current, one.change)
            )
        return plan_append(
            anchored_size=anchored.tree_size,
            due_size=None if due is None else due.tree_size,
            candidates=candidates,
            is_complete=len(waiting) < limit,
            max_words=self._settings.max_words,
        )

    def _verify_own(self, session: ReadSession, kind: LogKind, anchored: Head) -> None:
        """The contract's head must be one of this region's own log."""
        log = LogName(self._region, kind)
        held = session.log.head(log)
        if anchored.epoch != held.epoch:
            raise self._foreign(kind, anchored, f"the stored log is in epoch {held.epoch}")
        if anchored.tree_size > held.tree_size:
            raise self._foreign(kind, anchored, f"the stored log has {held.tree_size} leaves")
        root = tree_of(session, log).root_hash(anchored.tree_size)
        if anchored.tree_size > 0 and root != anchored.root_hash:
            raise self._foreign(kind, anchored, f"the stored log has root {root.hex()} there")

    def _foreign(self, kind: LogKind, head: Head, found: str) -> IntegrityError:
        return IntegrityError(
            f"the {kind.name.lower()} log's head of size {head.tree_size} in epoch {head.epoch} "
            f"with root {head.root_hash.hex()} is not this log's: {found}. Nothing is anchored "
            "until people have looked: was the anchor key used elsewhere, is the database an old "
            "copy, or was it changed?",
            reason="root_not_on_chain",
            check=4,
        )

    def _sign(self, draft: _Draft) -> OutboxTransaction:
        """The transaction with its first copy; signed, not stored."""
        nonce = self._anchor.next_nonce()
        with self._database.read() as session:
            on_the_way = [one.nonce for one in session.outbox.unfinished() if is_on_the_way(one)]
        nonce = max([nonce, *(one + 1 for one in on_the_way)])
        copy = self._anchor.sign_append(
            nonce=nonce,
            kind=draft.kind,
            new_head=draft.new,
            proof=draft.proof,
            status_words=draft.words,
        )
        return OutboxTransaction(
            id=self._new_id(),
            kind=draft.kind,
            nonce=nonce,
            old_size=draft.old.tree_size,
            new_head=draft.new,
            status_words=draft.words,
            state=TransactionState.SIGNED,
            created_at=self._clock(),
            copies=(copy,),
        )


def _replaced_at(session: ReadSession, change: StatusChange) -> int | None:
    """Index of the license that replaces the change's one; None when there is none in the log."""
    if change.new is not LicenseStatus.SUPERSEDED:
        return None
    successor = session.licenses.successor(change.license_id)
    position = None if successor is None else successor.position
    return None if position is None else int(position.index)
