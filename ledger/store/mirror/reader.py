"""Everything that can be read of the mirror (`ledger.ports.mirror.MirrorReader`)."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.ports.mirror import MirrorPosition
from ledger.store.mirror.authority import AuthorityReader
from ledger.store.mirror.blocks import BlockReader
from ledger.store.mirror.heads import HeadReader
from ledger.store.mirror.regions import RegionReader
from ledger.store.mirror.statuses import StatusReader
from ledger.types import AnchoredHead, LogKind, Position, Region


class SqlMirrorReader(BlockReader, HeadReader, StatusReader, AuthorityReader, RegionReader):
    """Facts as of a block, each read one search in one index."""

    __slots__ = ()


class SnapshotMirrorReader(SqlMirrorReader):
    """The same inside one snapshot, where the position is asked for again and again."""

    __slots__ = ("_covering", "_position")

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._position: tuple[MirrorPosition | None] | None = None
        self._covering: dict[tuple[Region, LogKind, int, int], AnchoredHead] = {}

    def position(self) -> MirrorPosition | None:
        if self._position is None:
            self._position = (super().position(),)
        return self._position[0]

    def first_covering_head(
        self, region: Region, kind: LogKind, position: Position, *, as_of: int
    ) -> AnchoredHead | None:
        head = super().first_covering_head(region, kind, position, as_of=as_of)
        if head is not None:
            self._covering[region, kind, head.epoch, head.tree_size] = head
        return head

    def anchored(
        self, region: Region, kind: LogKind, epoch: int, tree_size: int, *, as_of: int
    ) -> AnchoredHead | None:
        head = self._covering.get((region, kind, epoch, tree_size))
        if head is not None and head.block_number <= as_of:
            return head
        return super().anchored(region, kind, epoch, tree_size, as_of=as_of)
