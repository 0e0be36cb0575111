"""Receipts, encoded again and hashed to the root that their block's header states.

A client could leave out a log, or a whole receipt, and nobody would miss it. So no log is believed
before all receipts of its block, in their order, make up the header's `receiptsRoot`: the trie of
RLP receipts by RLP index, typed receipts (EIP-2718) with their type in front.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import rlp
from trie.hexary import HexaryTrie

from ledger.chain.bloom import bloom_of
from ledger.chain.wire import Json, data, items, members, quantity
from ledger.errors import InconsistentChainError

EMPTY_TRIE_ROOT: Final = bytes.fromhex(
    "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
)
"""Root of a trie without entries: keccak256 of the RLP of the empty string."""

_ADDRESS_SIZE: Final = 20
_TOPIC_SIZE: Final = 32
_MAX_TYPE: Final = 0x7F


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One announcement of a contract."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class MinedReceipt:
    """What the receipts root commits to about one transaction."""

    type: int
    succeeded: bool
    cumulative_gas: int
    logs: tuple[Log, ...]

    def encode(self) -> bytes:
        """The bytes that stand in the trie (EIP-658, EIP-2718)."""
        seen = [item for log in self.logs for item in (log.address, *log.topics)]
        logs = [[log.address, list(log.topics), log.data] for log in self.logs]
        body: bytes = rlp.encode([int(self.succeeded), self.cumulative_gas, bloom_of(seen), logs])
        return body if self.type == 0 else bytes([self.type]) + body


def parse_receipt(unverified_receipt: Json) -> MinedReceipt:
    """Read one receipt; raise InconsistentChainError when it has not the form of one."""
    said = members(unverified_receipt, "a receipt")
    kind = quantity(said.get("type", "0x0"), "a receipt's type")
    status = quantity(said.get("status"), "a receipt's status")
    if kind > _MAX_TYPE or status > 1:
        raise InconsistentChainError(f"there is no receipt of type {kind} with status {status}")
    return MinedReceipt(
        type=kind,
        succeeded=status == 1,
        cumulative_gas=quantity(said.get("cumulativeGasUsed"), "cumulative gas"),
        logs=tuple(_parse_log(log) for log in items(said.get("logs"), "a receipt's logs")),
    )


def receipts_root(receipts: Sequence[MinedReceipt]) -> bytes:
    """Root of the trie of all receipts of a block, in the order of its transactions."""
    trie = HexaryTrie({})
    for at, receipt in enumerate(receipts):
        trie[rlp.encode(at)] = receipt.encode()
    return bytes(trie.root_hash)


def _parse_log(unverified_log: Json) -> Log:
    said = members(unverified_log, "a log")
    return Log(
        address=data(said.get("address"), "a log's address", size=_ADDRESS_SIZE),
        topics=tuple(
            data(topic, "a log's topic", size=_TOPIC_SIZE)
            for topic in items(said.get("topics"), "a log's topics")
        ),
        data=data(said.get("data"), "a log's data"),
    )
