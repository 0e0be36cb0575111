"""How many anonymous verifiers' questions one region may pass on (in this process's memory)."""

from __future__ import annotations

import math
import time

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import CollectorRegistry, Counter

from api.problems import TooManyRequestsError
from ledger.types import Region


class FindBudget:
    """Counts every question by the region that passes it on; nothing of the question is kept."""

    def __init__(self, rate: str, registry: CollectorRegistry) -> None:
        """`rate` in the notation of `limits`, such as `600/minute`; empty: no limit."""
        self._item: RateLimitItem | None = parse(rate) if rate else None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._questions = Counter(
            "ledger_peer_questions_total",
            "Anonymous verifiers' questions passed on by another region, by region and outcome.",
            ("region", "outcome"),
            registry=registry,
        )

    def take(self, region: Region) -> None:
        """Count one question; raise TooManyRequestsError when the region's budget is spent."""
        if self._item is not None and not self._limiter.hit(self._item, region):
            self._questions.labels(region, "refused").inc()
            reset = self._limiter.get_window_stats(self._item, region).reset_time
            wait = max(1, math.ceil(reset - time.time()))
            raise TooManyRequestsError(
                f"{region} passed on more than {self._item} questions; wait {wait} s",
                retry_after=wait,
            )
        self._questions.labels(region, "answered").inc()
