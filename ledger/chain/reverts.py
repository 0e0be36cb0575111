"""Why a contract refused: custom errors, decoded from the data of a client's error."""

from __future__ import annotations

from typing import Final

from ledger.chain import abi
from ledger.chain.wire import Json, data, members
from ledger.errors import ClientRefusedError, InconsistentChainError, RevertedError

UNNAMED: Final = "unnamed"
"""Name of a revert without data, or with data that are no custom error of the contracts."""
_SELECTOR_SIZE: Final = 4


def reverted(refusal: ClientRefusedError) -> RevertedError:
    """The contract's refusal in a client's error.

    Clients put the data in different places: as text, or in a member of an object.
    """
    return decode_revert(_revert_data(refusal.data)) or RevertedError(
        UNNAMED, {"message": str(refusal)}
    )


def decode_revert(revert_data: bytes) -> RevertedError | None:
    """The custom error in `revert_data`; None when it is none of the contracts'."""
    named = abi.custom_errors().get(revert_data[:_SELECTOR_SIZE])
    if named is None:
        return None
    try:
        return RevertedError(named.name, named.arguments(revert_data[_SELECTOR_SIZE:]))
    except InconsistentChainError:
        return RevertedError(named.name)


def _revert_data(said: Json) -> bytes:
    if isinstance(said, dict):
        said = members(said, "an error's data").get("data")
    try:
        return data(said)
    except InconsistentChainError:
        return b""
