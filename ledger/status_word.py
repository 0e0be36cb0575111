"""Packed license statuses: two bits each, 128 to a word (the value type of `StatusWords.sol`).

Index i of a log stands in word i // 128, in the pair of bits 2 * (i % 128):

    | 255 254 |  …  |  3   2  |  1   0 |        0 in force   1 suspended
    | 128w+127|  …  | 128w+1  |  128w  |        2 revoked    3 superseded

A `StatusWord` changes up to 128 neighbours at once: the pairs in `mask` become those in `values`.
The rules are those by which the contract refuses a change, so that a node knows the answer before
it sends: whole pairs, nothing outside the mask, no change that changes nothing, and for the anchor
key no way back from revoked and superseded. Which positions are live is the chain's to say.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.errors import ConflictError, MalformedError
from ledger.types import MAX_TREE_SIZE, LicenseStatus, Position

LICENSES_PER_WORD = 128

WORD_BITS = 256

_ALL = (1 << WORD_BITS) - 1
_LOW = _ALL // 3
"""The low bit of every pair."""
_HIGH = _LOW << 1
"""The high bit of every pair: set means final."""

_MAX_EPOCH = 2**32 - 1
_MAX_WORD_INDEX = MAX_TREE_SIZE // LICENSES_PER_WORD
_MAX_REASON = 2**8 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWord:
    """One change of neighbouring statuses, as the contract takes it. Always well formed."""

    epoch: int
    word_index: int
    mask: int
    """Both bits of every license that changes."""
    values: int
    """What they become; zero elsewhere."""
    reason: int
    """A code of the consortium's catalogue; the chain only reports it."""

    def __post_init__(self) -> None:
        """Raise `MalformedError` for what the contract would refuse whatever stands there."""
        _require_range("epoch", self.epoch, _MAX_EPOCH)
        _require_range("word index", self.word_index, _MAX_WORD_INDEX)
        _require_range("mask", self.mask, _ALL)
        _require_range("reason", self.reason, _MAX_REASON)
        if self.mask == 0:
            raise MalformedError("the mask names no license")
        if self.mask != (self.mask & _LOW) * 3:
            raise MalformedError(f"the mask {self.mask:#x} names half a status")
        if self.values < 0 or self.values & ~self.mask:
            raise MalformedError(f"values {self.values:#x} reach outside the mask {self.mask:#x}")

    def statuses(self) -> dict[int, LicenseStatus]:
        """The indices that change, in their order, and what each becomes."""
        first = self.word_index * LICENSES_PER_WORD
        return {
            first + pair: LicenseStatus(self.values >> 2 * pair & 3)
            for pair in range(LICENSES_PER_WORD)
            if self.mask >> 2 * pair & 1
        }

    def applied_to(self, word: int, *, by_anchor_key: bool) -> int:
        """The word after the change.

        Raise `ConflictError` where the contract refuses it: a license that already is what it is
        to become or, for the anchor key, one whose status is final.
        """
        changed = word & ~self.mask | self.values
        difference = word ^ changed
        unchanged = self.mask & _LOW & ~(difference | difference >> 1)
        if unchanged:
            raise ConflictError(f"licenses {self._indices(unchanged)} have this status already")
        final = (word & self.mask & _HIGH) >> 1
        if by_anchor_key and final:
            raise ConflictError(
                f"licenses {self._indices(final)} are revoked or superseded, which is final for "
                "the anchor key; the region's admin can correct it"
            )
        return changed

    def _indices(self, low_bits: int) -> list[int]:
        first = self.word_index * LICENSES_PER_WORD
        return [first + pair for pair in range(LICENSES_PER_WORD) if low_bits >> 2 * pair & 1]


def status_in(word: int, index: int) -> LicenseStatus:
    """The status of leaf `index` in its word (`word_of(index)`)."""
    return LicenseStatus(word >> 2 * (index % LICENSES_PER_WORD) & 3)


def word_of(index: int) -> int:
    """Number of the word in which leaf `index` stands."""
    return index // LICENSES_PER_WORD


def pack_statuses(
    changes: Mapping[Position, LicenseStatus], *, reason: int
) -> tuple[StatusWord, ...]:
    """Group changes into as few words as they need, ordered by epoch and word."""
    masks: dict[tuple[int, int], int] = {}
    values: dict[tuple[int, int], int] = {}
    for position, status in changes.items():
        place = (position.epoch, word_of(position.index))
        shift = 2 * (position.index % LICENSES_PER_WORD)
        masks[place] = masks.get(place, 0) | 3 << shift
        values[place] = values.get(place, 0) | status << shift
    return tuple(
        StatusWord(
            epoch=epoch,
            word_index=word_index,
            mask=masks[epoch, word_index],
            values=values[epoch, word_index],
            reason=reason,
        )
        for epoch, word_index in sorted(masks)
    )


def _require_range(name: str, value: int, limit: int) -> None:
    if not 0 <= value <= limit:
        raise MalformedError(f"{name} {value} is not between 0 and {limit}")
