"""A consortium's chain in memory: implements the chain ports, keeps history, misbehaves on request.

`SimulatedChain` is the client that a node reads from; `SimulatedAnchor` signs and sends for one
region. Blocks come when the test says so. What it can be told to do wrong:

    away                 no call is answered
    fail_send            the answer to the next transaction is lost, applied or not
    reorg, lose          other blocks in place of the newest ones; the newest ones gone (a restart)
    replace_genesis      another chain altogether
    keep_states          older states are gone, as after a restart
    lie_about_word       a proof that shows another status word
    contradict           receipts that do not make their root
    refuse_next          the next mined transaction reverts
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.chain_events import Announcement
from ledger.errors import (
    ChainUnavailableError,
    ConflictError,
    InconsistentChainError,
    OutcomeUnknownError,
    ReorgError,
    RevertedError,
    WrongChainError,
)
from ledger.hashing import sha256
from ledger.ports.chain import Receipt
from ledger.ports.outbox import ContractHead, SignedCopy, StatusWordUpdate
from ledger.types import BlockRef, Digest, Head, LogKind, Region
from tests.fakes.contract import Append, ContractState

GENESIS_TIME = 1_767_225_600


@dataclass(frozen=True)
class SimulatedTransaction:
    """A signed transaction as its raw bytes name it."""

    region: Region
    nonce: int
    gas_price: int
    call: Append | None
    """None: a transfer of nothing."""
    hash: bytes


@dataclass
class SimulatedBlock:
    """A block with all that it changed."""

    ref: BlockRef
    events: list[Announcement]
    state: ContractState
    nonces: dict[Region, int]
    transactions: list[tuple[SimulatedTransaction, str | None]]
    """With the error's name of those that reverted."""


