"""Signed legacy transactions (EIP-155) and what clients answer to them.

Legacy, with an explicit gas price: chains without fees take 0 and refuse fee-market transactions
(`QBFT.md`). Signatures are deterministic (RFC 6979): the same transaction is the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount

from ledger.chain.reverts import decode_revert, reverted
from ledger.chain.rpc import JsonRpc
from ledger.chain.wire import Json, data, members, quantity, to_data, to_quantity
from ledger.chain.wordings import Meaning
from ledger.errors import (
    ClientRefusedError,
    ConflictError,
    InconsistentChainError,
    OutcomeUnknownError,
)
from ledger.ports.chain import Receipt
from ledger.ports.outbox import SignedCopy

TRANSFER_GAS: Final = 21_000
"""Gas of a transfer without data (Yellow Paper, G_transaction)."""


@dataclass(frozen=True, slots=True)
class Signer:
    """One key on one chain."""

    account: LocalAccount
    chain_id: int

    @classmethod
    def from_key(cls, key: bytes, chain_id: int) -> Signer:
        """The signer with this secp256k1 key, 32 bytes."""
        return cls(Account.from_key(key), chain_id)

    @property
    def address(self) -> str:
        """Checksummed."""
        return str(self.account.address)

    def sign(
        self, *, nonce: int, to: bytes | None, payload: bytes, gas: int, gas_price: int
    ) -> SignedCopy:
        """Sign without sending; `to` None creates a contract."""
        signed = self.account.sign_transaction(
            {
                "chainId": self.chain_id,
                "nonce": nonce,
                "gasPrice": gas_price,
                "gas": gas,
                "to": b"" if to is None else to,
                "value": 0,
                "data": payload,
            }
        )
        return SignedCopy(
            hash=bytes(signed.hash),
            raw=bytes(signed.raw_transaction),
            gas_price=gas_price,
            sent_at=None,
        )


def send(rpc: JsonRpc, copy: SignedCopy) -> None:
    """Hand a copy to the client; see `ledger.ports.chain.AnchorChain.send`."""
    try:
        stated = data(rpc.send(to_data(copy.raw)), "a transaction's hash")
    except ClientRefusedError as error:
        if error.meaning == Meaning.ALREADY_KNOWN:
            return
        if error.meaning == Meaning.REVERTED:
            raise reverted(error) from error
        if error.meaning in (Meaning.NONCE_USED, Meaning.UNDERPRICED):
            raise ConflictError(str(error)) from error
        raise
    except InconsistentChainError as error:
        raise OutcomeUnknownError(
            f"the answer to a sent transaction is no hash: {error}"
        ) from error
    if stated != copy.hash:
        raise OutcomeUnknownError(
            f"the client calls a sent transaction {stated.hex()}, its hash is {copy.hash.hex()}"
        )


def next_nonce(rpc: JsonRpc, address: str) -> int:
    """How many transactions of the account were mined."""
    return quantity(rpc.read("eth_getTransactionCount", address, "latest"), "a nonce")


def estimate_gas(rpc: JsonRpc, *, sender: str, to: bytes, payload: bytes) -> int:
    """What the call would use now. Raise RevertedError when the contract would refuse it.

    On the newest block's state: the client's default is the pending one, where the transaction that
    is to be replaced has already had its effect.
    """
    try:
        answer = rpc.read("eth_estimateGas", _call(sender, to, payload), "latest")
    except ClientRefusedError as error:
        if error.meaning == Meaning.REVERTED:
            raise reverted(error) from error
        raise
    return quantity(answer, "an amount of gas")


def find_receipt(rpc: JsonRpc, hash_: bytes) -> Receipt | None:
    """What became of the transaction with this hash; None while it is not mined."""
    answer = rpc.read("eth_getTransactionReceipt", to_data(hash_))
    if answer is None:
        return None
    said = members(answer, "a receipt")
    number = quantity(said.get("blockNumber"), "a block's number")
    succeeded = quantity(said.get("status"), "a receipt's status") == 1
    return Receipt(
        block_number=number,
        block_hash=data(said.get("blockHash"), "a block's hash", size=32),
        succeeded=succeeded,
        failure=None if succeeded else _failure(rpc, hash_, said.get("revertReason"), number),
    )


def _failure(rpc: JsonRpc, hash_: bytes, stated: Json, block_number: int) -> str | None:
    """Name of the custom error: as the client states it, else by running the call again.

    Only a hint for people: the state before the block need not be the one that the transaction met.
    """
    try:
        if stated is not None:
            named = decode_revert(data(stated))
            return None if named is None else named.error
        sent = members(rpc.read("eth_getTransactionByHash", to_data(hash_)), "a transaction")
        call = {name: sent.get(name) for name in ("from", "to", "gas")}
        call["data"] = sent.get("input")
        rpc.read("eth_call", call, to_quantity(block_number - 1))
    except ClientRefusedError as error:
        return reverted(error).error if error.meaning == Meaning.REVERTED else None
    except InconsistentChainError:
        return None
    return None


def _call(sender: str, to: bytes, payload: bytes) -> dict[str, Json]:
    return {"from": sender, "to": to_data(to), "data": to_data(payload), "gasPrice": "0x0"}
