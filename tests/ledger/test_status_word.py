"""Packed statuses: where a license's two bits stand, and which changes the contract would take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ConflictError, MalformedError
from ledger.status_word import (
    LICENSES_PER_WORD,
    WORD_BITS,
    StatusWord,
    pack_statuses,
    status_in,
    word_of,
)
from ledger.types import MAX_TREE_SIZE, Index, LicenseStatus, Position

STATUSES = st.sampled_from(LicenseStatus)
INDICES = st.integers(0, MAX_TREE_SIZE - 1)
POSITIONS = st.builds(Position, st.integers(0, 3), INDICES.map(Index))


def changing(index: int, status: LicenseStatus) -> StatusWord:
    (word,) = pack_statuses({Position(0, Index(index)): status}, reason=1)
    return word


def test_the_layout_is_the_drawn_one() -> None:
    word = changing(128 + 3, LicenseStatus.REVOKED)
    assert word == StatusWord(epoch=0, word_index=1, mask=0b11 << 6, values=0b10 << 6, reason=1)
    last = changing(127, LicenseStatus.SUPERSEDED)
    assert (last.word_index, last.mask) == (0, 0b11 << 254)
    assert status_in(0b11 << 254, 127) is LicenseStatus.SUPERSEDED
    assert status_in(0b01, 256) is LicenseStatus.SUSPENDED
    assert (word_of(127), word_of(128)) == (0, 1)


@given(st.dictionaries(POSITIONS, STATUSES, max_size=40))
def test_packing_loses_nothing(changes: dict[Position, LicenseStatus]) -> None:
    words = pack_statuses(changes, reason=2)
    unpacked = {
        Position(word.epoch, Index(index)): status
        for word in words
        for index, status in word.statuses().items()
    }
    assert unpacked == changes
    places = [(word.epoch, word.word_index) for word in words]
    assert places == sorted(set(places)), "a word for each place, in order"


@given(st.integers(0, 2**WORD_BITS - 1), st.integers(0, LICENSES_PER_WORD - 1), STATUSES)
def test_a_change_touches_its_license_only(word: int, index: int, status: LicenseStatus) -> None:
    old = status_in(word, index)
    change = changing(index, status)
    if status is old:
        with pytest.raises(ConflictError, match=rf"\[{index}\].*already"):
            change.applied_to(word, by_anchor_key=False)
        return
    changed = change.applied_to(word, by_anchor_key=False)
    assert status_in(changed, index) is status
    assert changed & ~change.mask == word & ~change.mask
    if old in (LicenseStatus.REVOKED, LicenseStatus.SUPERSEDED):
        with pytest.raises(ConflictError, match=rf"\[{index}\].*final"):
            change.applied_to(word, by_anchor_key=True)
    else:
        assert change.applied_to(word, by_anchor_key=True) == changed


@pytest.mark.parametrize(
    "wrong",
    [
        {"mask": 0, "values": 0},
        {"mask": 0b01},
        {"mask": 0b1011},
        {"mask": 0b11 << WORD_BITS},
        {"mask": -1},
        {"values": 0b100},
        {"values": -1},
        {"epoch": -1},
        {"epoch": 2**32},
        {"word_index": -1},
        {"word_index": MAX_TREE_SIZE // LICENSES_PER_WORD + 1},
        {"reason": 256},
        {"reason": -1},
    ],
)
def test_words_that_are_not_well_formed(wrong: dict[str, int]) -> None:
    good = {"epoch": 0, "word_index": 0, "mask": 0b11, "values": 0b01, "reason": 0}
    StatusWord(**good)
    with pytest.raises(MalformedError):
        StatusWord(**(good | wrong))


def test_nothing_to_change_is_no_word() -> None:
    assert pack_statuses({}, reason=1) == ()
