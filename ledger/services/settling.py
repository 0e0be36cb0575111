"""Ends what the mirror shows in a final block: transactions, waiting heads, status changes.

Nothing is ended on a receipt's word: the mirror proved the events and the status words of the block
before it called it final.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import structlog

from ledger.ports.database import Database, ReadSession
from ledger.ports.licenses import StatusChange
from ledger.ports.log import LogName
from ledger.ports.outbox import OutboxTransaction, TransactionState
from ledger.services.anchor_plan import is_decided
from ledger.services.reconciling import tree_of
from ledger.types import AnchoredHead, BlockRef, LicenseStatus, LogKind, Region

_LOOK: Final = 20_000
"""Waiting changes that are looked through for those that need no transaction."""

_log = structlog.get_logger("ledger.settling")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ending:
    """What one final block ends."""

    final: tuple[str, ...]
    """Transactions."""
    misreported: tuple[str, ...]
    """Transactions that the client called mined in a block that has them not."""
    heads: tuple[tuple[LogKind, AnchoredHead], ...]
    changes: tuple[tuple[StatusChange, LicenseStatus], ...]
    """With the status that the block shows: the one asked for, or one that rules it out."""


class Settler:
    """One round at a time."""

    def __init__(self, *, database: Database, region: Region) -> None:
        self._database = database
        self._region = region
        self._settled: dict[LogKind, AnchoredHead] = {}
        """Heads that nothing waits for any more, since this process started."""
        self._decided: set[str] = set()
        """Waiting changes that a block has decided already, for which no transaction is needed."""

    def note_decided(self, change_ids: Iterable[str]) -> None:
        """The newest block decides these waiting changes; end them when it is final."""
        self._decided = set(change_ids)

    def round(self) -> tuple[str, ...]:
        """End what is final; the transactions that were."""
        # LOAD, DECIDE
        with self._database.read() as session:
            position = session.mirror.position()
            if position is None:
                return ()
            ending = self._decide(session, position.final, position.newest)
        if not (ending.final or ending.misreported or ending.heads or ending.changes):
            return ()
        # STORE
        with self._database.write() as session:
            for ids, state in (
                (ending.final, TransactionState.FINAL),
                (ending.misreported, TransactionState.SENT),
            ):
                for id_ in ids:
                    session.outbox.replace_state(id_, TransactionState.MINED, state)
            for kind, head in ending.heads:
                session.outbox.settle_heads(kind, head.epoch, head.tree_size)
            session.licenses.finish_status_changes([one.id for one, _ in ending.changes])
        # ANNOUNCE
        self._settled.update(ending.heads)
        self._decided -= {one.id for one, _ in ending.changes}
        _tell_overtaken(ending.changes)
        return ending.final

    def _decide(self, session: ReadSession, final: BlockRef, newest: BlockRef) -> _Ending:
        mined = [one for one in session.outbox.unfinished() if one.state is TransactionState.MINED]
        ended: list[str] = []
        misreported: list[str] = []
        for one in mined:
            if one.block_number is None or one.block_number > newest.number:
                continue
            if not self._stands(session, one, newest.number):
                misreported.append(one.id)
            elif one.block_number <= final.number:
                ended.append(one.id)
        return _Ending(
            final=tuple(ended),
            misreported=tuple(misreported),
            heads=tuple(self._heads(session, final.number)),
            changes=tuple(self._changes(session, final.number)),
        )

    def _stands(self, session: ReadSession, transaction: OutboxTransaction, as_of: int) -> bool:
        """Whether the mirror has the transaction's block, and its head in it."""
        block = session.mirror.block(transaction.block_number or 0)
        if block is None or block.hash != transaction.block_hash:
            return False
        new = transaction.new_head
        if new.tree_size == transaction.old_size:
            return True
        anchored = session.mirror.anchored(
            self._region, transaction.kind, new.epoch, new.tree_size, as_of=as_of
        )
        return anchored is not None and anchored.root_hash == new.root_hash

    def _heads(self, session: ReadSession, final: int) -> Iterable[tuple[LogKind, AnchoredHead]]:
        """Final heads that this log really has: nothing waits for them or for smaller ones."""
        for kind in LogKind:
            head = session.mirror.newest_head(self._region, kind, as_of=final)
            if head is None or head == self._settled.get(kind):
                continue
            log = LogName(self._region, kind)
            if head.tree_size <= session.log.head(log).tree_size:
                tree = tree_of(session, log)
                if tree.root_hash(head.tree_size) == head.root_hash:
                    yield kind, head

    def _changes(
        self, session: ReadSession, final: int
    ) -> Iterable[tuple[StatusChange, LicenseStatus]]:
        carried = session.licenses.unfinished_status_changes()
        waiting = session.licenses.waiting_status_changes(_LOOK) if self._decided else ()
        for change in (*carried, *(one for one in waiting if one.id in self._decided)):
            status = session.mirror.status(self._region, change.position, as_of=final)
            if is_decided(status, change):
                yield change, status


def _tell_overtaken(changes: Iterable[tuple[StatusChange, LicenseStatus]]) -> None:
    """What the office asked for does not stand, and never will: the log is where that is said."""
    for change, status in changes:
        if status is not change.new:
            _log.warning(
                "a status change was overtaken by a final status on the chain",
                license_id=change.license_id,
                asked_for=change.new.name.lower(),
                status=status.name.lower(),
            )
