"""Proposals to the consortium: what can be proposed, and the bytes that propose it."""

from __future__ import annotations

from enum import IntEnum
from typing import Final, cast

from eth_abi.abi import encode
from eth_typing import ABIFunction
from eth_utils.abi import get_abi_input_types

from contracts.artifacts import load


class Action(IntEnum):
    """What a proposal does; the values are those of `Action` in `Types.sol`."""

    ADMIT_REGION = 0
    REMOVE_REGION = 1
    REPLACE_ADMIN = 2
    SET_TYPES = 3
    SET_GRANTS = 4
    CHANGE_QUORUM = 5
    REOPEN_LOG = 6
    SET_STATUSES = 7
    NAME_SUCCESSOR = 8


FUNCTIONS: Final = {
    Action.ADMIT_REGION: "admitRegion",
    Action.REMOVE_REGION: "removeRegion",
    Action.REPLACE_ADMIN: "replaceAdmin",
    Action.SET_TYPES: "setTypes",
    Action.SET_GRANTS: "setGrants",
    Action.CHANGE_QUORUM: "changeQuorum",
    Action.REOPEN_LOG: "reopenLog",
    Action.SET_STATUSES: "setStatuses",
    Action.NAME_SUCCESSOR: "nameSuccessor",
}
"""The function of the Consortium that carries an action out; its arguments are the data."""


def encode_data(action: Action, *arguments: object) -> bytes:
    """The `data` of `propose(action, data)`. Structs are tuples in the order of their members.

    Raise `eth_abi.exceptions.EncodingError` for arguments of other types.
    """
    function = next(
        cast("ABIFunction", entry)
        for entry in load("Consortium").abi
        if entry["type"] == "function" and entry["name"] == FUNCTIONS[action]
    )
    return encode(get_abi_input_types(function), arguments)
