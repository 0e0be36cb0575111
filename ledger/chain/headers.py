"""Block headers, rebuilt from what `eth_getBlockByNumber` answers and hashed again.

Clients have no common way to hand out a raw header, so its RLP is made from the JSON with whatever
fields it has (15 before London, more after each fork). The hash is never taken from the client:
it must equal the one computed here, so every field that is used later is bound by it.

How a header becomes its block hash depends on the consensus and is a strategy: `hash_whole` for
development chains, `hash_without_seals` for QBFT, whose headers differ from node to node in the
seals that each node happened to keep (`QBFT.md`). Who sealed a block is not decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import rlp
from rlp.exceptions import RLPException

from ledger.chain.wire import Json, data, items, members, quantity
from ledger.errors import InconsistentChainError
from ledger.hashing import keccak256
from ledger.types import BlockRef

FIELDS: Final[tuple[tuple[str, bool], ...]] = (
    # In the order of the header's RLP; True for a number, False for bytes.
    ("parentHash", False),
    ("sha3Uncles", False),
    ("miner", False),
    ("stateRoot", False),
    ("transactionsRoot", False),
    ("receiptsRoot", False),
    ("logsBloom", False),
    ("difficulty", True),
    ("number", True),
    ("gasLimit", True),
    ("gasUsed", True),
    ("timestamp", True),
    ("extraData", False),
    ("mixHash", False),
    ("nonce", False),
    ("baseFeePerGas", True),  # London
    ("withdrawalsRoot", False),  # Shanghai
    ("blobGasUsed", True),  # Cancun
    ("excessBlobGas", True),
    ("parentBeaconBlockRoot", False),
    ("requestsHash", False),  # Prague
)
_FRONTIER_FIELDS: Final = 15
"""Fields that every header has."""
_EXTRA_DATA: Final = 12
"""Place of `extraData`."""
_HASH_SIZE: Final = 32
_BLOOM_SIZE: Final = 256
_QBFT_ITEMS: Final = 5
"""Vanity, validators, vote, round, seals."""

HeaderField = int | bytes
HashRule = Callable[[list[HeaderField]], bytes]
"""From a header's fields, in their order, to its block hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """A block's header as far as it is used; its hash was computed here."""

    block: BlockRef
    state_root: bytes
    receipts_root: bytes
    bloom: bytes
    """256 bytes: which addresses and topics its logs may have."""
    transactions: tuple[bytes, ...]
    """Hashes as the client lists them. Not bound by the hash: receipts are, by their root."""


def parse_header(unverified_block: Json, hash_rule: HashRule) -> Header:
    """Read a block as `eth_getBlockByNumber` answers it, without full transactions.

    Raise InconsistentChainError when it has not the form of a block, or another hash than it says.
    """
    said = members(unverified_block, "a block")
    fields = header_fields(said)
    computed = hash_rule(fields)
    stated = data(said.get("hash"), "a block's hash", size=_HASH_SIZE)
    number = quantity(said["number"], "a block's number")
    if computed != stated:
        raise InconsistentChainError(
            f"block {number} hashes to {computed.hex()}, the client says {stated.hex()}; either it "
            "is wrong or its headers have fields that this version does not know"
        )
    return Header(
        block=BlockRef(
            number=number,
            hash=computed,
            parent_hash=data(said["parentHash"], "a parent hash", size=_HASH_SIZE),
            time=quantity(said["timestamp"], "a block's time"),
        ),
        state_root=data(said["stateRoot"], "a state root", size=_HASH_SIZE),
        receipts_root=data(said["receiptsRoot"], "a receipts root", size=_HASH_SIZE),
        bloom=data(said["logsBloom"], "a bloom filter", size=_BLOOM_SIZE),
        transactions=tuple(
            data(hash_, "a transaction's hash", size=_HASH_SIZE)
            for hash_ in items(said.get("transactions"), "the transactions of a block")
        ),
    )


def header_fields(said: Mapping[str, Json]) -> list[HeaderField]:
    """The header's fields in the order of its RLP."""
    fields: list[HeaderField] = []
    for at, (name, is_number) in enumerate(FIELDS):
        if said.get(name) is None and at >= _FRONTIER_FIELDS:
            continue
        value = said.get(name)
        fields.append(quantity(value, name) if is_number else data(value, name))
    return fields


def hash_whole(fields: list[HeaderField]) -> bytes:
    """Keccak-256 over the RLP of all fields: Ethereum's own rule, and that of anvil and Clique."""
    return keccak256(rlp.encode(fields))


def hash_without_seals(fields: list[HeaderField]) -> bytes:
    """QBFT's rule: the round becomes 0 and the seals an empty list, then as `hash_whole`.

    Raise InconsistentChainError when `extraData` is not QBFT's list of five (IBFT2's has another
    form and another rule).
    """
    extra = fields[_EXTRA_DATA]
    if not isinstance(extra, bytes):
        raise InconsistentChainError("extraData is not a byte string")
    try:
        parts = rlp.decode(extra)
    except RLPException as error:
        raise InconsistentChainError(f"extraData is not QBFT's: {error}") from error
    if not isinstance(parts, list) or len(parts) != _QBFT_ITEMS:
        raise InconsistentChainError("extraData is not QBFT's list of five items")
    vanity, validators, vote, _round, _seals = parts
    bare = rlp.encode([vanity, validators, vote, b"", []])
    return hash_whole([*fields[:_EXTRA_DATA], bare, *fields[_EXTRA_DATA + 1 :]])
