"""Keeps a copy of every other region's logs, and knows which anchored heads nobody can back.

Covers the end of step 4 of DESIGN §5. A head on the chain is only a hash: a region could anchor
leaves that it never shows. So each final head's tiles are fetched from the region's node, the tree
is grown from them here, and only what makes exactly the anchored root is stored. A lost region can
be rebuilt from such a copy. Leaf hashes are salted, so a copy opens nothing.

Heads are taken one after the other in the order of the chain, so a copy is always one of them.
Where the chain no longer has a copy's head (a reopening disowned it, a development chain lost it),
the copy goes back to the newest live head that it holds, and grows from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from ledger.errors import InclusionError, MalformedError, PeerError, StoreError
from ledger.hashing import EMPTY_ROOT
from ledger.ports.clock import Clock
from ledger.ports.database import Database, ReadSession
from ledger.ports.log import LogName
from ledger.ports.mirror import RegionFacts
from ledger.ports.peers import Peers
from ledger.services.reconciling import tree_of
from ledger.tile_tree import Growth
from ledger.tiles import TILE_WIDTH, leaf_tile, split_hashes, tile_width
from ledger.types import AnchoredHead, Digest, EpochStart, Head, LogKind, Region

DEFAULT_PATIENCE: Final = timedelta(seconds=60)
_HEADS_PER_ROUND: Final = 50
"""Of one log; the next round goes on."""
_PAGE: Final = 200
"""Heads read from the mirror at once."""

_log = structlog.get_logger("ledger.replication")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbackedHead:
    """A final head for which no tiles came that make its root."""

    region: Region
    kind: LogKind
    epoch: int
    tree_size: int
    since: datetime
    """When this node first tried."""
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Replicated:
    """What one round did."""

    leaves: int
    """New leaf hashes stored."""
    behind: tuple[LogName, ...]
    """Logs whose newest final head is not held yet."""


@dataclass(slots=True)
class _Waiting:
    """A head that is being waited for."""

    head: UnbackedHead
    told: bool = field(default=False)


class Replicator:
    """One round at a time, by one process of the region. See the module's text."""

    def __init__(
        self,
        *,
        database: Database,
        peers: Peers,
        clock: Clock,
        region: Region,
        patience: timedelta = DEFAULT_PATIENCE,
    ) -> None:
        self._database = database
        self._peers = peers
        self._clock = clock
        self._region = region
        self._patience = patience
        self._waiting: dict[LogName, _Waiting] = {}

    @property
    def unbacked(self) -> tuple[UnbackedHead, ...]:
        """Heads that nobody could back for longer than the patience, for alerts."""
        now = self._clock()
        return tuple(
            one.head for one in self._waiting.values() if now - one.head.since >= self._patience
        )

    def round(self) -> Replicated:
        """Bring every copy up to its newest final head, as far as the regions' nodes answer."""
        with self._database.read() as session:
            position = session.mirror.position()
            if position is None:
                return Replicated(leaves=0, behind=())
            final = position.final.number
            others = [
                one for one in session.mirror.regions(as_of=final) if one.code != self._region
            ]
        leaves = 0
        behind: list[LogName] = []
        for peer in others:
            for kind in LogKind:
                gained, is_whole = self._follow(peer, LogName(peer.code, kind), final)
                leaves += gained
                if not is_whole:
                    behind.append(LogName(peer.code, kind))
        return Replicated(leaves=leaves, behind=tuple(behind))

    def _follow(self, peer: RegionFacts, log: LogName, final: int) -> tuple[int, bool]:
        """Grow one copy head by head; leaves gained, and whether it is up to date."""
        self._go_back(log, final)
        gained = 0
        with self._database.read() as session:
            held = session.log.head(log)
            heads = _heads_beyond(session, log, held, final)
        for head in heads:
            try:
                leaves = self._fetch(peer, log, held.tree_size, head.tree_size)
                held, count = self._store(log, held, head, leaves)
            except (PeerError, MalformedError) as error:
                self._note_unbacked(log, head, str(error))
                return gained, False
            gained += count
        if not heads:
            self._waiting.pop(log, None)
        return gained, len(heads) < _HEADS_PER_ROUND

    def _go_back(self, log: LogName, final: int) -> None:
        """Cut the copy back to a live head, unless it is one."""
        with self._database.read() as session:
            held = session.log.head(log)
            kept = _standing(session, log, held, final)
        if kept != held:
            with self._database.write() as session:
                session.log.truncate(log, kept.tree_size)
                session.log.replace_head(log, held, kept)

    def _fetch(self, peer: RegionFacts, log: LogName, begin: int, end: int) -> list[Digest]:
        """Leaf hashes [begin, end) as the region's node serves them. Nothing is believed yet."""
        leaves: list[Digest] = []
        at = begin
        while at < end:
            tile = leaf_tile(at)
            width = tile_width(tile, end)
            unverified = self._peers.tile(peer, log.kind, tile.level, tile.index, width)
            hashes = split_hashes(unverified)
            if len(hashes) < width:
                raise MalformedError(
                    f"tile {tile.level}/{tile.index} came with {len(hashes)} hashes, asked for "
                    f"were {width}"
                )
            leaves += hashes[at - tile.index * TILE_WIDTH : width]
            at = tile.index * TILE_WIDTH + width
        return leaves

    def _store(
        self, log: LogName, held: Head, head: AnchoredHead, leaves: list[Digest]
    ) -> tuple[Head, int]:
        """Grow the copy to `head`; raise MalformedError when the leaves make another root."""
        new = Head(epoch=head.epoch, tree_size=head.tree_size, root_hash=head.root_hash)
        with self._database.read() as session:
            growth = _grown(session, log, leaves)
        if growth.root_hash != head.root_hash:
            raise MalformedError(
                f"the tiles of size {head.tree_size} make root {growth.root_hash.hex()}, anchored "
                f"in block {head.block_number} is {head.root_hash.hex()}"
            )
        with self._database.write() as session:
            session.log.put_tiles(log, growth.tiles)
            session.log.replace_head(log, held, new)
        waiting = self._waiting.get(log)
        if waiting is not None and waiting.head.tree_size <= head.tree_size:
            del self._waiting[log]
        return new, len(leaves)

    def _note_unbacked(self, log: LogName, head: AnchoredHead, problem: str) -> None:
        now = self._clock()
        known = self._waiting.get(log)
        same = known is not None and known.head.tree_size == head.tree_size
        waiting = _Waiting(
            UnbackedHead(
                region=log.region,
                kind=log.kind,
                epoch=head.epoch,
                tree_size=head.tree_size,
                since=known.head.since if known is not None and same else now,
                problem=problem,
            ),
            told=known.told if known is not None and same else False,
        )
        self._waiting[log] = waiting
        if not waiting.told and now - waiting.head.since >= self._patience:
            waiting.told = True
            _log.error(
                "unbacked_head",
                region=log.region,
                log=log.kind.name.lower(),
                epoch=head.epoch,
                tree_size=head.tree_size,
                block=head.block_number,
                problem=problem,
            )