@dataclass
class SimulatedChain:
    """See the module's text."""

    depth: int = 1
    survives_restart: bool = False
    away: bool = False
    contradict: bool = False
    keep_states: int | None = None
    refuse_next: str | None = None
    blocks_made: list[SimulatedBlock] = field(default_factory=list)
    pool: dict[tuple[Region, int], SimulatedTransaction] = field(default_factory=dict)
    signed: dict[bytes, SimulatedTransaction] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    """Hash of every transaction ever handed in."""
    fail_send: list[bool] = field(default_factory=list)
    """For each of the next sends whose answer is lost: whether it arrived."""
    lies: dict[tuple[Region, int, int], int] = field(default_factory=dict)
    _salt: int = 0
    _run: int = 1
    _identity: bytes = b""
    _announced: list[Announcement] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._add_block([], ContractState(), {}, [])
        self._identity = self.blocks_made[0].ref.hash

    # --- what a test does -----------------------------------------------------------------------

    @property
    def state(self) -> ContractState:
        return self.blocks_made[-1].state

    def announce(self, *events: Announcement) -> None:
        """Put these into the next block (governance, which is not simulated)."""
        self._announced.extend(events)

    def mine(self, count: int = 1) -> BlockRef:
        """Make blocks; the first takes every transaction whose turn it is."""
        for _ in range(count):
            self._mine_one()
        return self.blocks_made[-1].ref

    def drop_pool(self) -> None:
        """The client forgets what it has not mined."""
        self.pool.clear()

    def reorg(self, depth: int, *, keep: bool = True) -> None:
        """Replace the newest `depth` blocks by one more, with their transactions or without."""
        taken = self.blocks_made[-depth:]
        del self.blocks_made[-depth:]
        self._salt += 1
        if keep:
            for block in taken:
                for transaction, _ in block.transactions:
                    self.pool[transaction.region, transaction.nonce] = transaction
        self.mine(depth + 1)

    def lose(self, count: int) -> None:
        """The client was killed: its newest blocks and its pool are gone, others will come."""
        del self.blocks_made[-count:]
        self.pool.clear()
        self._salt += 1
        self._run += 1

    def replace_genesis(self) -> None:
        """Another chain, of the same length."""
        count = len(self.blocks_made)
        self.blocks_made.clear()
        self._salt += 1
        self._add_block([], ContractState(), {}, [])
        self.mine(count)

    def lie_about_word(self, region: Region, epoch: int, word_index: int, word: int) -> None:
        self.lies[region, epoch, word_index] = word

    # --- ChainReader ----------------------------------------------------------------------------

    def verify_identity(self) -> None:
        self._answer()
        if self.blocks_made[0].ref.hash != self._identity:
            raise WrongChainError("block 0 is another one than configured")

    def restart_mark(self) -> bytes | None:
        self._answer()
        return None if self.survives_restart else str(self._run).encode()

    def newest(self) -> BlockRef:
        self._answer()
        return self.blocks_made[-1].ref

    def final_number(self, newest: BlockRef) -> int:
        return newest.number - self.depth

    def block(self, number: int) -> BlockRef | None:
        self._answer()
        return self.blocks_made[number].ref if number < len(self.blocks_made) else None

    def blocks(self, first: int, last: int) -> list[BlockRef]:
        self._answer()
        if last >= len(self.blocks_made):
            raise ReorgError(f"there is no block {last}")
        return [block.ref for block in self.blocks_made[first : last + 1]]

    def blocks_with_events(self, blocks: Sequence[BlockRef]) -> list[BlockRef]:
        return [block for block in blocks if self._known(block).events]

    def events(self, block: BlockRef) -> list[Announcement]:
        known = self._known(block)
        if self.contradict:
            raise InconsistentChainError("the receipts do not make their root")
        return list(known.events)

    def contract_head(self, region: Region, kind: LogKind) -> ContractHead | None:
        self._answer()
        return self.state.heads.get((region, kind))

    def status_word(
        self, region: Region, epoch: int, word_index: int, block: BlockRef
    ) -> int | None:
        key = (region, epoch, word_index)
        known = self._known(block)
        newest = self.blocks_made[-1].ref.number
        if self.keep_states is not None and newest - block.number >= self.keep_states:
            return None
        return self.lies.get(key, known.state.words.get(key, 0))

    # --- for SimulatedAnchor --------------------------------------------------------------------

    def nonce_of(self, region: Region) -> int:
        self._answer()
        return self.blocks_made[-1].nonces.get(region, 0)

    def would_refuse(self, call: Append) -> None:
        """Raise RevertedError if the contract would refuse the call now."""
        self._answer()
        self.state.copy().append(call, 0)

    def hand_in(self, transaction: SimulatedTransaction) -> None:
        self._answer()
        self.sent.append(transaction.hash)
        if self.fail_send:
            if self.fail_send.pop(0):
                self._accept(transaction)
            raise OutcomeUnknownError("the answer was lost")
        self._accept(transaction)

    def receipt(self, hash_: bytes) -> Receipt | None:
        self._answer()
        for block in self.blocks_made:
            for transaction, failure in block.transactions:
                if transaction.hash == hash_:
                    return Receipt(
                        block_number=block.ref.number,
                        block_hash=block.ref.hash,
                        succeeded=failure is None,
                        failure=failure,
                    )
        return None

    # --- inside ---------------------------------------------------------------------------------

    def _answer(self) -> None:
        if self.away:
            raise ChainUnavailableError("the client is away")

    def _known(self, block: BlockRef) -> SimulatedBlock:
        self._answer()
        if block.number < len(self.blocks_made):
            known = self.blocks_made[block.number]
            if known.ref.hash == block.hash:
                return known
        raise ReorgError(f"block {block.number} is gone")

    def _accept(self, transaction: SimulatedTransaction) -> None:
        key = (transaction.region, transaction.nonce)
        waiting = self.pool.get(key)
        if waiting is not None and waiting.hash == transaction.hash:
            return
        if transaction.nonce < self.nonce_of(transaction.region):
            raise ConflictError("nonce too low")
        least = 0 if waiting is None else max(waiting.gas_price + 1, waiting.gas_price * 11 // 10)
        if transaction.gas_price < least:
            raise ConflictError("replacement transaction underpriced")
        self.pool[key] = transaction

    def _mine_one(self) -> None:
        parent = self.blocks_made[-1]
        state, nonces = parent.state.copy(), dict(parent.nonces)
        events, self._announced = self._announced, []
        mined: list[tuple[SimulatedTransaction, str | None]] = []
        for region in sorted({region for region, _ in self.pool}):
            while (key := (region, nonces.get(region, 0))) in self.pool:
                transaction = self.pool.pop(key)
                nonces[region] = transaction.nonce + 1
                failure, refused = self._execute(transaction, state, events), self.refuse_next
                self.refuse_next = None
                mined.append((transaction, refused or failure))
        self._add_block(events, state, nonces, mined)

    def _execute(
        self, transaction: SimulatedTransaction, state: ContractState, events: list[Announcement]
    ) -> str | None:
        if transaction.call is None or self.refuse_next is not None:
            return None
        try:
            events += state.append(transaction.call, len(self.blocks_made))
        except RevertedError as error:
            return error.error
        return None

    def _add_block(
        self,
        events: list[Announcement],
        state: ContractState,
        nonces: dict[Region, int],
        mined: list[tuple[SimulatedTransaction, str | None]],
    ) -> None:
        number = len(self.blocks_made)
        parent = self.blocks_made[-1].ref.hash if self.blocks_made else bytes(32)
        ref = BlockRef(
            number=number,
            hash=sha256(parent + number.to_bytes(8, "big") + bytes([self._salt])),
            parent_hash=parent,
            time=GENESIS_TIME + number,
        )
        self.blocks_made.append(SimulatedBlock(ref, list(events), state, nonces, mined))


@dataclass
class SimulatedAnchor:
    """`AnchorChain` of one region on a `SimulatedChain`."""

    chain: SimulatedChain
    region: Region
    gas_price: int = 0

    def next_nonce(self) -> int:
        return self.chain.nonce_of(self.region)

    def sign_append(
        self,
        *,
        nonce: int,
        kind: LogKind,
        new_head: Head,
        proof: Sequence[Digest],
        status_words: Sequence[StatusWordUpdate],
        bump_over: int | None = None,
    ) -> SignedCopy:
        call = Append(self.region, kind, new_head, tuple(proof), tuple(status_words))
        self.chain.would_refuse(call)
        price = self.gas_price if bump_over is None else bump_over + max(1, bump_over // 8 + 1)
        return self._sign(nonce, price, call)

    def sign_nothing(self, *, nonce: int) -> SignedCopy:
        return self._sign(nonce, self.gas_price, None)

    def send(self, copy: SignedCopy) -> None:
        self.chain.hand_in(self.chain.signed[copy.hash])

    def receipt(self, hash_: bytes) -> Receipt | None:
        return self.chain.receipt(hash_)

    def _sign(self, nonce: int, gas_price: int, call: Append | None) -> SignedCopy:
        raw = repr((self.region, nonce, gas_price, call)).encode()
        transaction = SimulatedTransaction(self.region, nonce, gas_price, call, bytes(sha256(raw)))
        self.chain.signed[transaction.hash] = transaction
        return SignedCopy(hash=transaction.hash, raw=raw, gas_price=gas_price, sent_at=None)
