"""`ledger.ports.chain.AnchorChain` over JSON-RPC: signs and sends `append` with the anchor key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from eth_utils.address import to_canonical_address

from ledger.chain import abi
from ledger.chain.identity import ChainIdentity
from ledger.chain.rpc import JsonRpc
from ledger.chain.transactions import (
    TRANSFER_GAS,
    Signer,
    estimate_gas,
    find_receipt,
    next_nonce,
    send,
)
from ledger.ports.chain import Receipt
from ledger.ports.outbox import SignedCopy, StatusWordUpdate
from ledger.types import Digest, Head, LogKind

_GAS_MARGIN_PERCENT: Final = 25
"""On top of the estimate: the chain may have moved on by the time the transaction is mined."""
_GAS_MARGIN: Final = 30_000
_BUMP_DIVISOR: Final = 8
"""A bump of an eighth, 12.5 %: clients ask for 10 % (anvil for 5 %)."""


@dataclass(frozen=True, slots=True)
class RpcAnchorChain:
    """One region's anchor key at work. Safe to share between threads."""

    rpc: JsonRpc
    identity: ChainIdentity
    signer: Signer
    gas_price: int
    """Wei; 0 on a chain without fees."""

    def next_nonce(self) -> int:
        return next_nonce(self.rpc, self.signer.address)

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
        payload = abi.function("LicenseLog", "append").encode_call(
            int(kind),
            new_head.tree_size,
            new_head.root_hash,
            list(proof),
            [
                (word.epoch, word.word_index, word.mask, word.values, word.reason)
                for word in status_words
            ],
        )
        to = self.identity.license_log
        needed = estimate_gas(self.rpc, sender=self.signer.address, to=to, payload=payload)
        return self.signer.sign(
            nonce=nonce,
            to=to,
            payload=payload,
            gas=needed + needed * _GAS_MARGIN_PERCENT // 100 + _GAS_MARGIN,
            gas_price=self.gas_price if bump_over is None else bumped(bump_over),
        )

    def sign_nothing(self, *, nonce: int) -> SignedCopy:
        return self.signer.sign(
            nonce=nonce,
            to=to_canonical_address(self.signer.address),
            payload=b"",
            gas=TRANSFER_GAS,
            gas_price=self.gas_price,
        )

    def send(self, copy: SignedCopy) -> None:
        send(self.rpc, copy)

    def receipt(self, hash_: bytes) -> Receipt | None:
        return find_receipt(self.rpc, hash_)


def bumped(gas_price: int) -> int:
    """The least price that replaces a transaction offering `gas_price` at every known client."""
    return gas_price + max(1, -(-gas_price // _BUMP_DIVISOR))
