"""Carries integrated heads and status changes to the chain, and reconciles what became of them."""

from __future__ import annotations

from collections.abc import Callable

from ledger.ports.accounts import Lease
from ledger.services.anchoring import Submitter
from nodes.chain_gate import ChainGate
from nodes.workers.chain_rounds import LeasedRound, behind_gate
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker


def submitter_worker(
    make: Callable[[], Submitter], gate: ChainGate, leadership: Leadership, *, pause: float
) -> Worker:
    """Never more at once: what was sent is waited for."""

    def fresh() -> LeasedRound:
        submitter = make()

        def work(lease: Lease) -> bool:
            submitter.round(lease)
            return False

        return work

    def begin() -> Round:
        return behind_gate(fresh, gate, leadership)

    return Worker(name="submitter", pause=pause, begin=begin)
