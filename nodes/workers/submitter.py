"""Carries integrated heads and status changes to the chain, and reconciles what became of them."""

from __future__ import annotations

from nodes.chain_gate import ChainGate
from nodes.workers.chain_rounds import behind_gate
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker


def submitter_worker(
    work: Round, gate: ChainGate, leadership: Leadership, *, pause: float
) -> Worker:
    """`work` is one round of `ledger.services.anchoring`."""

    def begin() -> Round:
        return behind_gate(work, gate, leadership)

    return Worker(name="submitter", pause=pause, begin=begin)
