"""The tiles and heads of logs: this region's own, and copies of every other region's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ledger.types import Head, LogKind, Region


@dataclass(frozen=True, slots=True)
class LogName:
    """One region's log of one kind."""

    region: Region
    kind: LogKind


class LogReader(Protocol):
    """Reads tiles of 256 hashes (C2SP tlog-tiles, level L holds roots of 256^L leaves)."""

    def head(self, log: LogName) -> Head:
        """What is held of the log; a log nobody wrote to has epoch 0, size 0 and the empty root."""

    def tile(self, log: LogName, level: int, index: int) -> bytes:
        """Concatenated hashes, 1-256 of them. Raise StoreError when a held tile is missing."""


class LogWriter(LogReader, Protocol):
    """Writes within one transaction."""

    def put_tiles(self, log: LogName, tiles: dict[tuple[int, int], bytes]) -> None:
        """Store tiles by (level, index); a partial tile grows in place."""

    def replace_head(self, log: LogName, old: Head, new: Head) -> None:
        """Compare and swap. Raise ConflictError when the stored head is not `old`."""

    def truncate(self, log: LogName, tree_size: int) -> None:
        """Cut tiles back to the first `tree_size` leaves (a reopened log or a rewound dev chain).

        The caller then replaces the head. Levels above 0 are cut likewise.
        """
