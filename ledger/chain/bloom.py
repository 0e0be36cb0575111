"""The bloom filter of a header's logs (Ethereum Yellow Paper §4.3.1): it rules events out.

A filter that lacks an address proves, under the header's hash, that no contract at this address
announced anything in the block. One that has it proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ledger.hashing import keccak256

SIZE: Final = 256
"""Bytes."""
_BITS: Final = 8 * SIZE - 1
"""Mask of a bit's number: 11 bits."""


def bits_of(item: bytes) -> int:
    """The three bits that an address or a topic sets."""
    digest = keccak256(item)
    bits = 0
    for at in (0, 2, 4):
        bits |= 1 << (int.from_bytes(digest[at : at + 2], "big") & _BITS)
    return bits


def bloom_of(items: Iterable[bytes]) -> bytes:
    """The filter of all addresses and topics in `items`."""
    bits = 0
    for item in items:
        bits |= bits_of(item)
    return bits.to_bytes(SIZE, "big")


def may_hold(bloom: bytes, item_bits: int) -> bool:
    """False when the filter rules out the item with these bits (`bits_of`)."""
    return int.from_bytes(bloom, "big") & item_bits == item_bits
