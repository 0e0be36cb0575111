"""The durable outbox: signed transactions are stored before they are sent, and never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ledger.types import Digest, Head, LogKind


class TransactionState(StrEnum):
    """Where an outbox transaction stands.

    signed -> sent -> mined -> final, or mined -> reverted; a reorg takes mined back to sent.
    """

    SIGNED = "signed"
    SENT = "sent"
    MINED = "mined"
    FINAL = "final"
    REVERTED = "reverted"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWordUpdate:
    """One word of a status update (`StatusWord.sol`)."""

    epoch: int
    word_index: int
    mask: int
    values: int
    reason: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCopy:
    """One signed form of a transaction; a bump adds another with the same nonce."""

    hash: bytes
    raw: bytes
    gas_price: int
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxTransaction:
    """One `append`, with every signed copy ever made of it."""

    id: str
    kind: LogKind
    nonce: int
    old_size: int
    new_head: Head
    status_words: tuple[StatusWordUpdate, ...]
    state: TransactionState
    created_at: datetime
    copies: tuple[SignedCopy, ...] = field(default_factory=tuple)
    block_number: int | None = None
    block_hash: bytes | None = None
    failure: str | None = None
    """The contract's error name when it was mined and reverted."""


class OutboxReader(Protocol):
    def due_head(self, kind: LogKind) -> Head | None:
        """The newest integrated head that no unfinished or final transaction anchors yet."""

    def unfinished(self) -> tuple[OutboxTransaction, ...]:
        """Transactions in states signed, sent and mined, in nonce order."""

    def mined_above(self, block_number: int) -> tuple[OutboxTransaction, ...]:
        """Transactions, finished ones too, that were mined in a block above; in nonce order."""

    def highest_nonce(self) -> int | None: ...
    def depth(self) -> int:
        """Heads and transactions that wait, for metrics and back pressure."""


class OutboxWriter(OutboxReader, Protocol):
    def announce_head(self, kind: LogKind, head: Head, at: datetime) -> None:
        """The sequencer's wish that `head` be anchored, in the transaction that made it."""

    def create(self, transaction: OutboxTransaction) -> None:
        """Store with its first signed copy, BEFORE anything is sent."""

    def add_copy(self, transaction_id: str, copy: SignedCopy) -> None:
        """Store a bumped copy, BEFORE it is sent."""

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
        """Compare and swap. Raise ConflictError when the stored state is not `old`."""

    def note_sent(self, transaction_id: str, hash_: bytes, at: datetime) -> None: ...
    def settle_heads(self, kind: LogKind, epoch: int, tree_size: int) -> None:
        """Heads up to `tree_size` are anchored and final: they no longer wait."""

    def drop_unanchored(self, kind: LogKind) -> None:
        """Forget waiting heads (the log was reopened or the dev chain rewound)."""

    def drop_transactions(self, ids: Sequence[str]) -> None:
        """Forget transactions of a chain that no longer exists (dev chain rewound)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractHead:
    """The head that the contract itself states: the truth that reconciling ends on."""

    head: Head
    previous_size: int
    block_number: int
    root_hash: Digest
