"""Gives pending licenses their positions in the region's log.

Covers step 2 of DESIGN §5: positions, tiles, head and the outbox row in one transaction, under a
lease whose fence is checked inside it, so that of two workers only one can ever commit.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.ports.accounts import Lease
from ledger.ports.clock import Clock
from ledger.ports.database import Database
from ledger.ports.log import LogName
from ledger.services.evidence import remembered_interior
from ledger.services.own_log import OwnLog
from ledger.tile_tree import TileTree
from ledger.types import Head, Index, LogKind, Region

SEQUENCER_LEASE = "sequencer"


@dataclass(frozen=True, slots=True)
class Sequenced:
    """What one round did."""

    count: int
    head: Head


class Sequencer:
    """One round at a time; a round that fails leaves nothing behind."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        region: Region,
        holder: str,
        batch: int = 5000,
        lease_seconds: int = 30,
    ) -> None:
        self._database = database
        self._clock = clock
        self._log = LogName(region, LogKind.LICENSES)
        self._own_log = OwnLog(region)
        self._holder = holder
        self._batch = batch
        self._lease_seconds = lease_seconds

    def take_lease(self) -> Lease | None:
        """The right to sequence, taken or renewed; None while another worker has it."""
        with self._database.write() as session:
            return session.accounts.take_lease(
                SEQUENCER_LEASE,
                self._holder,
                now=self._clock(),
                seconds=self._lease_seconds,
            )

    def has_work(self) -> bool:
        """Whether any license waits for a position."""
        with self._database.read() as session:
            return session.licenses.pending_count() > 0

    def round(self, lease: Lease) -> Sequenced:
        """Integrate up to one batch of pending licenses.

        Raise ConflictError on a lost lease, BusyError while the chain's head is not this log's.
        """
        with self._database.write() as session:
            # LOAD
            session.accounts.check_fence(lease)
            pending = session.licenses.pending(self._batch)
            old = session.log.head(self._log)
            if not pending:
                return Sequenced(0, old)
            self._own_log.anchored(session)
            # DECIDE
            tree = TileTree(
                read=lambda level, index: session.log.tile(self._log, level, index),
                tree_size=old.tree_size,
                interior=remembered_interior,
            )
            growth = tree.append([leaf for _, leaf in pending])
            new = Head(epoch=old.epoch, tree_size=growth.tree_size, root_hash=growth.root_hash)
            # STORE
            session.licenses.assign_positions(
                old.epoch, Index(old.tree_size), [license_id for license_id, _ in pending]
            )
            session.log.put_tiles(self._log, growth.tiles)
            session.log.replace_head(self._log, old, new)
            session.outbox.announce_head(self._log.kind, new, self._clock())
        return Sequenced(len(pending), new)
