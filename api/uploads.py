"""Bounds what large bodies may hold in memory at once, so that a flood of them is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from ledger.errors import BusyError

SLOT_BYTES: Final = 16 * (1 << 20)
"""A larger body takes several slots."""


class UploadSlots:
    """A count of large bodies in hand; used from the event loop only."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._free = most

    @contextmanager
    def taken(self, content_length: str | None, small: int) -> Iterator[None]:
        """Hold slots for a body of this stated length; one that is not stated takes one.

        A body of at most `small` bytes needs none. Raise BusyError when too few are free: nothing
        was read then. A body larger than all slots together waits for all to be free.
        """
        needed = self._needed(content_length, small)
        if needed > self._free:
            raise BusyError("too many large uploads at once; retry in a moment", retry_after=2)
        self._free -= needed
        try:
            yield
        finally:
            self._free += needed

    def _needed(self, content_length: str | None, small: int) -> int:
        if content_length is None or not content_length.isdecimal():
            return 1
        size = int(content_length[:20])
        return 0 if size <= small else max(1, min(self._most, -(-size // SLOT_BYTES)))
