"""The contracts' libraries on a real chain, beside their Python twins."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from web3.contract import Contract

from contracts import compile as build
from contracts.scratch_chain import scratch_chain


@pytest.fixture(scope="session")
def harness() -> Iterator[Contract]:
    """The libraries of the sources as they are, not of the committed build."""
    sources = {
        name: text
        for name, text in build.read_sources().items()
        if name in {"interfaces/Types.sol", "interfaces/ILicenseLogErrors.sol"}
        or name in {"libraries/Rfc9162.sol", "libraries/StatusWords.sol"}
    }
    text = Path(__file__).with_name("Harness.sol").read_text(encoding="utf-8")
    compiled = build.build({**sources, "Harness.sol": text})["Harness"]
    with scratch_chain() as w3:
        factory = w3.eth.contract(
            abi=compiled["abi"], bytecode=compiled["evm"]["bytecode"]["object"]
        )
        sender = w3.eth.accounts[0]
        sent = factory.constructor().transact({"from": sender, "gasPrice": 0, "gas": 5_000_000})
        at = w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
        yield w3.eth.contract(address=at, abi=compiled["abi"])
