"""Draws that depend on a seed and on their own names, not on the order in which they are made.

So a sample stays the same when others are added, left out or made in another order; and with a
secret seed nobody can guess a draw, which is why check codes can come from here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from ledger.hashing import keyed_digest

_T = TypeVar("_T")


class Dice:
    """All draws of one seed."""

    __slots__ = ("_seed",)

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def random_bytes(self, name: str) -> bytes:
        """32 bytes, always the same for `name`."""
        return keyed_digest(self._seed, "devnet sample", name.encode())

    def below(self, bound: int, name: str) -> int:
        """A whole number from 0 to `bound` - 1. (256 bits over a small bound: no bias to see.)"""
        return int.from_bytes(self.random_bytes(name), "big") % bound

    def between(self, low: int, high: int, name: str) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + self.below(high - low + 1, name)

    def pick(self, options: Sequence[_T], name: str) -> _T:
        """One of `options`."""
        return options[self.below(len(options), name)]
