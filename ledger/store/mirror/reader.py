"""Everything that can be read of the mirror (`ledger.ports.mirror.MirrorReader`)."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.ports.mirror import MirrorPosition
from ledger.store.mirror.authority import AuthorityReader
from ledger.store.mirror.blocks import BlockReader
from ledger.store.mirror.heads import HeadReader
from ledger.store.mirror.regions import RegionReader
from ledger.store.mirror.statuses import StatusReader


class SqlMirrorReader(BlockReader, HeadReader, StatusReader, AuthorityReader, RegionReader):
    """Facts as of a block, each read one search in one index."""

    __slots__ = ()


class SnapshotMirrorReader(SqlMirrorReader):
    """The same inside one snapshot, where the position is asked for again and again."""

    __slots__ = ("_position",)

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._position: tuple[MirrorPosition | None] | None = None

    def position(self) -> MirrorPosition | None:
        if self._position is None:
            self._position = (super().position(),)
        return self._position[0]
