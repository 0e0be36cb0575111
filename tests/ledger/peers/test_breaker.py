"""Who failed again and again rests for a while, is tried once, and is taken back."""

from __future__ import annotations

from ledger.peers.breaker import Breaker, BreakerSettings

SETTINGS = BreakerSettings(failures=3, pause_seconds=10.0)


def broken(at: float = 100.0) -> Breaker:
    breaker = Breaker(SETTINGS)
    for _ in range(3):
        assert breaker.wait(at) == 0
        breaker.failed(at)
    return breaker


def test_it_opens_after_failures_in_a_row() -> None:
    breaker = Breaker(SETTINGS)
    for _ in range(5):
        breaker.failed(0.0)
        breaker.failed(0.0)
        breaker.succeeded()
    assert breaker.wait(0.0) == 0
    assert broken().wait(100.0) == 10.0
    assert broken().wait(104.0) == 6.0


def test_one_call_tries() -> None:
    breaker = broken()
    assert breaker.wait(110.0) == 0
    assert breaker.wait(110.0) == 10.0
    breaker.succeeded()
    assert breaker.wait(110.0) == breaker.wait(110.0) == 0


def test_a_failed_trial_opens_it_again() -> None:
    breaker = broken()
    assert breaker.wait(110.0) == 0
    breaker.failed(112.0)
    assert breaker.wait(112.0) == 10.0
    assert breaker.wait(122.0) == 0


def test_a_trial_that_nobody_reports_on_holds_others_back_for_one_pause_only() -> None:
    breaker = broken()
    assert breaker.wait(110.0) == 0
    assert breaker.wait(119.0) == 1.0
    assert breaker.wait(120.0) == 0
