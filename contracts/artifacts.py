"""The committed build of the contracts: ABI, code, and where each thing is stored.

Nodes read it and compile nothing. `python -m contracts.compile` makes it from `contracts/src`; a
test proves that the two agree.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

DIRECTORY: Final = Path(__file__).with_name("artifacts")

ContractName = Literal["Consortium", "LicenseLog"]
CONTRACTS: Final[tuple[ContractName, ...]] = ("Consortium", "LicenseLog")

Json = Any
"""A value as `json` reads it; the shapes are the compiler's (Solidity, "Using the Compiler")."""

_WORD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """One compiled contract."""

    name: ContractName
    compiler: str
    """Version with commit, for example `0.8.37+commit.…`."""
    abi: list[dict[str, Json]]
    bytecode: bytes
    """Creation code, without constructor arguments."""
    deployed_bytecode: bytes
    """Runtime code with zeros where the immutables stand."""
    immutables: Mapping[str, tuple[int, ...]]
    """Offsets of the 32-byte words in the runtime code that hold each immutable."""
    storage_layout: Mapping[str, Json]
    """The compiler's `storageLayout`; `ledger.chain.slots` reads it."""

    def runtime_code(self, immutables: Mapping[str, int]) -> bytes:
        """The code that stands on the chain when the immutables have these values.

        Addresses are given as numbers. Raise `KeyError` unless exactly all are given: this is for
        our own code, never for values that come from outside.
        """
        if immutables.keys() != self.immutables.keys():
            raise KeyError(f"{self.name} has immutables {sorted(self.immutables)}")
        code = bytearray(self.deployed_bytecode)
        for name, offsets in self.immutables.items():
            for offset in offsets:
                code[offset : offset + _WORD] = immutables[name].to_bytes(_WORD, "big")
        return bytes(code)


@cache
def load(name: ContractName) -> Artifact:
    """The committed artifact of a contract."""
    return from_json(json.loads((DIRECTORY / f"{name}.json").read_text(encoding="utf-8")))


def from_json(document: Mapping[str, Json]) -> Artifact:
    """Read an artifact in the form that `contracts.compile` writes."""
    return Artifact(
        name=document["contractName"],
        compiler=document["compiler"]["version"],
        abi=document["abi"],
        bytecode=bytes.fromhex(document["bytecode"]),
        deployed_bytecode=bytes.fromhex(document["deployedBytecode"]),
        immutables={name: tuple(places) for name, places in document["immutables"].items()},
        storage_layout=document["storageLayout"],
    )
