"""What the error messages of known clients mean, as data.

JSON-RPC has no common error codes for refused transactions: each client words them in its own way.
The first row whose phrase occurs in the message (without regard to case) gives the meaning. A new
client is a new row.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

REVERT_CODE: Final = 3
"""Error code of an execution that a contract refused (go-ethereum, Besu, anvil)."""


class Meaning(StrEnum):
    """What a client's refusal means for the one who asked."""

    ALREADY_KNOWN = "already_known"
    """The client has this very transaction: as good as accepted."""
    NONCE_USED = "nonce_used"
    """A transaction with this nonce was mined, maybe this one."""
    UNDERPRICED = "underpriced"
    """Another transaction with this nonce waits, and this one does not pay enough more."""
    REVERTED = "reverted"
    """The contract refuses."""
    STATE_GONE = "state_gone"
    """The client does not keep the state of that block (any more)."""
    BUSY = "busy"
    """The client cannot take it now."""
    OTHER = "other"


WORDINGS: Final[tuple[tuple[Meaning, str, str], ...]] = (
    # meaning, phrase, clients it was seen or read in
    (Meaning.ALREADY_KNOWN, "already known", "go-ethereum, GoQuorum"),
    (Meaning.ALREADY_KNOWN, "known transaction", "Besu, GoQuorum before 2020"),
    (Meaning.ALREADY_KNOWN, "already imported", "anvil"),
    (Meaning.ALREADY_KNOWN, "alreadyknown", "Nethermind"),
    (Meaning.NONCE_USED, "nonce too low", "anvil, go-ethereum, GoQuorum, Besu"),
    (Meaning.NONCE_USED, "nonce below", "Besu: 'transaction nonce … below sender account nonce'"),
    (Meaning.NONCE_USED, "below sender account nonce", "Besu"),
    (Meaning.UNDERPRICED, "underpriced", "anvil, go-ethereum, GoQuorum, Besu"),
    (Meaning.UNDERPRICED, "gas price too low", "Besu"),
    (Meaning.REVERTED, "revert", "anvil, go-ethereum, GoQuorum, Besu"),
    (Meaning.STATE_GONE, "blockoutofrange", "anvil after a restart or beyond its window"),
    (Meaning.STATE_GONE, "missing trie node", "go-ethereum and GoQuorum, pruned"),
    (Meaning.STATE_GONE, "historical state", "go-ethereum: 'historical state … is not available'"),
    (Meaning.STATE_GONE, "world state unavailable", "Besu"),
    (Meaning.STATE_GONE, "state not available", "Besu, Nethermind"),
    (Meaning.BUSY, "txpool is full", "go-ethereum, GoQuorum"),
    (Meaning.BUSY, "transaction pool", "Besu: 'transaction pool … full' or not enabled yet"),
    (Meaning.BUSY, "syncing", "Besu"),
    (Meaning.BUSY, "too many requests", "proxies"),
)


def meaning_of(code: int, message: str) -> Meaning:
    """What an error with this code and message means."""
    if code == REVERT_CODE:
        return Meaning.REVERTED
    worded = message.lower()
    for meaning, phrase, _clients in WORDINGS:
        if phrase in worded:
            return meaning
    return Meaning.OTHER
