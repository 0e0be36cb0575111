"""This node's own copy of what the chain says, kept with its history by block number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ledger.chain_events import ChainEvent, RegionKeySet
from ledger.types import (
    AnchoredHead,
    BlockRef,
    Digest,
    EpochStart,
    LicenseStatus,
    LogKind,
    Position,
    Region,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MirrorPosition:
    """How far the mirror has followed the chain."""

    newest: BlockRef
    final: BlockRef
    """Newest block that the chain's finality rule calls final."""
    checked_at: datetime
    """When the chain client last answered consistently with this."""
    halted: str | None
    """Why the mirror stopped for people to look; None while it follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionFacts:
    """A region as of one block."""

    code: Region
    active: bool
    anchor_key: str
    endpoint: str
    signing_key: RegionKeySet
    encryption_key: RegionKeySet


class MirrorReader(Protocol):
    """Facts as of a block: `as_of` is the last block whose events count. None means absent."""

    def position(self) -> MirrorPosition | None:
        """None before the first block was applied."""

    def block(self, number: int) -> BlockRef | None: ...
    def block_at(self, time: int) -> BlockRef | None:
        """The newest final block whose time is at or before `time` (seconds since 1970)."""

    def anchored(
        self, region: Region, kind: LogKind, epoch: int, tree_size: int, *, as_of: int
    ) -> AnchoredHead | None: ...
    def newest_head(self, region: Region, kind: LogKind, *, as_of: int) -> AnchoredHead | None: ...
    def first_covering_head(
        self, region: Region, kind: LogKind, position: Position, *, as_of: int
    ) -> AnchoredHead | None:
        """The head of `position.epoch` with previous_size <= index < tree_size."""

    def heads(
        self, region: Region, kind: LogKind, *, as_of: int, after: int, limit: int
    ) -> tuple[AnchoredHead, ...]:
        """Anchored heads in block order, those in blocks above `after` first."""

    def lineage(self, region: Region, kind: LogKind, *, as_of: int) -> tuple[EpochStart, ...]:
        """The live epochs, oldest first; ((0, 0),) for a log that was never reopened."""

    def region_active(self, region: Region, *, at_block: int) -> bool: ...
    def type_granted(self, region: Region, type_hash: Digest, *, at_block: int) -> bool:
        """The type is active and the region may issue it, both effective in `at_block`."""

    def type_level(self, type_hash: Digest, *, at_block: int) -> int | None: ...
    def granted_types(self, region: Region, *, at_block: int) -> frozenset[Digest]: ...
    def status(self, region: Region, position: Position, *, as_of: int) -> LicenseStatus: ...
    def status_word(self, region: Region, epoch: int, word_index: int, *, as_of: int) -> int: ...
    def regions(self, *, as_of: int) -> tuple[RegionFacts, ...]:
        """Every region ever admitted, in code order."""

    def region(self, code: Region, *, as_of: int) -> RegionFacts | None: ...
    def region_by_anchor_key(self, address: str, *, as_of: int) -> Region | None: ...
    def signing_key(self, region: Region, number: int, *, as_of: int) -> RegionKeySet | None: ...


class MirrorWriter(MirrorReader, Protocol):
    """One block is one transaction: its events apply together with it or not at all."""

    def apply(self, block: BlockRef, events: Sequence[ChainEvent]) -> None:
        """Append a block. Raise ReorgError when its parent is not the newest mirrored block."""

    def apply_empty(self, blocks: Sequence[BlockRef]) -> None:
        """Append consecutive blocks without events."""

    def rewind(self, to_block: int) -> None:
        """Forget every block above `to_block` and all that it said."""

    def advance(self, *, final: int, checked_at: datetime) -> None:
        """Note finality up to block `final` and that the client answered."""

    def halt(self, reason: str) -> None:
        """Stop following, durably, with the evidence in words."""

    def resume(self) -> None: ...
