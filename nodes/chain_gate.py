"""Whether the chain at the other end is the configured one, and whether this node's keys are its.

A chain that is merely away is no reason to refuse: the node serves what it has, `/readyz` says so,
and the check is made when the chain is back. A chain that is another one, or whose contracts know
other keys for this region, is: a node that went on would sign promises that nobody can verify, or
send anchors that every contract refuses.
"""

from __future__ import annotations

import threading

from ledger.errors import ChainUnavailableError, ConfigurationError
from ledger.ports.chain import ChainReader
from ledger.ports.database import Database
from ledger.ports.mirror import RegionFacts
from nodes.keys import NodeKeys


class ChainGate:
    """Remembers what is known of the chain's identity. Safe between threads."""

    def __init__(self, reader: ChainReader) -> None:
        self._reader = reader
        self._lock = threading.Lock()
        self._problem = "not asked yet"

    def require(self) -> None:
        """Ask the chain who it is. Raise WrongChainError, or ChainUnavailableError when it is away.

        Called at the start-up path of every worker that touches the chain, so also after each
        failure: a client that comes back with another chain is noticed.
        """
        try:
            self._reader.verify_identity()
        except ChainUnavailableError as error:
            self._note(str(error))
            raise
        self._note("")

    def note_away(self, problem: str) -> None:
        """Someone found the chain away."""
        self._note(problem)

    @property
    def problem(self) -> str:
        """Why the chain cannot be used now; empty when it was the right one at the last look."""
        with self._lock:
            return self._problem

    def _note(self, problem: str) -> None:
        with self._lock:
            self._problem = problem


def verify_keys(database: Database, keys: NodeKeys) -> bool:
    """Compare the keys file with the newest mirrored block, once the mirror has caught up.

    False while the chain does not know the region. Raise ConfigurationError naming the key that
    differs, with both values and what to do.
    """
    with database.read() as session:
        position = session.mirror.position()
        facts = (
            None
            if position is None
            else session.mirror.region(keys.region, as_of=position.newest.number)
        )
    if facts is None:
        return False
    for name, on_chain, here in _pairs(facts, keys):
        if on_chain != here:
            raise ConfigurationError(
                f"the {name} of region {keys.region} is {on_chain} on the chain and {here} in the "
                "keys file: use the region's newest keys file, or rotate the key on the chain"
            )
    return True


def _pairs(facts: RegionFacts, keys: NodeKeys) -> tuple[tuple[str, str, str], ...]:
    return (
        ("anchor key", facts.anchor_key.lower(), keys.anchor_address.lower()),
        (
            "signing key",
            f"number {facts.signing_key.number} {facts.signing_key.public.hex()}",
            f"number {keys.signing_number} {keys.signing_key.public.raw.hex()}",
        ),
        (
            "encryption key",
            f"number {facts.encryption_key.number} {facts.encryption_key.public.hex()}",
            f"number {keys.encryption_number} {keys.encryption_key.public.raw.hex()}",
        ),
    )
