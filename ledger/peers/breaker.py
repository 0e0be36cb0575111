"""A circuit breaker: who failed again and again is not asked for a while.

    closed ──failures──▶ open ──pause over──▶ one trial ──succeeded──▶ closed
                          ▲                       │
                          └───────failed──────────┘

Not thread-safe: one event loop uses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerSettings:
    """When to stop asking, and for how long."""

    failures: int = 5
    """Failures in a row that open it."""
    pause_seconds: float = 10.0
    """Time until one call is let through to try."""


_NEVER: Final = float("-inf")


class Breaker:
    """Counts one peer's failures. `now` is any clock that only goes forward, in seconds."""

    __slots__ = ("_failures", "_retry_at", "_settings", "_trial_until")

    def __init__(self, settings: BreakerSettings) -> None:
        self._settings = settings
        self._failures = 0
        self._retry_at = _NEVER
        self._trial_until = _NEVER

    def wait(self, now: float) -> float:
        """Seconds until the next call may go out; 0 lets this one go.

        While open after its pause, one call at a time goes out to try. One that is never reported
        on stops holding others back after another pause.
        """
        if self._failures < self._settings.failures:
            return 0.0
        if now < (held_until := max(self._retry_at, self._trial_until)):
            return held_until - now
        self._trial_until = now + self._settings.pause_seconds
        return 0.0

    def succeeded(self) -> None:
        """The peer answered as it must."""
        self._failures = 0
        self._retry_at = self._trial_until = _NEVER

    def failed(self, now: float) -> None:
        """No usable answer came."""
        self._failures += 1
        self._trial_until = _NEVER
        if self._failures >= self._settings.failures:
            self._retry_at = now + self._settings.pause_seconds
