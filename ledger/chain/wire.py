"""JSON-RPC's hex notation (Ethereum execution API), read strictly and written in its one form.

What a client sends is unchecked input: everything that does not have the form it must have raises
`InconsistentChainError`, never a stray error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, cast

from ledger.errors import InconsistentChainError
from ledger.types import Region

Json = object
"""A value as `json` reads it."""

_QUANTITY: Final = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})")
_DATA: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})*")
_SHOWN = 80
"""Characters of a wrong value that an error repeats."""


def quantity(value: Json, name: str = "a quantity") -> int:
    """The number that `0x…` without leading zeros stands for."""
    if isinstance(value, str) and _QUANTITY.fullmatch(value):
        return int(value, 16)
    raise _wrong(name, value)


def data(value: Json, name: str = "data", *, size: int | None = None) -> bytes:
    """The bytes that `0x…` with two digits each stands for; `size` bytes if given."""
    if isinstance(value, str) and _DATA.fullmatch(value):
        read = bytes.fromhex(value[2:])
        if size is None or len(read) == size:
            return read
    raise _wrong(name, value)


def members(value: Json, name: str) -> Mapping[str, Json]:
    """A JSON object."""
    if isinstance(value, dict):
        return cast("Mapping[str, Json]", value)
    raise _wrong(name, value)


def items(value: Json, name: str) -> list[Json]:
    """A JSON array."""
    if isinstance(value, list):
        return cast("list[Json]", value)
    raise _wrong(name, value)


def to_quantity(number: int) -> str:
    """`0x…` without leading zeros."""
    return hex(number)


def to_data(value: bytes) -> str:
    """`0x…` with two digits for each byte."""
    return "0x" + value.hex()


def to_region(number: int) -> Region:
    """The region code that the contracts hold as a number."""
    return Region(f"{number:06d}")


def _wrong(name: str, value: Json) -> InconsistentChainError:
    shown = repr(value)[:_SHOWN]
    return InconsistentChainError(f"the chain's client sent {shown} where {name} is expected")
