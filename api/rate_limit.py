"""How often someone without a token may ask (kept in this process's memory, see `limits`)."""

from __future__ import annotations

import math
import time
from ipaddress import IPv6Address, ip_address
from typing import Final, NoReturn

from fastapi import Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.problems import TooManyRequestsError

_IPV6_NETWORK_BITS: Final = 64
"""One subscriber has a whole /64, so it counts as one address."""


class RateLimit:
    """At most so many calls in a sliding window for each client address."""

    def __init__(
        self, rate: str, *, counted: str = "calls", advice: str = ", or use a verifier's token"
    ) -> None:
        """`rate` in the notation of `limits`, such as `60/minute`; empty: no limit.

        `counted` and `advice` are words for who exceeds it.
        """
        self._item: RateLimitItem | None = parse(rate) if rate else None
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._counted = counted
        self._advice = advice

    def hit(self, request: Request) -> None:
        """Count one call; raise TooManyRequestsError when it is one too many."""
        if self._item is not None and not self._limiter.hit(self._item, _client_of(request)):
            self._refuse(self._item, _client_of(request))

    def require_room(self, request: Request) -> None:
        """Raise TooManyRequestsError when one more would be one too many; count nothing."""
        if self._item is not None and not self._limiter.test(self._item, _client_of(request)):
            self._refuse(self._item, _client_of(request))

    def _refuse(self, item: RateLimitItem, who: str) -> NoReturn:
        reset = self._limiter.get_window_stats(item, who).reset_time
        wait = max(1, math.ceil(reset - time.time()))
        raise TooManyRequestsError(
            f"more {self._counted} than {item} from this address; wait {wait} s{self._advice}",
            retry_after=wait,
        )


def _client_of(request: Request) -> str:
    return _network_of(request.client.host if request.client else "")


def _network_of(host: str) -> str:
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(int(address) >> (128 - _IPV6_NETWORK_BITS))
