"""The committed build: it is what the sources compile to, it fits, and everything is tested."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts import compile as build
from contracts.artifacts import CONTRACTS, DIRECTORY, ContractName, load

MAX_RUNTIME_CODE = 24_576
"""EIP-170; Besu and GoQuorum can be set higher, but need not be."""

BEYOND_PARIS = {0x5C, 0x5D, 0x5E, 0x5F, 0x49, 0x4A}
"""TLOAD, TSTORE, MCOPY, PUSH0, BLOBHASH, BLOBBASEFEE."""
BASEFEE = 0x48
"""Not defined on GoQuorum."""


@pytest.fixture(scope="module")
def fresh() -> dict[str, str]:
    """A new build, as the files it would write."""
    compiled = build.build(build.read_sources())
    return {name: build.render(build.artifact(name, compiled[name])) for name in CONTRACTS}


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_committed_build_is_a_fresh_one(fresh: dict[str, str], name: ContractName) -> None:
    committed = (DIRECTORY / f"{name}.json").read_text(encoding="utf-8")
    assert committed == fresh[name], "run `make contracts` and commit the artifacts"


def test_a_warning_stops_the_build() -> None:
    source = "pragma solidity 0.8.37; contract A { function f() external {} }"
    with pytest.raises(build.solcx.exceptions.SolcError, match="SPDX"):
        build.build({"A.sol": source})


@pytest.mark.parametrize("name", CONTRACTS)
def test_the_code_fits_and_runs_on_every_client(name: ContractName) -> None:
    artifact = load(name)
    assert len(artifact.deployed_bytecode) < MAX_RUNTIME_CODE
    assert artifact.compiler.startswith(build.SOLC_VERSION + "+commit.")
    used = set(opcodes(artifact.deployed_bytecode))
    assert not used & (BEYOND_PARIS | {BASEFEE})


@pytest.mark.parametrize("entry", ["error", "event"])
def test_every_error_and_event_is_tested(entry: str) -> None:
    """Each name stands, quoted, in a test of this folder that read it from the chain."""
    tests = "".join(
        path.read_text(encoding="utf-8")
        for path in Path(__file__).parent.glob("test_*.py")
        if path != Path(__file__)
    )
    names = {e["name"] for name in CONTRACTS for e in load(name).abi if e["type"] == entry}
    assert names
    assert [name for name in sorted(names) if f'"{name}"' not in tests] == []


def opcodes(code: bytes) -> Iterator[int]:
    """The instructions, without the data that a push takes along."""
    at = 0
    while at < len(code):
        yield code[at]
        at += 1 + (code[at] - 0x5F if 0x60 <= code[at] <= 0x7F else 0)
