"""Finds out what became of transactions on their way, and pushes those that are still on it.

Covers step 3 of DESIGN §5 after a transaction was stored. The order of trust: the receipt of any
copy ever signed; where there is none although the nonce was used, the contract's head and the
mirror; never the memory of having sent something. A lost answer changes nothing: the same bytes are
sent again, in nonce order, until the chain shows what happened.

Crash windows: a copy is stored before it is sent, so whatever was sent is known; a state changes by
compare-and-swap after the chain showed it, so a crash in between only repeats the look.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ledger.errors import ConflictError, OutcomeUnknownError, RevertedError
from ledger.ports.chain import AnchorChain, ChainReader, Receipt
from ledger.ports.clock import Clock
from ledger.ports.database import Database, ReadSession
from ledger.ports.log import LogName
from ledger.ports.outbox import OutboxTransaction, SignedCopy, TransactionState
from ledger.services.evidence import remembered_interior
from ledger.tile_tree import TileTree
from ledger.types import Digest, Region

NONCE_TAKEN: Final = "NonceTaken"
"""`failure` of a transaction whose nonce another transaction used: it can never be mined."""

_ON_THE_WAY: Final = frozenset({TransactionState.SIGNED, TransactionState.SENT})


@dataclass(frozen=True, slots=True, kw_only=True)
class PushSettings:
    """How patiently a transaction is waited for."""

    resend_after: timedelta = timedelta(seconds=5)
    """The same bytes are sent again after this time."""
    stuck_after: timedelta = timedelta(seconds=30)
    """A transaction not mined for so long is bumped, where gas has a price."""
    max_copies: int = 12
    """Bumps stop here: four times the first price."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What one look found."""

    mined: tuple[str, ...] = ()
    reverted: tuple[str, ...] = ()


def is_on_the_way(transaction: OutboxTransaction) -> bool:
    """Signed or sent, and not known to be mined."""
    return transaction.state in _ON_THE_WAY


