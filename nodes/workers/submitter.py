"""Carries integrated heads and status changes to the chain, and reconciles what became of them."""

from __future__ import annotations

from collections.abc import Callable

from nodes.chain_gate import ChainGate
from nodes.workers.chain_rounds import behind_gate
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker


def submitter_worker(
    make: Callable[[], Round], gate: ChainGate, leadership: Leadership, *, pause: float
) -> Worker:
    """`make` gives rounds of `ledger.services.anchoring`."""

    def begin() -> Round:
        return behind_gate(make, gate, leadership)

    return Worker(name="submitter", pause=pause, begin=begin)