def _grown(session: ReadSession, log: LogName, leaves: list[Digest]) -> Growth:
    try:
        return tree_of(session, log).append(leaves)
    except InclusionError as error:
        raise StoreError(f"the copy of region {log.region} is damaged: {error}") from error


def _standing(session: ReadSession, log: LogName, held: Head, final: int) -> Head:
    """The newest live final head that the copy holds: `held` itself, unless the chain lost it."""
    if held.tree_size == 0:
        return held
    lineage = session.mirror.lineage(log.region, log.kind, as_of=final)
    own = session.mirror.anchored(log.region, log.kind, held.epoch, held.tree_size, as_of=final)
    if own is not None and own.root_hash == held.root_hash and _is_live_head(lineage, own):
        return held
    tree = tree_of(session, log)
    smaller = [
        head
        for head in _live_heads(session, log, final, after=-1)
        if head.tree_size <= held.tree_size
    ]
    for head in reversed(smaller):
        if tree.root_hash(head.tree_size) == head.root_hash:
            return Head(epoch=head.epoch, tree_size=head.tree_size, root_hash=head.root_hash)
    return Head(epoch=0, tree_size=0, root_hash=EMPTY_ROOT)


def _heads_beyond(session: ReadSession, log: LogName, held: Head, final: int) -> list[AnchoredHead]:
    """Live final heads larger than the copy, in the order in which they were anchored."""
    newest = session.mirror.newest_head(log.region, log.kind, as_of=final)
    if newest is None or newest.tree_size <= held.tree_size:
        return []
    own = session.mirror.anchored(log.region, log.kind, held.epoch, held.tree_size, as_of=final)
    found: list[AnchoredHead] = []
    size = held.tree_size
    for head in _live_heads(session, log, final, after=-1 if own is None else own.block_number):
        if head.tree_size > size:
            found.append(head)
            size = head.tree_size
        if len(found) == _HEADS_PER_ROUND:
            break
    return found


def _live_heads(
    session: ReadSession, log: LogName, final: int, *, after: int
) -> Iterator[AnchoredHead]:
    """All live final heads in blocks above `after`, in block order."""
    lineage = session.mirror.lineage(log.region, log.kind, as_of=final)
    while page := session.mirror.heads(log.region, log.kind, as_of=final, after=after, limit=_PAGE):
        yield from (head for head in page if _is_live_head(lineage, head))
        after = page[-1].block_number


def _is_live_head(lineage: tuple[EpochStart, ...], head: AnchoredHead) -> bool:
    """Whether all leaves of the head are still live: no reopening cut off some of them."""
    later = [step.start_size for step in lineage if step.epoch > head.epoch]
    return any(step.epoch == head.epoch for step in lineage) and head.tree_size <= min(
        later, default=head.tree_size
    )
