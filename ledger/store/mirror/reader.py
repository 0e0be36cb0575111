"""Everything that can be read of the mirror (`ledger.ports.mirror.MirrorReader`)."""

from __future__ import annotations

from ledger.store.mirror.authority import AuthorityReader
from ledger.store.mirror.blocks import BlockReader
from ledger.store.mirror.heads import HeadReader
from ledger.store.mirror.regions import RegionReader
from ledger.store.mirror.statuses import StatusReader


class SqlMirrorReader(BlockReader, HeadReader, StatusReader, AuthorityReader, RegionReader):
    """Facts as of a block, each read one search in one index."""

    __slots__ = ()
