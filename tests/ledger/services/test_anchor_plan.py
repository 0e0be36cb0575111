"""What one append carries: pairs stay together, and nothing holds up the rest."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from ledger.ports.licenses import StatusChange
from ledger.services.anchor_plan import Candidate, is_live, plan_append
from ledger.types import EpochStart, Index, LicenseStatus, Position

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def _candidate(
    index: int,
    new: LicenseStatus = LicenseStatus.REVOKED,
    *,
    current: LicenseStatus = LicenseStatus.IN_FORCE,
    replaced_at: int | None = None,
    live: bool = True,
    reason: int = 1,
) -> Candidate:
    change = StatusChange(
        id=f"c{index}",
        license_id=f"l{index}",
        position=Position(0, Index(index)),
        old=current,
        new=new,
        reason_code=reason,
        sealed_reason=b"",
        office="",
        requested_at=NOW,
        transaction_id=None,
        done=False,
    )
    return Candidate(change=change, current=current, replaced_at=replaced_at, is_live=live)


def _superseding(index: int, replaced_at: int | None) -> Candidate:
    return _candidate(index, LicenseStatus.SUPERSEDED, replaced_at=replaced_at)


def test_nothing_to_do_is_no_append() -> None:
    assert plan_append(anchored_size=5, due_size=None, candidates=[], is_complete=True) is None
    assert plan_append(anchored_size=5, due_size=5, candidates=[], is_complete=True) is None


def test_neighbours_share_a_word_and_reasons_do_not() -> None:
    plan = plan_append(
        anchored_size=300,
        due_size=None,
        candidates=[_candidate(0), _candidate(127), _candidate(128), _candidate(1, reason=2)],
        is_complete=True,
    )
    assert plan is not None
    assert [(word.word_index, word.reason) for word in plan.words] == [(0, 1), (0, 2), (1, 1)]
    assert plan.words[0].mask == 3 | 3 << 254
    assert plan.words[0].values == 2 | 2 << 254


def test_a_change_beyond_the_head_waits() -> None:
    plan = plan_append(
        anchored_size=5, due_size=7, candidates=[_candidate(6), _candidate(7)], is_complete=True
    )
    assert plan is not None
    assert plan.change_ids == ("c6",)


def test_what_the_contract_would_refuse_holds_up_nothing() -> None:
    candidates = [
        _candidate(0, current=LicenseStatus.REVOKED),
        _candidate(1, LicenseStatus.SUSPENDED, current=LicenseStatus.SUPERSEDED),
        _candidate(2, live=False),
        _superseding(3, None),
        _candidate(4),
    ]
    plan = plan_append(anchored_size=9, due_size=None, candidates=candidates, is_complete=True)
    assert plan is not None
    assert plan.change_ids == ("c4",)


def test_a_lineage_decides_what_is_live() -> None:
    lineage = (EpochStart(0, 0), EpochStart(2, 10))
    assert is_live(lineage, Position(0, Index(9)))
    assert not is_live(lineage, Position(0, Index(10)))
    assert not is_live(lineage, Position(1, Index(3)))
    assert not is_live(lineage, Position(2, Index(9)))
    assert is_live(lineage, Position(2, Index(10)))


@given(
    anchored=st.integers(1, 200),
    growth=st.integers(0, 400),
    replaced=st.lists(st.tuples(st.integers(0, 999), st.integers(0, 600)), max_size=30),
    others=st.lists(st.integers(0, 900), max_size=30, unique=True),
    max_words=st.integers(1, 6),
    is_complete=st.booleans(),
)
def test_no_head_covers_a_replacement_without_its_superseding(  # noqa: PLR0917
    anchored: int,
    growth: int,
    replaced: list[tuple[int, int]],
    others: list[int],
    max_words: int,
    is_complete: bool,
) -> None:
    by_replacement = {new: old for old, new in replaced if old < new}
    pairs = {new: _superseding(old, new) for new, old in by_replacement.items()}
    candidates = [*pairs.values(), *(_candidate(index) for index in others)]
    plan = plan_append(
        anchored_size=anchored,
        due_size=anchored + growth,
        candidates=candidates,
        is_complete=is_complete,
        max_words=max_words,
    )
    if plan is None:
        return
    assert anchored <= plan.new_size <= anchored + growth
    assert len(plan.words) <= max_words
    carried = set(plan.change_ids)
    for new, pair in pairs.items():
        if anchored <= new < plan.new_size:
            assert pair.change.id in carried
    for one in candidates:
        if one.change.id in carried and one.replaced_at is None:
            assert one.change.position.index < plan.new_size
