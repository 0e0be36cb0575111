"""Writes of the outbox: what is signed is stored before it is sent, and never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.outbox import OutboxTransaction, SignedCopy, TransactionState
from ledger.store.outbox.reader import SqlOutboxReader
from ledger.store.outbox.records import copy_row, transaction_row, word_rows
from ledger.store.tables.outbox import OUTBOX_COPY, OUTBOX_HEAD, OUTBOX_TRANSACTION, OUTBOX_WORD
from ledger.types import Head, LogKind

_CREATE: Final = insert(OUTBOX_TRANSACTION)
_ADD_WORD: Final = insert(OUTBOX_WORD)
_ADD_COPY: Final = insert(OUTBOX_COPY)
_NEXT_ORDINAL: Final = select(func.count()).where(OUTBOX_COPY.c.transaction_id == bindparam("key"))
_SWAP_STATE: Final = update(OUTBOX_TRANSACTION).where(
    OUTBOX_TRANSACTION.c.id == bindparam("key"), OUTBOX_TRANSACTION.c.state == bindparam("old")
)
_NOTE_SENT: Final = (
    update(OUTBOX_COPY)
    .where(OUTBOX_COPY.c.transaction_id == bindparam("key"), OUTBOX_COPY.c.hash == bindparam("of"))
    .values(sent_at=bindparam("at"))
)
_SETTLE: Final = delete(OUTBOX_HEAD).where(
    OUTBOX_HEAD.c.kind == bindparam("log_kind"),
    or_(
        OUTBOX_HEAD.c.epoch < bindparam("in_epoch"),
        (OUTBOX_HEAD.c.epoch == bindparam("in_epoch"))
        & (OUTBOX_HEAD.c.tree_size <= bindparam("up_to")),
    ),
)
_DROP_HEADS: Final = delete(OUTBOX_HEAD).where(OUTBOX_HEAD.c.kind == bindparam("log_kind"))
_DROP: Final = delete(OUTBOX_TRANSACTION).where(
    OUTBOX_TRANSACTION.c.id.in_(bindparam("ids", expanding=True))
)
_BACK_ON_THE_WAY: Final = frozenset({TransactionState.SIGNED, TransactionState.SENT})


class SqlOutboxWriter(SqlOutboxReader):
    """States change by compare-and-swap; copies are only added."""

    __slots__ = ()

    def announce_head(self, kind: LogKind, head: Head, at: datetime) -> None:
        self._put(
            OUTBOX_HEAD,
            [
                {
                    "kind": int(kind),
                    "epoch": head.epoch,
                    "tree_size": head.tree_size,
                    "root_hash": head.root_hash,
                    "announced_at": at,
                }
            ],
        )

    def create(self, transaction: OutboxTransaction) -> None:
        """Raise ConflictError when the id, or one of the copies' hashes, is stored already."""
        try:
            self._connection.execute(_CREATE, transaction_row(transaction))
        except IntegrityError as error:
            raise ConflictError(f"outbox transaction {transaction.id} exists already") from error
        if words := word_rows(transaction):
            self._connection.execute(_ADD_WORD, words)
        for ordinal, copy in enumerate(transaction.copies):
            self._add_copy(transaction.id, ordinal, copy)

    def add_copy(self, transaction_id: str, copy: SignedCopy) -> None:
        """Raise ConflictError when the hash is stored already or the transaction is unknown."""
        ordinal = self._connection.execute(_NEXT_ORDINAL, {"key": transaction_id}).scalar_one()
        self._add_copy(transaction_id, ordinal, copy)

    def _add_copy(self, transaction_id: str, ordinal: int, copy: SignedCopy) -> None:
        try:
            self._connection.execute(_ADD_COPY, copy_row(transaction_id, ordinal, copy))
        except IntegrityError as error:
            raise ConflictError(
                f"signed copy {copy.hash.hex()} is stored already, or transaction"
                f" {transaction_id} is unknown"
            ) from error

    def replace_state(
        self,
        transaction_id: str,
        old: TransactionState,
        new: TransactionState,
        *,
        block_number: int | None = None,
        block_hash: bytes | None = None,
        failure: str | None = None,
    ) -> None:
        """Block and failure given here replace the stored ones.

        Those not given stay, except that a transaction back on its way is in no block.
        """
        given = {"block_number": block_number, "block_hash": block_hash, "failure": failure}
        if new not in _BACK_ON_THE_WAY:
            given = {name: value for name, value in given.items() if value is not None}
        self._swap(transaction_id, old, {"state": new.value, **given})

    def _swap(self, transaction_id: str, old: TransactionState, values: dict[str, Any]) -> None:
        keys = {"key": transaction_id, "old": old.value}
        if self._connection.execute(_SWAP_STATE.values(**values), keys).rowcount != 1:
            raise ConflictError(
                f"outbox transaction {transaction_id} is no longer {old.value}; read it again"
            )

    def note_sent(self, transaction_id: str, hash_: bytes, at: datetime) -> None:
        """Raise NotFoundError when the transaction has no such copy."""
        values = {"key": transaction_id, "of": hash_, "at": at}
        if self._connection.execute(_NOTE_SENT, values).rowcount != 1:
            raise NotFoundError(f"transaction {transaction_id} has no copy {hash_.hex()}")

    def settle_heads(self, kind: LogKind, epoch: int, tree_size: int) -> None:
        values = {"log_kind": int(kind), "in_epoch": epoch, "up_to": tree_size}
        self._connection.execute(_SETTLE, values)

    def drop_unanchored(self, kind: LogKind) -> None:
        self._connection.execute(_DROP_HEADS, {"log_kind": int(kind)})

    def drop_transactions(self, ids: Sequence[str]) -> None:
        if ids:
            self._connection.execute(_DROP, {"ids": list(ids)})
