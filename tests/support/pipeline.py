"""A region's pipeline on real storage and a simulated chain, moved on step by step by the test."""

from __future__ import annotations

import itertools
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from ledger.chain_events import StatusWordChanged
from ledger.ports.accounts import Lease
from ledger.ports.licenses import LicenseRecord, StatusChange
from ledger.ports.outbox import OutboxTransaction, TransactionState
from ledger.services.anchoring import Submitted, Submitter, SubmitterSettings
from ledger.services.issuance import Registered
from ledger.services.mirroring import Mirror
from ledger.services.reconciling import PushSettings
from ledger.services.status import StatusAction, StatusReason
from ledger.types import LicenseState, LicenseStatus
from tests.fakes.consortium import SimulatedAnchor, SimulatedChain
from tests.support.region import TestRegion, genesis_events, open_region

RESEND = timedelta(seconds=5)
STUCK = timedelta(seconds=30)


@dataclass
class Pipeline:
    """See the module's text. `start` is also what a restart of the process does."""

    region: TestRegion
    chain: SimulatedChain
    anchor: SimulatedAnchor
    max_words: int = 300
    max_changes: int = 20_000
    mirror: Mirror = field(init=False)
    submitter: Submitter = field(init=False)
    _ids: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.start()

    def start(self) -> None:
        """New services on the same storage, which know nothing of what was before."""
        common = {"database": self.region.database, "clock": self.region.clock}
        self.mirror = Mirror(chain=self.chain, batch=4, **common)
        self.submitter = Submitter(
            chain=self.chain,
            anchor=self.anchor,
            new_id=lambda: f"tx{next(self._ids)}",
            region=self.region.code,
            settings=SubmitterSettings(
                push=PushSettings(resend_after=RESEND, stuck_after=STUCK),
                max_words=self.max_words,
                max_changes=self.max_changes,
            ),
            **common,
        )

    # --- verbs ----------------------------------------------------------------------------------

    def register(self, count: int = 1, **changes: object) -> list[LicenseRecord]:
        """Registered and integrated licenses."""
        drafts = [self.region.draft(**changes) for _ in range(count)]  # type: ignore[arg-type]
        outcomes = self.region.issuance.register_batch(drafts, office=self.region.office)
        self.region.sequence()
        made = []
        for one in outcomes:
            assert isinstance(one, Registered), one
            made.append(one.record)
        return made

    def replace(self, old: LicenseRecord) -> LicenseRecord:
        """A new version of `old`, integrated."""
        draft = self.region.draft(supersedes_id=old.id)
        made = self.region.issuance.register(draft, office=self.region.office)
        self.region.sequence()
        return made.record

    def revoke(self, record: LicenseRecord) -> StatusChange:
        changed = self.region.status.change(
            record.id,
            StatusAction.REVOKE,
            StatusReason.COURT_ORDER,
            "test",
            office=self.region.office,
        )
        assert changed.change is not None
        return changed.change

    def suspend(self, record: LicenseRecord) -> StatusChange:
        changed = self.region.status.change(
            record.id,
            StatusAction.SUSPEND,
            StatusReason.COURT_ORDER,
            "test",
            office=self.region.office,
        )
        assert changed.change is not None
        return changed.change

    def revoke_by_cold_key(self, record: LicenseRecord) -> None:
        """A correction on the chain, past this region's own pipeline, in one more block."""
        with self.region.database.read() as session:
            stored = session.licenses.get(record.id)
        assert stored is not None and stored.position is not None
        word_index, place = divmod(stored.position.index, 128)
        key = (self.region.code, stored.position.epoch, word_index)
        mask, values = 3 << 2 * place, LicenseStatus.REVOKED << 2 * place
        words = self.chain.state.words
        words[key] = words.get(key, 0) & ~mask | values
        self.chain.announce(
            StatusWordChanged(
                region=key[0],
                epoch=key[1],
                word_index=word_index,
                mask=mask,
                values=values,
                reason=1,
                corrected=True,
            )
        )
        self.block()

    def submit(self) -> Submitted:
        return self.submitter.round(self._lease())

    def block(self, count: int = 1) -> None:
        """Blocks, with the time that they take, followed by the mirror."""
        for _ in range(count):
            self.chain.mine()
            self.region.clock.advance(1)
            self.follow()

    def follow(self) -> None:
        while self.mirror.round().behind:
            pass

    def settle(self, rounds: int = 6) -> None:
        """Rounds of everything, until nothing should be left to do."""
        for _ in range(rounds):
            self.submit()
            self.block()
        self.submit()

    # --- what is -------------------------------------------------------------------------------

    def state(self, record: LicenseRecord) -> LicenseState:
        with self.region.database.read() as session:
            stored = session.licenses.get(record.id)
            assert stored is not None
            return self.region.evidence.state_of(session, stored)

    def status(self, record: LicenseRecord) -> LicenseStatus:
        with self.region.database.read() as session:
            stored = session.licenses.get(record.id)
            assert stored is not None
            return self.region.evidence.status_of(session, stored)

    def under_way(self) -> tuple[OutboxTransaction, ...]:
        with self.region.database.read() as session:
            return session.outbox.unfinished()

    def states(self) -> list[str]:
        """States of all outbox transactions ever, oldest first."""
        return [state for state, _ in self._outbox()]

    def failures(self) -> list[str | None]:
        """Why each of them was reverted."""
        return [failure for _, failure in self._outbox()]

    def _outbox(self) -> list[tuple[str, str | None]]:
        """Straight from the file: finished transactions are nobody's business but a test's."""
        with closing(sqlite3.connect(self.region.folder / "region.sqlite")) as connection:
            rows = connection.execute(
                "SELECT state, failure FROM outbox_transaction ORDER BY created_at, id"
            )
            return rows.fetchall()

    def anchored_sizes(self) -> list[int]:
        """Sizes that the contract accepted on the present chain, in order."""
        return [
            event.tree_size
            for block in self.chain.blocks_made
            for event in block.events
            if hasattr(event, "tree_size") and event.region == self.region.code
        ]

    def waits(self) -> bool:
        """Whether anything of the outbox or of the status changes is unfinished."""
        with self.region.database.read() as session:
            return (
                session.outbox.depth() > 0
                or bool(session.licenses.waiting_status_changes(1))
                or bool(session.licenses.unfinished_status_changes())
            )

    def _lease(self) -> Lease:
        lease = self.region.sequencer.take_lease()
        assert lease is not None
        return lease


def open_pipeline(
    folder: Path, *, depth: int = 1, gas_price: int = 0, survives_restart: bool = False
) -> Pipeline:
    """A region whose consortium was founded in block 1 of a new simulated chain."""
    region = open_region(folder)
    chain = SimulatedChain(depth=depth, survives_restart=survives_restart)
    chain.announce(*genesis_events([region], "http://127.0.0.1:1"))
    pipeline = Pipeline(region, chain, SimulatedAnchor(chain, region.code, gas_price))
    pipeline.block(3)
    return pipeline


FINAL = TransactionState.FINAL.value
