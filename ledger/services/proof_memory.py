"""Remembers proofs that can never change: a leaf's path under a final, anchored head.

A remembered proof proves nothing by itself: the verdict hashes the stored entry again and follows
the path to the root, so an entry that was changed meanwhile fails as before. A proof whose stored
tiles do not make the chain's root is not remembered.
"""

from __future__ import annotations

from threading import Lock
from typing import Final

from ledger.bundle import LogProof
from ledger.types import AnchoredHead, Position

MOST_PROOFS: Final = 8192
"""About a kilobyte each."""


class ProofMemory:
    """The newest `MOST_PROOFS` proofs; safe to share between threads."""

    __slots__ = ("_lock", "_proofs")

    def __init__(self) -> None:
        self._proofs: dict[Position, LogProof] = {}
        self._lock = Lock()

    def get(self, position: Position, head: AnchoredHead) -> LogProof | None:
        """The proof under exactly this head, as the mirror states it now."""
        proof = self._proofs.get(position)
        return proof if proof is not None and proof.head == head else None

    def remember(self, proof: LogProof, head: AnchoredHead) -> None:
        """Keep `proof` if it leads to the root that the chain holds."""
        if proof.head != head:
            return
        with self._lock:
            while len(self._proofs) >= MOST_PROOFS:
                del self._proofs[next(iter(self._proofs))]
            self._proofs[proof.position] = proof
