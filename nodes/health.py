"""Looks at the node's parts for `/readyz`: each is named, and a part that fails says what to do."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.context import PartHealth
from ledger.errors import LedgerError
from ledger.ports.clock import Clock
from ledger.ports.database import Database
from ledger.ports.mirror import MirrorPosition
from ledger.services.sequencing import SEQUENCER_LEASE
from ledger.types import Region
from nodes.workers.heartbeats import Heartbeats

OK: Final = "ok"
LEAST_FREE_BYTES: Final = 64 << 20
"""Free space below which files may soon be refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeHealth:
    """The probe of one process (`api.context.HealthProbe`); never raises."""

    region: Region
    database: Database
    files: Path
    clock: Clock
    mirror_patience: float
    """Seconds without a sign of the chain after which the mirror is not ready."""
    heartbeats: Heartbeats | None
    """None in a process without workers: another one's lease is looked at instead."""
    chain_problem: Callable[[], str]
    unbacked: Callable[[], int]

    def parts(self) -> tuple[PartHealth, ...]:
        """Every part, in the order in which an operator should look at them."""
        return tuple(
            _part(name, look)
            for name, look in (
                ("database", self._database),
                ("file_store", self._file_store),
                ("chain", self.chain_problem),
                ("mirror", self._mirror),
                ("membership", self._membership),
                ("worker", self._worker),
            )
        )

    def unbacked_heads(self) -> int:
        """See the protocol."""
        return self.unbacked()

    def _database(self) -> str:
        self._position()
        return ""

    def _file_store(self) -> str:
        if not os.access(self.files, os.W_OK | os.X_OK):
            return "the folder of files cannot be written; check its owner and that it is mounted"
        free = shutil.disk_usage(self.files).free
        if free < LEAST_FREE_BYTES:
            return f"{free >> 20} MiB are free; make room before registrations are refused"
        return ""

    def _mirror(self) -> str:
        position = self._position()
        if position is None:
            return "no block was followed yet; wait, or check rpc_url"
        if position.halted is not None:
            return f"halted: {position.halted}; see docs/operations.md"
        silence = (self.clock() - position.checked_at).total_seconds()
        if silence > self.mirror_patience:
            return f"the chain was last seen {silence:.0f} s ago, at block {position.newest.number}"
        return ""

    def _membership(self) -> str:
        position = self._position()
        with self.database.read() as session:
            facts = (
                None
                if position is None
                else session.mirror.region(self.region, as_of=position.newest.number)
            )
        if facts is None:
            return f"the chain knows no region {self.region}; it must be admitted"
        return "" if facts.active else f"region {self.region} is not active on the chain"

    def _worker(self) -> str:
        if self.heartbeats is not None:
            return "; ".join(self.heartbeats.late())
        with self.database.read() as session:
            lease = session.accounts.lease(SEQUENCER_LEASE)
        if lease is None or lease.expires_at <= self.clock():
            return "no process works for this region; start `node run` or its worker"
        return ""

    def _position(self) -> MirrorPosition | None:
        with self.database.read() as session:
            return session.mirror.position()


def _part(name: str, look: Callable[[], str]) -> PartHealth:
    try:
        problem = look()
    except (LedgerError, OSError) as error:
        problem = f"cannot be looked at: {error}"
    return PartHealth(name=name, is_ready=not problem, detail=problem or OK)
