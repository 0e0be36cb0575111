"""The part of `fsck` about the licenses log: its tiles, and what is said of them elsewhere.

The log is rebuilt from its leaf hashes and compared with three statements of its head: the stored
one, the mirror's, and the contract's own. The first two lie in the same database as the log, so
whoever can rewrite it can rewrite them too; only the contract's binds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ledger.errors import MalformedError, StoreError
from ledger.hashing import EMPTY_ROOT
from ledger.ports.database import ReadSession
from ledger.ports.log import LogName
from ledger.ports.outbox import ContractHead
from ledger.tile_tree import TileTree
from ledger.tiles import TILE_WIDTH, split_hashes
from ledger.types import BlockRef, Digest, Head

_NEXT_STEP: Final = "stop the node and restore the database; the chain keeps what was anchored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that does not hold."""

    code: str
    """Stable: `entry_changed`, `not_in_log`, `root_differs`, `file_damaged` …"""
    where: str
    """The license, tile or head."""
    detail: str
    next_step: str


@dataclass(frozen=True, slots=True)
class Stated:
    """What the contract states of the log; None before its first anchor."""

    contract: ContractHead | None

    @property
    def head(self) -> Head:
        """Epoch, size and root; those of an empty log before the first anchor."""
        if self.contract is None:
            return Head(epoch=0, tree_size=0, root_hash=EMPTY_ROOT)
        return self.contract.head


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCheck:
    """What became of the tiles."""

    head: Head
    """As stored."""
    leaves: list[Digest]
    tree: TileTree | None
    """Rebuilt from `leaves` alone; None when a tile of them is missing."""
    findings: tuple[Finding, ...]


def check_tiles(session: ReadSession, log: LogName) -> LogCheck:
    """Rebuild the log from its leaf hashes; every stored tile and the root must follow from it."""
    head = session.log.head(log)
    leaves: list[Digest] = []
    try:
        for index in range((head.tree_size + TILE_WIDTH - 1) // TILE_WIDTH):
            leaves.extend(split_hashes(session.log.tile(log, 0, index)))
    except (StoreError, MalformedError) as error:
        missing = _finding("tile_missing", str(error))
        return LogCheck(head=head, leaves=leaves, tree=None, findings=(missing,))
    rebuilt = TileTree(read=_no_tile, tree_size=0).append(leaves[: head.tree_size])
    findings = []
    if rebuilt.root_hash != head.root_hash:
        findings.append(_finding("root_differs", "the tiles do not make the stored root"))
    for (level, index), tile in rebuilt.tiles.items():
        try:
            stored = session.log.tile(log, level, index)
        except StoreError:
            stored = b""
        if stored != tile:
            detail = f"tile {level}/{index} is not what the leaves make"
            findings.append(_finding("tile_differs", detail))
    tree = TileTree(
        read=lambda level, index: rebuilt.tiles[level, index], tree_size=rebuilt.tree_size
    )
    return LogCheck(head=head, leaves=leaves, tree=tree, findings=tuple(findings))


def mirrored_head(session: ReadSession, log: LogName) -> tuple[BlockRef, Head] | None:
    """The mirror's newest block and the log's head in it; None before the first block."""
    position = session.mirror.position()
    if position is None:
        return None
    as_of = position.newest.number
    epoch = session.mirror.lineage(log.region, log.kind, as_of=as_of)[-1].epoch
    found = session.mirror.newest_head(log.region, log.kind, as_of=as_of)
    return position.newest, Head(
        epoch=epoch,
        tree_size=0 if found is None else found.tree_size,
        root_hash=EMPTY_ROOT if found is None else found.root_hash,
    )


def compare_log(check: LogCheck, anchored: Head, *, by: str) -> Iterator[Finding]:
    """Findings unless the rebuilt log goes on from `anchored`, which `by` states."""
    if check.tree is None:
        return
    held = check.tree.tree_size
    if anchored.epoch > check.head.epoch:
        yield _finding(
            "epoch_behind_the_chain",
            f"{by} has the log in epoch {anchored.epoch}, the database in {check.head.epoch}",
        )
    if anchored.tree_size > held:
        yield _finding(
            "behind_the_chain", f"{by} has {anchored.tree_size} leaves, the database {held}"
        )
    elif check.tree.root_hash(anchored.tree_size) != anchored.root_hash:
        yield _finding(
            "root_not_on_chain",
            f"the first {anchored.tree_size} leaves do not make the root that {by} has",
        )


def compare_mirror(mirrored: tuple[BlockRef, Head] | None, stated: Stated) -> Iterator[Finding]:
    """A finding when the mirror has another head than the contract, and is not merely behind it.

    `stated` must have been read after `mirrored`.
    """
    if mirrored is None:
        return
    newest, head = mirrored
    contract = stated.contract
    if contract is not None and contract.block_number > newest.number:
        # The mirror cannot know this head yet, but it cannot be beyond it either.
        if (head.epoch, head.tree_size) < (contract.head.epoch, contract.head.tree_size):
            return
    elif head == stated.head:
        return
    yield Finding(
        code="mirror_differs",
        where=f"mirror at block {newest.number}",
        detail=f"it has a head of {head.tree_size} leaves, root {head.root_hash.hex()}; the "
        f"contract has {stated.head.tree_size}, root {stated.head.root_hash.hex()}",
        next_step="stop the node and find out who changed the database; then restore it",
    )


def _no_tile(level: int, index: int) -> bytes:
    raise StoreError(f"tile {level}/{index} is missing")


def _finding(code: str, detail: str) -> Finding:
    return Finding(code=code, where="licenses log", detail=detail, next_step=_NEXT_STEP)
