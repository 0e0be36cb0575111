"""Follows the chain, and compares the region's keys with it once the mirror has caught up."""

from __future__ import annotations

from collections.abc import Callable

from ledger.ports.accounts import Lease
from ledger.services.mirroring import Mirror
from nodes.chain_gate import ChainGate
from nodes.workers.chain_rounds import LeasedRound, behind_gate
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker


def mirror_worker(
    make: Callable[[], Mirror],
    gate: ChainGate,
    leadership: Leadership,
    *,
    check_keys: Callable[[], object],
    pause: float,
) -> Worker:
    """Keys are compared only with the newest block: an old one knows the keys of its time."""

    def fresh() -> LeasedRound:
        mirror = make()

        def work(_lease: Lease) -> bool:
            is_behind = mirror.round().behind > 0
            if not is_behind:
                check_keys()
            return is_behind

        return work

    def begin() -> Round:
        return behind_gate(fresh, gate, leadership)

    return Worker(name="mirror", pause=pause, begin=begin)
