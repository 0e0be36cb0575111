"""Build the contracts: `python -m contracts.compile` (`make contracts`).

Deterministic: the compiler's version and settings are fixed here, no metadata hash goes into the
code, and what the compiler numbers by chance (AST ids) is left out of the artifacts. py-solc-x
drives a native compiler of this version if one is installed, else npm's (`contracts/solcjs`).
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import solcx
from solcx.install import get_executable

from contracts.artifacts import CONTRACTS, DIRECTORY, ContractName, Json

SOLC_VERSION: Final = "0.8.37"
SOURCES: Final = Path(__file__).with_name("src")

_WRAPPER = Path(__file__).with_name("solcjs")
_SETTINGS: Final[Mapping[str, Json]] = {
    # The newest rules that GoQuorum, Besu QBFT and anvil all run: no PUSH0, no block.basefee.
    "evmVersion": "paris",
    "viaIR": True,
    "optimizer": {"enabled": True, "runs": 10_000},
    "metadata": {"bytecodeHash": "none", "appendCBOR": False},
}
_OUTPUTS = ["abi", "metadata", "storageLayout", "evm.bytecode.object", "evm.deployedBytecode"]
_AST_ID = re.compile(r"(?<=\))\d+(?=_storage)|(?<=\))\d+$")


def compiler() -> Path:
    """The executable for py-solc-x: a native compiler of the pinned version, or the wrapper."""
    if SOLC_VERSION in map(str, solcx.get_installed_solc_versions()):
        return Path(get_executable(SOLC_VERSION))
    return _WRAPPER


def build(sources: Mapping[str, str]) -> dict[str, dict[str, Json]]:
    """Compile sources (by their import path); answer the compiler's output by contract name.

    Raise `solcx.exceptions.SolcError` with the compiler's messages. A warning is an error: the
    contracts can't be changed later.
    """
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {name: {"content": text} for name, text in sources.items()},
            "settings": {**_SETTINGS, "outputSelection": {"*": {"*": _OUTPUTS, "": ["ast"]}}},
        },
        solc_binary=compiler(),
    )
    if messages := output.get("errors"):
        raise solcx.exceptions.SolcError("\n".join(m["formattedMessage"] for m in messages))
    names = _immutable_names(output["sources"])
    return {
        name: {**contract, "immutableNames": names}
        for unit in output["contracts"].values()
        for name, contract in unit.items()
    }


def read_sources() -> dict[str, str]:
    """The project's contracts, by import path."""
    return {
        path.relative_to(SOURCES).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(SOURCES.rglob("*.sol"))
    }


def artifact(name: ContractName, contract: Mapping[str, Json]) -> dict[str, Json]:
    """What is committed of one compiled contract."""
    metadata = json.loads(contract["metadata"])
    deployed = contract["evm"]["deployedBytecode"]
    places = deployed.get("immutableReferences", {})
    return {
        "contractName": name,
        "compiler": {"version": metadata["compiler"]["version"], **_SETTINGS},
        "abi": contract["abi"],
        "bytecode": contract["evm"]["bytecode"]["object"],
        "deployedBytecode": deployed["object"],
        "immutables": {
            contract["immutableNames"][ast_id]: [place["start"] for place in found]
            for ast_id, found in sorted(places.items(), key=lambda item: item[1][0]["start"])
        },
        "storageLayout": _without_ast_ids(contract["storageLayout"]),
    }


def render(document: Mapping[str, Json]) -> str:
    """The artifact's file content."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Compile and write the artifacts."""
    compiled = build(read_sources())
    DIRECTORY.mkdir(exist_ok=True)
    for name in CONTRACTS:
        document = artifact(name, compiled[name])
        (DIRECTORY / f"{name}.json").write_text(render(document), encoding="utf-8")
        size = len(document["deployedBytecode"]) // 2
        sys.stdout.write(f"{name}: {size} bytes of runtime code\n")
    return 0


def _immutable_names(sources: Mapping[str, Json]) -> dict[str, str]:
    """Names of immutable variables by AST id, which is how the compiler refers to them."""
    return {
        str(node["id"]): node["name"]
        for unit in sources.values()
        for node in _nodes(unit["ast"])
        if node.get("mutability") == "immutable"
    }


def _nodes(value: Json) -> Iterator[dict[str, Json]]:
    if isinstance(value, dict):
        yield value
        for child in value.values():
            yield from _nodes(child)
    elif isinstance(value, list):
        for child in value:
            yield from _nodes(child)


def _without_ast_ids(layout: Mapping[str, Json]) -> dict[str, Json]:
    """The storage layout without numbers that change when an unrelated line does.

    Raise `ValueError` should two types get one name by it.
    """
    types = {_AST_ID.sub("", name): entry for name, entry in (layout["types"] or {}).items()}
    if len(types) != len(layout["types"] or {}):
        raise ValueError("two stored types share a name; rename one")
    return {"storage": _strip(layout["storage"]), "types": _strip(types)}


def _strip(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _strip(v) for key, v in value.items() if key not in {"astId", "contract"}}
    if isinstance(value, list):
        return [_strip(item) for item in value]
    return _AST_ID.sub("", value) if isinstance(value, str) and value.startswith("t_") else value


if __name__ == "__main__":
    raise SystemExit(main())