class Reconciler:
    """See the module's text. One at a time for each anchor key."""

    def __init__(
        self,
        *,
        database: Database,
        chain: ChainReader,
        anchor: AnchorChain,
        clock: Clock,
        region: Region,
        settings: PushSettings,
    ) -> None:
        self._database = database
        self._chain = chain
        self._anchor = anchor
        self._clock = clock
        self._region = region
        self._settings = settings

    def round(self) -> Reconciled:
        """One look at every transaction on its way, in nonce order."""
        with self._database.read() as session:
            unfinished = session.outbox.unfinished()
        under_way = [one for one in unfinished if is_on_the_way(one)]
        if not under_way:
            return Reconciled()
        used = self._anchor.next_nonce()
        gaps = set(range(used, under_way[0].nonce)) - {one.nonce for one in unfinished}
        if gaps and self._agrees_with_mirror():
            for nonce in sorted(gaps):
                self._fill_gap(nonce)
        mined: list[str] = []
        reverted: list[str] = []
        for transaction in under_way:
            receipt = self._receipt(transaction)
            if receipt is None and transaction.nonce < used:
                receipt = self._without_receipt(transaction)
            if receipt is None:
                if transaction.nonce >= used and self._push(transaction) is False:
                    reverted.append(transaction.id)
                continue
            self._note(transaction, receipt)
            (mined if receipt.succeeded else reverted).append(transaction.id)
        return Reconciled(mined=tuple(mined), reverted=tuple(reverted))

    def broadcast(self, transaction: OutboxTransaction, copy: SignedCopy) -> bool:
        """Send a stored copy; False when the contract refused it for good.

        Whatever else happens is left to the next look: the copy is stored.
        """
        try:
            self._anchor.send(copy)
        except (OutcomeUnknownError, ConflictError):
            return True
        except RevertedError as error:
            self._end(transaction, failure=error.error)
            return False
        with self._database.write() as session:
            session.outbox.note_sent(transaction.id, copy.hash, self._clock())
            if transaction.state is TransactionState.SIGNED:
                session.outbox.replace_state(
                    transaction.id, TransactionState.SIGNED, TransactionState.SENT
                )
        return True

    def _receipt(self, transaction: OutboxTransaction) -> Receipt | None:
        for copy in reversed(transaction.copies):
            receipt = self._anchor.receipt(copy.hash)
            if receipt is not None:
                return receipt
        return None

    def _note(self, transaction: OutboxTransaction, receipt: Receipt) -> None:
        if not receipt.succeeded:
            self._end(transaction, failure=receipt.failure or "unnamed", receipt=receipt)
            return
        with self._database.write() as session:
            session.outbox.replace_state(
                transaction.id,
                transaction.state,
                TransactionState.MINED,
                block_number=receipt.block_number,
                block_hash=receipt.block_hash,
            )

    def _end(
        self, transaction: OutboxTransaction, *, failure: str, receipt: Receipt | None = None
    ) -> None:
        """Reverted is a state of its own: its head is due again, its changes wait again."""
        with self._database.write() as session:
            session.outbox.replace_state(
                transaction.id,
                transaction.state,
                TransactionState.REVERTED,
                block_number=None if receipt is None else receipt.block_number,
                block_hash=None if receipt is None else receipt.block_hash,
                failure=failure,
            )
            changes = session.licenses.status_changes_of(transaction.id)
            session.licenses.carry_status_changes(
                [change.id for change in changes if not change.done], None
            )

    # --- a used nonce without a receipt ---------------------------------------------------------

    def _without_receipt(self, transaction: OutboxTransaction) -> Receipt | None:
        """What the contract and the mirror say; None while it is too early to tell."""
        head = self._chain.contract_head(self._region, transaction.kind)
        block_number: int | None = None
        if head is not None and head.head == transaction.new_head and _is_growth(transaction):
            block_number = head.block_number
        if block_number is None:
            with self._database.read() as session:
                block_number = self._mirrored_at(session, transaction)
        if block_number is not None:
            block = self._chain.block(block_number)
            if block is None:
                return None
            return Receipt(
                block_number=block_number, block_hash=block.hash, succeeded=True, failure=None
            )
        if self._clock() - _last_sent(transaction) < self._settings.stuck_after:
            return None
        self._end(transaction, failure=NONCE_TAKEN)
        return None

    def _mirrored_at(self, session: ReadSession, transaction: OutboxTransaction) -> int | None:
        """The block in which the mirror sees the transaction's whole effect."""
        position = session.mirror.position()
        if position is None:
            return None
        at = position.newest.number
        if _is_growth(transaction):
            new = transaction.new_head
            anchored = session.mirror.anchored(
                self._region, transaction.kind, new.epoch, new.tree_size, as_of=at
            )
            if anchored is None or anchored.root_hash != new.root_hash:
                return None
            return anchored.block_number
        words = (
            session.mirror.status_word(self._region, word.epoch, word.word_index, as_of=at)
            & word.mask
            == word.values
            for word in transaction.status_words
        )
        return at if all(words) else None

    # --- pushing --------------------------------------------------------------------------------

    def _agrees_with_mirror(self) -> bool:
        """Whether the client still has the newest mirrored block.

        One that lost blocks lost nonces with them, which belong to stored transactions: the mirror
        puts those back on their way first, and what is then missing is a gap.
        """
        with self._database.read() as session:
            position = session.mirror.position()
        return position is not None and (
            self._chain.block(position.newest.number) == position.newest
        )

    def _fill_gap(self, nonce: int) -> None:
        """Let the nonce be used by nothing, since no stored transaction has it.

        Not stored: its bytes are the same each time, and it has no effect.
        """
        try:
            self._anchor.send(self._anchor.sign_nothing(nonce=nonce))
        except (OutcomeUnknownError, ConflictError):
            return

    def _push(self, transaction: OutboxTransaction) -> bool:
        """Send again what was not mined yet; False when the contract refuses it for good."""
        newest = transaction.copies[-1]
        age = self._clock() - _last_sent(transaction)
        if newest.sent_at is None or transaction.state is TransactionState.SIGNED:
            return self.broadcast(transaction, newest)
        can_bump = newest.gas_price > 0 and len(transaction.copies) < self._settings.max_copies
        if age >= self._settings.stuck_after and can_bump:
            bumped = self._bump(transaction, newest)
            return True if bumped is None else self.broadcast(transaction, bumped)
        if age >= self._settings.resend_after:
            return self.broadcast(transaction, newest)
        return True

    def _bump(self, transaction: OutboxTransaction, newest: SignedCopy) -> SignedCopy | None:
        """A copy with the same nonce that pays more, stored; None when it is not needed."""
        with self._database.read() as session:
            proof = consistency_proof(session, LogName(self._region, transaction.kind), transaction)
        try:
            copy = self._anchor.sign_append(
                nonce=transaction.nonce,
                kind=transaction.kind,
                new_head=transaction.new_head,
                proof=proof,
                status_words=transaction.status_words,
                bump_over=newest.gas_price,
            )
        except RevertedError:
            return None  # it may just have been mined: the next look tells
        with self._database.write() as session:
            session.outbox.add_copy(transaction.id, copy)
        return copy


def consistency_proof(
    session: ReadSession, log: LogName, transaction: OutboxTransaction
) -> list[Digest]:
    """The proof that goes with a stored transaction, from the log's own tiles."""
    old, new = transaction.old_size, transaction.new_head.tree_size
    return tree_of(session, log).consistency_proof(old, new) if 0 < old < new else []


def tree_of(session: ReadSession, log: LogName) -> TileTree:
    """The tree of all that is held of a log."""
    return TileTree(
        read=lambda level, index: session.log.tile(log, level, index),
        tree_size=session.log.head(log).tree_size,
        interior=remembered_interior,
    )


def _is_growth(transaction: OutboxTransaction) -> bool:
    """Whether it anchors a new head; otherwise it only changes statuses."""
    return transaction.new_head.tree_size > transaction.old_size


def _last_sent(transaction: OutboxTransaction) -> datetime:
    times = [copy.sent_at for copy in transaction.copies if copy.sent_at is not None]
    return max(times, default=transaction.created_at)
