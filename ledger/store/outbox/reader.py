"""What waits in the outbox."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, func, select

from ledger.ports.outbox import (
    OutboxTransaction,
    SignedCopy,
    StatusWordUpdate,
    TransactionState,
)
from ledger.store.outbox.records import to_copy, to_transaction, to_word
from ledger.store.repository import AnyRow, Repository
from ledger.store.tables.outbox import OUTBOX_COPY, OUTBOX_HEAD, OUTBOX_TRANSACTION, OUTBOX_WORD
from ledger.types import Digest, Head, LogKind

_UNFINISHED_STATES: Final = (
    TransactionState.SIGNED.value,
    TransactionState.SENT.value,
    TransactionState.MINED.value,
)
_IS_UNFINISHED: Final = OUTBOX_TRANSACTION.c.state.in_(_UNFINISHED_STATES)
_IS_CARRIED: Final = (
    select(OUTBOX_TRANSACTION.c.id)
    .where(
        OUTBOX_TRANSACTION.c.kind == OUTBOX_HEAD.c.kind,
        OUTBOX_TRANSACTION.c.epoch == OUTBOX_HEAD.c.epoch,
        OUTBOX_TRANSACTION.c.tree_size >= OUTBOX_HEAD.c.tree_size,
        OUTBOX_TRANSACTION.c.state != TransactionState.REVERTED.value,
    )
    .exists()
)
"""A transaction that did not fail anchors the head, or a later one of its epoch."""
_NEWEST_HEAD: Final = (
    select(OUTBOX_HEAD.c.epoch, OUTBOX_HEAD.c.tree_size, OUTBOX_HEAD.c.root_hash, _IS_CARRIED)
    .where(OUTBOX_HEAD.c.kind == bindparam("log_kind"))
    .order_by(OUTBOX_HEAD.c.epoch.desc(), OUTBOX_HEAD.c.tree_size.desc())
    .limit(1)
)
_UNFINISHED: Final = (
    select(OUTBOX_TRANSACTION).where(_IS_UNFINISHED).order_by(OUTBOX_TRANSACTION.c.nonce)
)
_MINED_ABOVE: Final = select(OUTBOX_TRANSACTION).where(
    OUTBOX_TRANSACTION.c.block_number > bindparam("above")
)
_WORDS: Final = (
    select(OUTBOX_WORD)
    .where(OUTBOX_WORD.c.transaction_id.in_(bindparam("ids", expanding=True)))
    .order_by(OUTBOX_WORD.c.ordinal)
)
_COPIES: Final = (
    select(OUTBOX_COPY)
    .where(OUTBOX_COPY.c.transaction_id.in_(bindparam("ids", expanding=True)))
    .order_by(OUTBOX_COPY.c.ordinal)
)
_HIGHEST_NONCE: Final = select(func.max(OUTBOX_TRANSACTION.c.nonce))
_WAITING_HEADS: Final = select(func.count()).select_from(OUTBOX_HEAD).where(~_IS_CARRIED)
_WAITING_TRANSACTIONS: Final = (
    select(func.count()).select_from(OUTBOX_TRANSACTION).where(_IS_UNFINISHED)
)


class SqlOutboxReader(Repository):
    """Heads that wait and transactions that are under way."""

    __slots__ = ()

    def due_head(self, kind: LogKind) -> Head | None:
        row = self._connection.execute(_NEWEST_HEAD, {"log_kind": int(kind)}).first()
        if row is None or row[3]:
            return None
        return Head(epoch=row[0], tree_size=row[1], root_hash=Digest(row[2]))

    def unfinished(self) -> tuple[OutboxTransaction, ...]:
        return self._whole(self._connection.execute(_UNFINISHED).all())

    def mined_above(self, block_number: int) -> tuple[OutboxTransaction, ...]:
        rows = self._connection.execute(_MINED_ABOVE, {"above": block_number}).all()
        # Sorted here: asked for an order, SQLite would walk all nonces instead of the last blocks.
        return self._whole(sorted(rows, key=lambda row: row.nonce))

    def _whole(self, rows: Sequence[AnyRow]) -> tuple[OutboxTransaction, ...]:
        """The transactions of `rows` with their status words and signed copies."""
        if not rows:
            return ()
        ids = {"ids": [row.id for row in rows]}
        words: defaultdict[str, list[StatusWordUpdate]] = defaultdict(list)
        for row in self._connection.execute(_WORDS, ids):
            words[row.transaction_id].append(to_word(row))
        copies: defaultdict[str, list[SignedCopy]] = defaultdict(list)
        for row in self._connection.execute(_COPIES, ids):
            copies[row.transaction_id].append(to_copy(row))
        return tuple(
            to_transaction(row, tuple(words[row.id]), tuple(copies[row.id])) for row in rows
        )

    def highest_nonce(self) -> int | None:
        return self._connection.execute(_HIGHEST_NONCE).scalar()

    def depth(self) -> int:
        heads = self._connection.execute(_WAITING_HEADS).scalar_one()
        return heads + self._connection.execute(_WAITING_TRANSACTIONS).scalar_one()
