"""Between the outbox's rows and its records."""

from __future__ import annotations

from typing import Any

from ledger.ports.outbox import (
    OutboxTransaction,
    SignedCopy,
    StatusWordUpdate,
    TransactionState,
)
from ledger.store.repository import AnyRow
from ledger.types import Digest, Head, LogKind


def to_transaction(
    row: AnyRow, words: tuple[StatusWordUpdate, ...], copies: tuple[SignedCopy, ...]
) -> OutboxTransaction:
    """The transaction of a row of `outbox_transaction` with what belongs to it."""
    return OutboxTransaction(
        id=row.id,
        kind=LogKind(row.kind),
        nonce=row.nonce,
        old_size=row.old_size,
        new_head=Head(epoch=row.epoch, tree_size=row.tree_size, root_hash=Digest(row.root_hash)),
        status_words=words,
        state=TransactionState(row.state),
        created_at=row.created_at,
        copies=copies,
        block_number=row.block_number,
        block_hash=row.block_hash,
        failure=row.failure,
    )


def transaction_row(transaction: OutboxTransaction) -> dict[str, Any]:
    """The row of `outbox_transaction`."""
    head = transaction.new_head
    return {
        "id": transaction.id,
        "kind": int(transaction.kind),
        "nonce": transaction.nonce,
        "old_size": transaction.old_size,
        "epoch": head.epoch,
        "tree_size": head.tree_size,
        "root_hash": head.root_hash,
        "state": transaction.state.value,
        "created_at": transaction.created_at,
        "block_number": transaction.block_number,
        "block_hash": transaction.block_hash,
        "failure": transaction.failure,
    }


def to_word(row: AnyRow) -> StatusWordUpdate:
    """One row of `outbox_word`."""
    return StatusWordUpdate(
        epoch=row.epoch,
        word_index=row.word_index,
        mask=row.mask,
        values=row.word_values,
        reason=row.reason,
    )


def word_rows(transaction: OutboxTransaction) -> list[dict[str, Any]]:
    """The rows of `outbox_word`, in the transaction's order."""
    return [
        {
            "transaction_id": transaction.id,
            "ordinal": ordinal,
            "epoch": word.epoch,
            "word_index": word.word_index,
            "mask": word.mask,
            "word_values": word.values,
            "reason": word.reason,
        }
        for ordinal, word in enumerate(transaction.status_words)
    ]


def to_copy(row: AnyRow) -> SignedCopy:
    """One row of `outbox_copy`."""
    return SignedCopy(hash=row.hash, raw=row.raw, gas_price=row.gas_price, sent_at=row.sent_at)


def copy_row(transaction_id: str, ordinal: int, copy: SignedCopy) -> dict[str, Any]:
    """The row of `outbox_copy` for the copy made as number `ordinal`."""
    return {
        "transaction_id": transaction_id,
        "ordinal": ordinal,
        "hash": copy.hash,
        "raw": copy.raw,
        "gas_price": copy.gas_price,
        "sent_at": copy.sent_at,
    }
