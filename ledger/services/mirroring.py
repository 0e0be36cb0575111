"""Follows the chain block by block into this node's own copy, and believes only what is proved.

Covers step 4 of DESIGN §5. One round: find the newest block that chain and mirror share, go back to
it if the chain went another way, read on from there, prove, note what is final.

What is decided here:

- the chain went back within what was not final: rewind, atomically, with the outbox transactions
  that stood in the blocks (they are sent again, the same bytes in nonce order);
- it replaced a final block: halt, durably, `FinalityBrokenError`; people must look. Only where the
  rule says that a restart may lose final blocks (a development chain), and the client was restarted
  or stands behind, is this a rewind like any other;
- it has another beginning: `WrongChainError`;
- it contradicts itself (`InconsistentChainError`): nothing is advanced over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ledger.errors import (
    ChainUnavailableError,
    FinalityBrokenError,
    ReorgError,
    WrongChainError,
)
from ledger.ports.chain import ChainReader
from ledger.ports.clock import Clock
from ledger.ports.database import Database, WriteSession
from ledger.ports.mirror import MirrorPosition
from ledger.ports.outbox import TransactionState
from ledger.services.status_proofs import StatusProofs
from ledger.types import BlockRef

NOTE_EVERY: Final = timedelta(seconds=1)
"""How often it is noted that the client answers while no block comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What one round did."""

    blocks: int
    """Blocks read and applied."""
    rewound: int
    """Blocks taken back before that."""
    newest: int
    final: int
    behind: int
    """Blocks that the chain is ahead; the next round goes on at once if there are any."""


class Mirror:
    """One round at a time, by one process of the region. See the module's text."""

    def __init__(
        self,
        *,
        database: Database,
        chain: ChainReader,
        clock: Clock,
        first_block: int = 0,
        batch: int = 200,
        batches_per_round: int = 5,
    ) -> None:
        self._database = database
        self._chain = chain
        self._clock = clock
        self._first_block = first_block
        """Where a new mirror begins; no event of the contracts is before it."""
        self._batch = batch
        """Blocks of one transaction."""
        self._round_size = batch * batches_per_round
        self._proofs = StatusProofs(database, chain)
        self._run: bytes | None = None
        """The client's run that this mirror last followed; None before the first good round."""
        self._noted_at: datetime | None = None

    def round(self) -> Followed:
        """Follow as far as one round goes.

        Raise FinalityBrokenError while halted, WrongChainError for another chain,
        InconsistentChainError and ReorgError where the client contradicts itself or the chain moved
        meanwhile (the next round starts afresh), ChainUnavailableError when it does not answer.
        """
        with self._database.read() as session:
            position = session.mirror.position()
        if position is not None and position.halted is not None:
            raise FinalityBrokenError(f"the mirror stands still: {position.halted}")
        if self._run is None:
            self._begin(position)
        newest = self._chain.newest()
        shared = None if position is None else self._shared_block(position, newest)
        rewound = 0
        if position is not None and shared is not None and shared != position.newest:
            rewound = position.newest.number - shared.number
            self._go_back(position, shared, newest)
        first = self._first_block if shared is None else shared.number + 1
        last = min(newest.number, first + self._round_size - 1)
        reached = self._read_on(shared, first, last)
        return Followed(
            blocks=last - first + 1,
            rewound=rewound,
            newest=reached.number,
            final=self._conclude(reached, newest, moved=rewound > 0 or last >= first),
            behind=newest.number - reached.number,
        )

    def resume(self) -> None:
        """Follow again, after people looked at why it was halted."""
        with self._database.write() as session:
            session.mirror.resume()
        self._run = None

    def _begin(self, position: MirrorPosition | None) -> None:
        """The first round of this process: is it the right chain, and what is still to prove?"""
        self._chain.verify_identity()
        if position is None:
            return
        with self._database.read() as session:
            after_final = range(position.final.number + 1, position.newest.number + 1)
            mirrored = [session.mirror.block(number) for number in after_final]
        try:
            blocks = [block for block in mirrored if block is not None]
            for block in self._chain.blocks_with_events(blocks):
                self._proofs.note_unproved(block, self._chain.events(block))
        except ReorgError:
            return  # the chain no longer has them: the round that follows goes back over them

    # --- where chain and mirror part ------------------------------------------------------------

    def _shared_block(self, position: MirrorPosition, newest: BlockRef) -> BlockRef:
        """The newest mirrored block that the chain has too."""
        number = min(position.newest.number, newest.number)
        while number >= self._first_block:
            with self._database.read() as session:
                mirrored = session.mirror.block(number)
            on_chain = newest if number == newest.number else self._chain.block(number)
            if mirrored is None:
                break
            if on_chain is not None and on_chain.hash == mirrored.hash:
                return mirrored
            number -= 1
        self._chain.verify_identity()
        raise WrongChainError(
            f"the chain has none of the blocks from {number + 1} to {position.newest.number} that "
            "this node mirrored: it is another chain. Check the RPC address; a new chain needs a "
            "new database"
        )

    def _go_back(self, position: MirrorPosition, shared: BlockRef, newest: BlockRef) -> None:
        """Rewind to `shared`, or halt."""
        run = self._chain.restart_mark()
        is_behind = newest.number < position.newest.number
        if run is None and is_behind and shared.number == newest.number:
            # It lacks our newest blocks and contradicts none of them.
            raise ChainUnavailableError(
                f"the chain's client is at block {newest.number}, the mirror at "
                f"{position.newest.number}; wait until it has caught up"
            )
        may_lose = run is not None and (is_behind or run != self._run)
        if shared.number < position.final.number and not may_lose:
            self._halt(position, shared)
        self._chain.verify_identity()
        with self._database.write() as session:
            session.mirror.rewind(shared.number)
            put_back(session, shared.number)
        self._run = run
        self._proofs.forget_above(shared.number)

    def _halt(self, position: MirrorPosition, shared: BlockRef) -> None:
        reason = (
            f"block {shared.number + 1}, which was final, is another one now: the chain goes on "
            f"differently after block {shared.number} {shared.hash.hex()}, the mirror had reached "
            f"block {position.newest.number} {position.newest.hash.hex()}"
        )
        with self._database.write() as session:
            session.mirror.halt(reason)
        raise FinalityBrokenError(reason)

    # --- reading on -----------------------------------------------------------------------------

    def _read_on(self, shared: BlockRef | None, first: int, last: int) -> BlockRef:
        """Read, prove and store the blocks [first, last]; the last block that is then stored."""
        reached = shared
        for begin in range(first, last + 1, self._batch):
            blocks = self._chain.blocks(begin, min(begin + self._batch - 1, last))
            if reached is not None and blocks[0].parent_hash != reached.hash:
                raise ReorgError(f"block {begin} does not follow from block {reached.number}")
            self._store(blocks)
            reached = blocks[-1]
        if reached is None:
            raise ChainUnavailableError(
                f"the chain has no block {self._first_block} yet, with which the mirror begins"
            )
        return reached

    def _store(self, blocks: list[BlockRef]) -> None:
        """Apply all in one transaction; each block with all its events or not at all."""
        wanted = self._chain.blocks_with_events(blocks)
        complete = self._proofs.complete({block: self._chain.events(block) for block in wanted})
        with self._database.write() as session:
            empty: list[BlockRef] = []
            for block in blocks:
                if block.number not in complete:
                    empty.append(block)
                    continue
                session.mirror.apply_empty(empty)
                session.mirror.apply(block, complete[block.number])
                empty = []
            session.mirror.apply_empty(empty)

    # --- what is final --------------------------------------------------------------------------

    def _conclude(self, reached: BlockRef, newest: BlockRef, *, moved: bool) -> int:
        """Prove what could not be proved before; note finality, and that the client answered."""
        if reached.number == newest.number:
            self._proofs.prove_late(reached)
        final = self._proofs.limit(min(self._chain.final_number(newest), reached.number))
        final = max(final, self._first_block)
        now = self._clock()
        if moved or self._noted_at is None or now - self._noted_at >= NOTE_EVERY:
            with self._database.write() as session:
                session.mirror.advance(final=final, checked_at=now)
            self._noted_at = now
        if self._run is None:
            self._run = self._chain.restart_mark() or b""
        return final


def put_back(session: WriteSession, to_block: int) -> None:
    """Transactions that were mined above `to_block` are on their way again, unchanged."""
    for transaction in session.outbox.mined_above(to_block):
        if transaction.state is not TransactionState.SENT:
            session.outbox.replace_state(transaction.id, transaction.state, TransactionState.SENT)
