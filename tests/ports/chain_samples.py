"""Announcements of the chain, and a way to have the mirror follow them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from ledger.chain_events import (
    Anchored,
    AuthoritySet,
    ChainEvent,
    EndpointSet,
    LogReopened,
    RegionKeySet,
)
from ledger.ports.database import Database
from ledger.ports.mirror import MirrorReader
from ledger.types import BlockRef, Index, LogKind, Position, Region
from tests.ports.databases import REGION
from tests.ports.samples import NOW, block, digest


def follow(
    database: Database,
    announced: Mapping[int, Sequence[ChainEvent]],
    *,
    final: int | None = None,
    fork: str = "",
    parent: BlockRef | None = None,
) -> None:
    """Apply the blocks from the first to the last number, each with what is announced in it."""
    with database.write() as session:
        for number in range(min(announced), max(announced) + 1):
            this = block(number, fork)
            if parent is not None:
                this = replace(this, parent_hash=parent.hash)
            session.mirror.apply(this, announced.get(number, ()))
            parent = None if parent is None else this
        if final is not None:
            session.mirror.advance(final=final, checked_at=NOW)


def anchored(
    previous_size: int, tree_size: int, *, epoch: int = 0, region: Region = REGION
) -> Anchored:
    return Anchored(
        region=region,
        kind=LogKind.LICENSES,
        epoch=epoch,
        tree_size=tree_size,
        previous_size=previous_size,
        root_hash=digest("root", epoch, tree_size),
    )


def reopened(epoch: int, parent_epoch: int, start_size: int) -> LogReopened:
    return LogReopened(
        region=REGION,
        kind=LogKind.LICENSES,
        epoch=epoch,
        parent_epoch=parent_epoch,
        start_size=start_size,
        root_hash=digest("root", parent_epoch, start_size),
    )


def authority(
    region: Region, announced: int, *, key: str = "", active: bool = True
) -> AuthoritySet:
    return AuthoritySet(
        region=region,
        since_block=announced + 1,
        anchor_key=key or f"0xAnchor{region}",
        active=active,
    )


def region_key(region: Region, announced: int, use: str, number: int = 0) -> RegionKeySet:
    return RegionKeySet(
        region=region,
        use=use,
        number=number,
        algorithm=1,
        public=digest(region, use, number),
        since_block=announced + 1,
    )


def endpoint(region: Region, announced: int, url: str = "") -> EndpointSet:
    return EndpointSet(
        region=region, url=url or f"https://{region}.example", since_block=announced + 1
    )


def found_region(region: Region, announced: int) -> list[ChainEvent]:
    """All that the contract announces when it admits a region."""
    return [
        authority(region, announced),
        region_key(region, announced, "signing"),
        region_key(region, announced, "encryption"),
        endpoint(region, announced),
    ]


def covering(mirror: MirrorReader, epoch: int, index: int, *, as_of: int) -> int | None:
    """Size of the first head that covers a position."""
    position = Position(epoch, Index(index))
    head = mirror.first_covering_head(REGION, LogKind.LICENSES, position, as_of=as_of)
    return None if head is None else head.tree_size
