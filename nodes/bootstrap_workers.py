"""Builds the workers of a node from its parts (`nodes.bootstrap`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from ledger.chain.connect import open_anchor_chain
from ledger.services.anchoring import Submitter, SubmitterSettings
from ledger.services.mirroring import Mirror
from ledger.services.reconciling import PushSettings
from ledger.services.replication import Replicator
from ledger.services.sequencing import Sequencer
from nodes.bootstrap import Parts
from nodes.chain_gate import verify_keys
from nodes.storage import new_id, system_clock
from nodes.workers.housekeeping import housekeeping_worker
from nodes.workers.leadership import FolderLock, Leadership, holder_name
from nodes.workers.mirror import mirror_worker
from nodes.workers.replication import ReplicationRounds, replication_worker
from nodes.workers.sequencer import leadership_worker, sequencer_worker
from nodes.workers.submitter import submitter_worker
from nodes.workers.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Workers:
    """The workers of one process."""

    all: tuple[Worker, ...]
    """In the order of starting; the first is ended last."""
    unbacked: Callable[[], int]
    """Anchored heads whose leaves nobody could produce."""


def build_workers(parts: Parts) -> Workers:
    """Everything that a region does without being asked."""
    settings, database = parts.settings, parts.storage.database
    sequencer = Sequencer(
        database=database,
        clock=system_clock,
        region=parts.keys.region,
        holder=holder_name(settings.data_dir),
        batch=settings.sequencer_batch_licenses,
        lease_seconds=settings.sequencer_lease_seconds,
    )
    leadership = Leadership(
        take=sequencer.take_lease,
        database=database,
        lock=FolderLock(settings.data_dir),
        lease_seconds=settings.sequencer_lease_seconds,
    )
    replication = ReplicationRounds(_replicator(parts), leadership)
    return Workers(
        all=(
            leadership_worker(leadership),
            sequencer_worker(
                sequencer,
                leadership,
                pause=settings.sequencer_poll_seconds,
                batch=settings.sequencer_batch_licenses,
            ),
            mirror_worker(
                lambda: _mirror(parts),
                parts.gate,
                leadership,
                check_keys=lambda: verify_keys(database, parts.keys),
                pause=settings.mirror_poll_seconds,
            ),
            submitter_worker(
                lambda: _submitter(parts),
                parts.gate,
                leadership,
                pause=settings.submitter_poll_seconds,
            ),
            replication_worker(replication, pause=settings.replication_poll_seconds),
            housekeeping_worker(
                database,
                system_clock,
                leadership,
                pause=settings.housekeeping_seconds,
                keep=timedelta(seconds=settings.idempotency_keep_seconds),
            ),
        ),
        unbacked=replication.unbacked,
    )


def _replicator(parts: Parts) -> Replicator:
    return Replicator(
        database=parts.storage.database,
        peers=parts.peers,
        clock=system_clock,
        region=parts.keys.region,
        patience=timedelta(seconds=parts.settings.unbacked_after_seconds),
    )


def _mirror(parts: Parts) -> Mirror:
    return Mirror(
        database=parts.storage.database,
        chain=parts.chain,
        clock=system_clock,
        first_block=parts.settings.start_block,
    )


def _submitter(parts: Parts) -> Submitter:
    return Submitter(
        database=parts.storage.database,
        chain=parts.chain,
        anchor=open_anchor_chain(parts.chain_settings, parts.keys.anchor_key),
        clock=system_clock,
        new_id=new_id,
        region=parts.keys.region,
        settings=SubmitterSettings(
            push=PushSettings(stuck_after=timedelta(seconds=parts.settings.stuck_after_seconds))
        ),
    )
