"""Follows the chain, and compares the region's keys with it once the mirror has caught up."""

from __future__ import annotations

from collections.abc import Callable

from nodes.chain_gate import ChainGate
from nodes.workers.chain_rounds import behind_gate
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker


def mirror_worker(
    work: Round,
    gate: ChainGate,
    leadership: Leadership,
    *,
    check_keys: Callable[[], object],
    pause: float,
) -> Worker:
    """`work` is one round of `ledger.services.mirroring`, True while blocks are left to apply.

    Keys are compared only then: an old block knows the keys of its time.
    """

    def round_() -> bool:
        is_behind = work()
        if not is_behind:
            check_keys()
        return is_behind

    def begin() -> Round:
        return behind_gate(round_, gate, leadership)

    return Worker(name="mirror", pause=pause, begin=begin)
