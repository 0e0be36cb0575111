"""Tables of the durable outbox: heads to anchor, transactions, and every signed copy of them."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Index, SmallInteger
from sqlmodel import Field

from ledger.store.tables.columns import WITHOUT_ROWID, Instant, Number, Row, Word, table_of


class OutboxHeadRow(Row, table=True):
    """A head that the sequencer made and that is not yet final on the chain."""

    __tablename__: ClassVar[str] = "outbox_head"
    __table_args__ = (WITHOUT_ROWID,)

    kind: int = Field(primary_key=True, sa_type=SmallInteger)
    epoch: int = Field(primary_key=True, sa_type=Number)
    tree_size: int = Field(primary_key=True, sa_type=Number)
    root_hash: bytes
    announced_at: datetime = Field(sa_type=Instant)


class OutboxTransactionRow(Row, table=True):
    """One `append` (`ledger.ports.outbox.OutboxTransaction`)."""

    __tablename__: ClassVar[str] = "outbox_transaction"
    __table_args__ = (Index(None, "kind", "epoch", "tree_size"),)

    id: str = Field(primary_key=True)
    kind: int = Field(sa_type=SmallInteger)
    nonce: int = Field(sa_type=Number, index=True)
    old_size: int = Field(sa_type=Number)
    epoch: int = Field(sa_type=Number)
    tree_size: int = Field(sa_type=Number)
    root_hash: bytes
    state: str = Field(index=True)
    created_at: datetime = Field(sa_type=Instant)
    block_number: int | None = Field(sa_type=Number, index=True)
    block_hash: bytes | None
    failure: str | None


class OutboxWordRow(Row, table=True):
    """One status word that a transaction sets."""

    __tablename__: ClassVar[str] = "outbox_word"

    transaction_id: str = Field(
        primary_key=True, foreign_key="outbox_transaction.id", ondelete="CASCADE"
    )
    ordinal: int = Field(primary_key=True, sa_type=Number)
    epoch: int = Field(sa_type=Number)
    word_index: int = Field(sa_type=Number)
    mask: int = Field(sa_type=Word)
    word_values: int = Field(sa_type=Word)
    reason: int = Field(sa_type=Number)


class OutboxCopyRow(Row, table=True):
    """One signed form of a transaction, kept from before it was first sent."""

    __tablename__: ClassVar[str] = "outbox_copy"

    transaction_id: str = Field(
        primary_key=True, foreign_key="outbox_transaction.id", ondelete="CASCADE"
    )
    ordinal: int = Field(primary_key=True, sa_type=Number)
    hash: bytes = Field(unique=True)
    raw: bytes
    gas_price: int = Field(sa_type=Word)
    sent_at: datetime | None = Field(sa_type=Instant)


OUTBOX_HEAD = table_of(OutboxHeadRow)
OUTBOX_TRANSACTION = table_of(OutboxTransactionRow)
OUTBOX_WORD = table_of(OutboxWordRow)
OUTBOX_COPY = table_of(OutboxCopyRow)
