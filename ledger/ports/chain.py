"""The chain as the services need it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.chain_events import Announcement
from ledger.ports.outbox import ContractHead, SignedCopy, StatusWordUpdate
from ledger.types import BlockRef, Digest, Head, LogKind, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a transaction that was mined."""

    block_number: int
    block_hash: bytes
    succeeded: bool
    failure: str | None
    """Name of the contract's custom error when it reverted and the client tells it."""


class ChainReader(Protocol):
    """Follows the chain. Every method raises ChainUnavailableError when the client is away."""

    def verify_identity(self) -> None:
        """Raise WrongChainError unless chain id, genesis and contract code are the configured."""

    def restart_mark(self) -> bytes | None:
        """What names the client's run, where a restart of the client can lose final blocks.

        None under every rule by which a final block stays: a development chain's client loses what
        it had not yet written to disk, a consortium's does not.
        """

    def newest(self) -> BlockRef: ...
    def final_number(self, newest: BlockRef) -> int:
        """Number of the newest final block under the configured finality rule; below 0: none."""

    def block(self, number: int) -> BlockRef | None: ...
    def blocks(self, first: int, last: int) -> list[BlockRef]:
        """Consecutive blocks, parent hashes checked. Raise ReorgError when they don't chain."""

    def blocks_with_events(self, blocks: Sequence[BlockRef]) -> list[BlockRef]:
        """Those of `blocks` whose header does not rule out events of the contracts."""

    def events(self, block: BlockRef) -> list[Announcement]:
        """All that the two contracts announced in `block`, in order.

        The block's receipts are hashed to its receiptsRoot first; raise InconsistentChainError
        when they don't match, so that a client cannot hide an event, and ReorgError when the
        client has another block in its place by now.
        """

    def contract_head(self, region: Region, kind: LogKind) -> ContractHead | None:
        """The contract's own newest head; None before the first anchor."""

    def status_word(
        self, region: Region, epoch: int, word_index: int, block: BlockRef
    ) -> int | None:
        """The word as `eth_getProof` proves it under the block's state root.

        None when the client does not keep the state of so old a block.
        """


class AnchorChain(Protocol):
    """Signs and sends `append` with the region's anchor key."""

    def next_nonce(self) -> int:
        """The account's nonce after all mined transactions."""

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
        """Sign without sending. `bump_over`: gas price of the copy to replace by >= 10 % more.

        Raise RevertedError when the contract would refuse it as the chain stands now.
        """

    def sign_nothing(self, *, nonce: int) -> SignedCopy:
        """A transfer of nothing to oneself, to fill a nonce gap. The same bytes each time."""

    def send(self, copy: SignedCopy) -> None:
        """Return once the client has it ("already known" counts).

        Raise OutcomeUnknownError when the reply was lost, RevertedError when the client refuses
        because the contract would, ConflictError when the nonce is used (maybe by this very
        transaction) or another transaction waits with it, ChainError otherwise.
        """

    def receipt(self, hash_: bytes) -> Receipt | None: ...
