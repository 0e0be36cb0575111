"""The two contracts' ABI in the forms that calling and reading them needs (Solidity ABI spec).

Everything comes from the committed artifacts; no selector, topic or type is written by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_typing import ABIElement
from eth_utils.abi import abi_to_signature, collapse_if_tuple

from contracts.artifacts import CONTRACTS, ContractName, load
from ledger.errors import InconsistentChainError
from ledger.hashing import keccak256

_SELECTOR_SIZE: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A function of a contract."""

    selector: bytes
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    def encode_call(self, *arguments: object) -> bytes:
        """The data of a call. Structs are tuples in the order of their members."""
        return self.selector + encode(self.inputs, arguments)

    def decode_result(self, unverified_result: bytes) -> tuple[Any, ...]:
        """What the call returned; raise InconsistentChainError for bytes of another form."""
        return decode_values(self.outputs, unverified_result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """An event or a custom error: its name and its parameters, indexed ones apart."""

    name: str
    plain: tuple[tuple[str, str], ...]
    """(name, type) of what stands in the data."""
    indexed: tuple[tuple[str, str], ...] = ()
    """(name, type) of what stands in the topics; only types of one word."""

    def arguments(self, data: bytes, topics: Sequence[bytes] = ()) -> dict[str, Any]:
        """All arguments by name; raise InconsistentChainError when they don't fit."""
        if len(topics) != len(self.indexed):
            raise InconsistentChainError(f"{self.name} came with {len(topics)} indexed values")
        found: dict[str, Any] = {}
        for (name, kind), topic in zip(self.indexed, topics, strict=True):
            (found[name],) = decode_values((kind,), topic)
        values = decode_values([kind for _, kind in self.plain], data)
        found.update(zip((name for name, _ in self.plain), values, strict=True))
        return found


@cache
def function(contract: ContractName, name: str) -> Function:
    """The function of this name; the contracts overload none."""
    entry = next(
        one for one in load(contract).abi if one["type"] == "function" and one["name"] == name
    )
    return Function(
        selector=_digest(entry)[:_SELECTOR_SIZE],
        inputs=_types(entry["inputs"]),
        outputs=_types(entry["outputs"]),
    )


@cache
def events(contract: ContractName) -> dict[bytes, Named]:
    """Every event of the contract by its first topic."""
    return {_digest(one): _named(one) for one in load(contract).abi if one["type"] == "event"}


@cache
def custom_errors() -> dict[bytes, Named]:
    """Every custom error of both contracts by its selector."""
    return {
        _digest(one)[:_SELECTOR_SIZE]: _named(one)
        for contract in CONTRACTS
        for one in load(contract).abi
        if one["type"] == "error"
    }


def decode_values(types: Sequence[str], unverified_data: bytes) -> tuple[Any, ...]:
    """Values of these types; raise InconsistentChainError for bytes of another form."""
    try:
        return decode(types, unverified_data)
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        raise InconsistentChainError(
            f"{len(unverified_data)} bytes are not the ABI encoding of {','.join(types)}: {error}"
        ) from error


def _digest(entry: dict[str, Any]) -> bytes:
    return keccak256(abi_to_signature(cast("ABIElement", entry)).encode())


def _types(parameters: Sequence[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(collapse_if_tuple(cast("Any", parameter)) for parameter in parameters)


def _named(entry: dict[str, Any]) -> Named:
    parameters = entry["inputs"]
    named = list(zip(parameters, _types(parameters), strict=True))
    return Named(
        name=entry["name"],
        plain=tuple((one["name"], kind) for one, kind in named if not one.get("indexed")),
        indexed=tuple((one["name"], kind) for one, kind in named if one.get("indexed")),
    )
