"""Bounds what large bodies may hold in memory at once, so that a flood of them is refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ledger.errors import BusyError


class UploadSlots:
    """A count of large bodies in hand; used from the event loop only."""

    def __init__(self, most: int) -> None:
        self._free = most

    @contextmanager
    def taken(self, content_length: str | None, small: int) -> Iterator[None]:
        """Hold a slot for a body that is stated to be `small` bytes at most, or not stated.

        Small bodies need none. Raise BusyError when no slot is free: nothing was read then.
        """
        if _is_small(content_length, small):
            yield
            return
        if not self._free:
            raise BusyError("too many large uploads at once; retry in a moment", retry_after=2)
        self._free -= 1
        try:
            yield
        finally:
            self._free += 1


def _is_small(content_length: str | None, small: int) -> bool:
    """Whether the stated length is a number of at most `small`."""
    if content_length is None or not content_length.isdecimal():
        return False
    return int(content_length[:20]) <= small
