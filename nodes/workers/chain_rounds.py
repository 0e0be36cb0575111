"""What every worker that talks to the chain does around its rounds."""

from __future__ import annotations

from collections.abc import Callable

from ledger.errors import ChainUnavailableError
from nodes.chain_gate import ChainGate
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round


def behind_gate(make: Callable[[], Round], gate: ChainGate, leadership: Leadership) -> Round:
    """The start-up path: make sure of the chain's identity, then work while this process leads.

    `make` gives a round without memory of earlier ones, so a failure leaves none behind.

    A chain that went away meanwhile is noted for `/readyz` and asked for its identity again.
    """
    gate.require()
    work = make()

    def guarded() -> bool:
        if leadership.current() is None:
            return False
        try:
            return work()
        except ChainUnavailableError as error:
            gate.note_away(str(error))
            raise

    return guarded
