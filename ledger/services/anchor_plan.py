"""Decides what one `append` carries: how far the log is anchored, and which statuses change. Pure.

Rules, in their order:

- a replacement and the superseding of the old version go together: no head may cover a replacement
  whose superseding still waits without carrying it. Where there are more of them than one
  transaction takes, the head ends before the first replacement that does not fit;
- a change goes only with a head that covers its license;
- a change that stands on the chain already, or that the contract would refuse, is left out, so that
  it cannot hold up the others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from ledger.ports.licenses import StatusChange
from ledger.ports.outbox import StatusWordUpdate
from ledger.status_word import word_of
from ledger.types import EpochStart, LicenseStatus, Position

DEFAULT_MAX_WORDS: Final = 300
"""Status words of one transaction; 25,000 gas each when they are scattered."""

FINAL_STATUSES: Final = frozenset({LicenseStatus.REVOKED, LicenseStatus.SUPERSEDED})
"""From these the contract lets no region's change lead away."""
_BITS: Final = 2
_PER_WORD: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A waiting change with what is known of it."""

    change: StatusChange
    current: LicenseStatus
    """Status in the newest mirrored block."""
    replaced_at: int | None
    """Index of the license that replaces this one, for a superseding."""
    is_live: bool
    """False when its position was disowned by a reopening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendPlan:
    """What to anchor."""

    new_size: int
    words: tuple[StatusWordUpdate, ...]
    change_ids: tuple[str, ...]


def plan_append(
    *,
    anchored_size: int,
    due_size: int | None,
    candidates: Sequence[Candidate],
    is_complete: bool,
    max_words: int = DEFAULT_MAX_WORDS,
) -> AppendPlan | None:
    """The next append, or None when nothing is to be done.

    `candidates` are waiting changes, oldest first; `is_complete` is False when there are more of
    them than were looked at: the log then goes on only as far as those seen allow.
    """
    open_changes = [one for one in candidates if _is_open(one)]
    pairs = sorted(
        (one for one in open_changes if one.replaced_at is not None), key=_replacement_index
    )
    new_size = max(anchored_size, due_size or 0)
    if not is_complete:
        seen = _replacement_index(pairs[-1]) + 1 if pairs else 0
        new_size = max(anchored_size, min(new_size, seen))
    packed = _Words(max_words)
    for pair in pairs:
        if _replacement_index(pair) >= new_size:
            break
        if not packed.add(pair.change) and _replacement_index(pair) >= anchored_size:
            new_size = _replacement_index(pair)
            break
    for one in open_changes:
        if one.replaced_at is None and one.change.position.index < new_size:
            packed.add(one.change)
    if new_size == anchored_size and not packed.ids:
        return None
    return AppendPlan(new_size=new_size, words=packed.words(), change_ids=tuple(packed.ids))


def is_live(lineage: Iterable[EpochStart], position: Position) -> bool:
    """Whether the position was not disowned; `lineage` is the log's live one, oldest first."""
    found = False
    for step in lineage:
        if found:
            return position.index < step.start_size
        found = step.epoch == position.epoch and position.index >= step.start_size
    return found


def is_decided(current: LicenseStatus, change: StatusChange) -> bool:
    """Whether the chain says already what is asked for, or what it can never follow on."""
    return current is change.new or current in FINAL_STATUSES


def _is_open(candidate: Candidate) -> bool:
    superseding = candidate.change.new is LicenseStatus.SUPERSEDED
    return (
        candidate.is_live
        and not is_decided(candidate.current, candidate.change)
        and (candidate.replaced_at is not None or not superseding)
    )


def _replacement_index(candidate: Candidate) -> int:
    return -1 if candidate.replaced_at is None else candidate.replaced_at


@dataclass(slots=True)
class _Words:
    """Changes packed into whole words, at most so many."""

    limit: int
    ids: list[str] = field(default_factory=list)
    _packed: dict[tuple[int, int, int], tuple[int, int]] = field(default_factory=dict)
    """(mask, values) by (epoch, word index, reason)."""

    def add(self, change: StatusChange) -> bool:
        """False when no word is free for it."""
        index = change.position.index
        place = (change.position.epoch, word_of(index), change.reason_code)
        if place not in self._packed and len(self._packed) >= self.limit:
            return False
        mask, values = self._packed.get(place, (0, 0))
        shift = _BITS * (index % _PER_WORD)
        self._packed[place] = (mask | 3 << shift, values | change.new << shift)
        self.ids.append(change.id)
        return True

    def words(self) -> tuple[StatusWordUpdate, ...]:
        return tuple(
            StatusWordUpdate(
                epoch=epoch, word_index=word_index, mask=mask, values=values, reason=reason
            )
            for (epoch, word_index, reason), (mask, values) in sorted(self._packed.items())
        )
