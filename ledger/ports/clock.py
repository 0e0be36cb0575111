"""Time and randomness, handed in so that the domain reads neither."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

Clock = Callable[[], datetime]
"""The present instant, timezone-aware, UTC."""

RandomBytes = Callable[[int], bytes]
"""As many unpredictable bytes as asked for, from the system's source."""
