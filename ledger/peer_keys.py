"""Which key speaks for a region now: the one that the mirror calls current, and no other."""

from __future__ import annotations

from ledger.errors import MalformedError, NotAuthenticatedError
from ledger.keys import KeyAlgorithm, KeyId, VerifyingKey
from ledger.ports.mirror import RegionFacts


def current_key(facts: RegionFacts | None, key_id: KeyId) -> VerifyingKey:
    """The key that `key_id` names, if it is the current signing key of the region in `facts`.

    Raise NotAuthenticatedError(key_unknown), the same for a region that does not exist, a number
    that does not and a key that was replaced.
    """
    if facts is not None and facts.code == key_id.region:
        key = facts.signing_key
        if key.number == key_id.number and key.algorithm == KeyAlgorithm.ED25519:
            try:
                return VerifyingKey(key.public)
            except MalformedError as error:
                raise _unknown(key_id) from error
    raise _unknown(key_id)


def _unknown(key_id: KeyId) -> NotAuthenticatedError:
    return NotAuthenticatedError(
        f"{key_id} is not the current signing key of a region as this node's mirror has it; "
        "after a rotation, wait until the other node has seen its block",
        reason="key_unknown",
    )
