"""Reads the mirror and the catalogue for the public lists; decides nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from api.catalogue.schemas import (
    EpochOut,
    HeadOut,
    HeadsOut,
    LogOut,
    RegionOut,
    RegionsOut,
    TypeOut,
    TypesOut,
)
from api.context import ApiSettings
from api.paging import encode_cursor
from ledger.errors import NotFoundError
from ledger.hashing import type_hash
from ledger.keys import KeyId
from ledger.ports.database import ReadSession
from ledger.ports.mirror import RegionFacts
from ledger.types import AnchoredHead, LogKind, Region

Kind = Literal["licenses", "access"]


def read_regions(session: ReadSession, settings: ApiSettings) -> RegionsOut:
    """Every region as of the newest final block; none before the first block was mirrored."""
    position = session.mirror.position()
    if position is None:
        return RegionsOut(block_number=None, regions=[])
    at = position.final.number
    return RegionsOut(
        block_number=at,
        regions=[_region(facts, settings) for facts in session.mirror.regions(as_of=at)],
    )


def read_types(session: ReadSession) -> TypesOut:
    """The catalogue, with what the chain grants as of the newest final block."""
    position = session.mirror.position()
    at = 0 if position is None else position.final.number
    granted = {
        region.code: session.mirror.granted_types(region.code, at_block=at)
        for region in session.mirror.regions(as_of=at)
        if region.active
    }
    types = []
    for type_ in session.catalogue.all():
        digest = type_hash(type_.code)
        types.append(
            TypeOut.from_domain(
                type_,
                chain_level=session.mirror.type_level(digest, at_block=at),
                granted=[code for code, digests in granted.items() if digest in digests],
            )
        )
    return TypesOut(types=types)


def read_heads(session: ReadSession) -> HeadsOut:
    """The newest head of every log that has one."""
    position = session.mirror.position()
    if position is None:
        return HeadsOut(heads=[])
    heads = []
    for region in session.mirror.regions(as_of=position.newest.number):
        for kind in LogKind:
            head = session.mirror.newest_head(region.code, kind, as_of=position.newest.number)
            if head is not None:
                heads.append(_head(region.code, kind, head, position.final.number))
    return HeadsOut(heads=heads)


def read_log(
    session: ReadSession, region: Region, kind: LogKind, *, after: int, limit: int
) -> LogOut:
    """One log's anchored heads in blocks above `after`. Raise NotFoundError for no such region."""
    position = session.mirror.position()
    if position is None or session.mirror.region(region, as_of=position.newest.number) is None:
        raise NotFoundError(f"no region {region} is mirrored here; GET /v1/regions lists them")
    at = position.newest.number
    heads = session.mirror.heads(region, kind, as_of=at, after=after, limit=limit)
    return LogOut(
        lineage=[
            EpochOut(epoch=step.epoch, start_size=step.start_size)
            for step in session.mirror.lineage(region, kind, as_of=at)
        ],
        heads=[_head(region, kind, head, position.final.number) for head in heads],
        next=encode_cursor(heads[-1].block_number) if len(heads) == limit else None,
    )


def kind_name(kind: LogKind) -> Kind:
    """The log's name in URLs and answers."""
    return "licenses" if kind is LogKind.LICENSES else "access"


def _region(facts: RegionFacts, settings: ApiSettings) -> RegionOut:
    name = settings.region_names.get(facts.code)
    return RegionOut(
        code=facts.code,
        name_zh=None if name is None else name.zh,
        name_en=None if name is None else name.en,
        active=facts.active,
        endpoint=facts.endpoint,
        anchor_key=facts.anchor_key,
        signing_key=str(KeyId(facts.code, facts.signing_key.number)),
        is_here=facts.code == settings.region,
    )


def _head(region: Region, kind: LogKind, head: AnchoredHead, final: int) -> HeadOut:
    return HeadOut(
        region=region,
        kind=kind_name(kind),
        epoch=head.epoch,
        tree_size=head.tree_size,
        previous_size=head.previous_size,
        root_hash=head.root_hash.hex(),
        block_number=head.block_number,
        block_time=datetime.fromtimestamp(head.block_time, UTC),
        is_final=head.block_number <= final,
    )
