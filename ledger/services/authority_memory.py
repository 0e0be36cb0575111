"""Remembers regions' authority at final blocks, which can't change any more.

Unless the chain loses final blocks, as a development chain does when its client is killed: what was
found in them is then forgotten. That is noticed by the newest final block alone, at the cost of one
look-up per new one, since every block names its parent: while the mirror still has the last one
seen, it has all that came before it.
"""

from __future__ import annotations

from typing import Final

from ledger.ports.database import ReadSession
from ledger.types import AnchoredHead, BlockRef, Region

MOST_REMEMBERED: Final = 4096

Known = dict[tuple[Region, str, AnchoredHead], tuple[bool, bool]]
"""(region active, type granted) by region, type code and the head whose block is meant."""


class AuthorityMemory:
    """Safe to share between threads: see `valid_in`."""

    __slots__ = ("_seen",)

    def __init__(self) -> None:
        self._seen: tuple[BlockRef, Known] | None = None

    def valid_in(self, session: ReadSession, final: BlockRef) -> Known:
        """What holds in a session whose newest final block is `final`.

        Pass it to `remember`. A session from before a loss of blocks and one from after it never
        have the same one.
        """
        seen = self._seen
        if seen is not None and seen[0] == final:
            return seen[1]
        known = seen[1] if seen is not None and _goes_on(session, seen[0], final) else {}
        self._seen = (final, known)
        return known

    @staticmethod
    def remember(
        known: Known, region: Region, type_code: str, anchor: AnchoredHead, found: tuple[bool, bool]
    ) -> None:
        """Keep what was found at the anchor's block, which must be final."""
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        known[region, type_code, anchor] = found


def _goes_on(session: ReadSession, seen: BlockRef, final: BlockRef) -> bool:
    """Whether `seen` is still in the chain that `final` ends."""
    return seen.number < final.number and session.mirror.block(seen.number) == seen
