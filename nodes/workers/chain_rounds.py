"""What every worker that talks to the chain does around its rounds."""

from __future__ import annotations

from collections.abc import Callable

from ledger.errors import ChainUnavailableError, ConflictError
from ledger.ports.accounts import Lease
from nodes.chain_gate import ChainGate
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round

LeasedRound = Callable[[Lease], bool]
"""A round that hands the lease on, to be checked where it commits."""


def behind_gate(make: Callable[[], LeasedRound], gate: ChainGate, leadership: Leadership) -> Round:
    """The start-up path: make sure of the chain's identity, then work while this process leads.

    `make` gives a round without memory of earlier ones, so a failure leaves none behind.

    A chain that went away meanwhile is noted for `/readyz` and asked for its identity again.
    """
    gate.require()
    work = make()

    def guarded() -> bool:
        lease = leadership.current()
        if lease is None:
            return False
        try:
            return work(lease)
        except ConflictError:
            # Nothing was committed. If another process took over, this finds out now.
            leadership.renew()
            raise
        except ChainUnavailableError as error:
            gate.note_away(str(error))
            raise

    return guarded
