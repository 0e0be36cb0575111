"""What the contracts cost: `python -m contracts.gas` measures and rewrites `contracts/gas.json`.

A test measures again and compares. The consortium's chain charges nothing for gas; it bounds how
much a block can hold, and a rise shows a change that nobody meant. Proofs are the worst that a
log of 2**24 leaves can need. Trees whose leaves are all equal give real proofs at that size
without hashing each leaf; the contract cannot tell.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from eth_typing import ChecksumAddress
from web3 import Web3
from web3.contract import Contract
from web3.types import TxParams, Wei

from contracts.artifacts import load
from contracts.deployment import Founding, FoundingRegion, KeyMaterial, predict_addresses
from contracts.scratch_chain import scratch_chain
from ledger import hashing, merkle
from ledger.types import Digest

SNAPSHOT: Final = Path(__file__).with_name("gas.json")

LARGEST: Final = 2**24
"""Leaves of the largest log that the limits speak of."""
TYPICAL: Final = 1_000_000
"""Leaves of the log to which the batch of the limit is appended."""
BATCH: Final = 10_000
NEIGHBOURS: Final = 1_000
SCATTERED: Final = 200

LIMITS: Final = {
    "append_worst_proof": 110_000,
    "append_10000_per_license": 9,
    "revoke_1000_neighbours_per_license": 300,
    "revoke_scattered_marginal": 25_000,
}
"""Gas that a figure may not exceed; the others are only watched."""

_GAS = 50_000_000
_PER_WORD = 128
_REGION = 110_000
_KEY = Web3.to_checksum_address("0x" + "a1" * 20)
_ADMIN = Web3.to_checksum_address("0x" + "a2" * 20)
_DEPLOYER = Web3.to_checksum_address("0x" + "a3" * 20)

Word = tuple[int, int, int, int, int]
"""The ABI struct `StatusWord`."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """A deployment on a scratch chain, with one founding region."""

    w3: Web3
    log: Contract
    deployment_gas: int

    def append(self, size: int, old: int, words: Sequence[Word] = ()) -> int:
        """Gas of an append from `old` leaves; the same size changes statuses only."""
        proof = _consistency(old, size) if 0 < old < size else []
        call = self.log.functions.append(0, size, _root(size), proof, list(words))
        return _mined(self.w3, call.build_transaction(_from(_KEY)))


def measure(w3: Web3) -> dict[str, float]:
    """All figures, each from a state of its own that has nothing in common with the others."""
    chain = _deploy(w3)
    figures: dict[str, float] = {"deploy": chain.deployment_gas}
    clean = _snapshot(w3)
    figures["append_first_head"] = chain.append(BATCH, 0)

    clean = _revert(w3, clean)
    chain.append(LARGEST - 1, 0)
    figures["append_worst_proof"] = chain.append(LARGEST, LARGEST - 1)

    clean = _revert(w3, clean)
    chain.append(TYPICAL, 0)
    figures["append_10000_per_license"] = chain.append(TYPICAL + BATCH, TYPICAL) / BATCH

    clean = _revert(w3, clean)
    worst = worst_size_before_batch()
    chain.append(worst, 0)
    figures["append_10000_worst_proof"] = chain.append(worst + BATCH, worst)

    clean = _revert(w3, clean)
    chain.append(LARGEST, 0)
    figures["revoke_one"] = chain.append(LARGEST, LARGEST, [_word(0, 0, 1)])
    gas = chain.append(LARGEST, LARGEST, _neighbours(first=10 * _PER_WORD + 64))
    figures["revoke_1000_neighbours_per_license"] = gas / NEIGHBOURS
    many = chain.append(LARGEST, LARGEST, [_word(1_000 + 601 * i, 77, 1) for i in range(SCATTERED)])
    figures["revoke_scattered_marginal"] = (many - figures["revoke_one"]) / (SCATTERED - 1)
    _revert(w3, clean)
    return figures


def worst_size_before_batch() -> int:
    """The size below 2**24 from which a batch needs the most proof hashes and hashing.

    A left sibling is hashed twice, into the old root and into the new.
    """

    def cost(size: int) -> int:
        ranges = merkle.consistency_ranges(size, size + BATCH)
        return sum(1 + (2 if end <= size else 1) for _, end in ranges)

    return max(range(LARGEST - 4 * BATCH, LARGEST - BATCH + 1), key=cost)


def main() -> int:
    """Measure on a scratch chain, write the snapshot, and say what is over its limit."""
    with scratch_chain() as w3:
        figures = measure(w3)
    SNAPSHOT.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    for name, gas in figures.items():
        limit = LIMITS.get(name)
        sys.stdout.write(f"{name}: {gas:,.1f}" + (f" (limit {limit:,})\n" if limit else "\n"))
    return int(any(figures[name] > limit for name, limit in LIMITS.items()))


def _deploy(w3: Web3) -> _Chain:
    key = KeyMaterial(algorithm=1, x=b"\xa5" * 32)
    region = FoundingRegion(
        code=_REGION,
        admin=_ADMIN,
        anchor_key=_KEY,
        signing_key=key,
        encryption_key=key,
        endpoint="https://node.example",
    )
    founding = Founding(regions=[region], quorum=1, proposal_lifetime=1_000)
    addresses = predict_addresses(_DEPLOYER, w3.eth.get_transaction_count(_DEPLOYER))
    gas = _mined(w3, {**_from(_DEPLOYER), "data": founding.creation_code()})
    at = Web3.to_checksum_address(addresses.license_log)
    return _Chain(w3, w3.eth.contract(address=at, abi=load("LicenseLog").abi), gas)


def _from(sender: ChecksumAddress) -> TxParams:
    return {"from": sender, "gas": _GAS, "gasPrice": Wei(0)}


def _mined(w3: Web3, transaction: TxParams) -> int:
    receipt = w3.eth.wait_for_transaction_receipt(w3.eth.send_transaction(transaction))
    if receipt["status"] != 1:
        raise RuntimeError(f"a measured transaction was refused: {dict(receipt)}")
    return receipt["gasUsed"]


def _word(index: int, pair: int, pairs: int) -> Word:
    """Revoke `pairs` neighbours from `pair` on in word `index`."""
    low = sum(1 << 2 * (pair + i) for i in range(pairs))
    return (0, index, low * 3, low * 2, 1)


def _neighbours(first: int) -> list[Word]:
    """Revoke neighbours from leaf `first` on, which stands in the middle of a word."""
    words, index, left = [], first, NEIGHBOURS
    while left:
        pairs = min(left, _PER_WORD - index % _PER_WORD)
        words.append(_word(index // _PER_WORD, index % _PER_WORD, pairs))
        index, left = index + pairs, left - pairs
    return words


def _consistency(old: int, new: int) -> list[Digest]:
    return [_root(end - begin) for begin, end in merkle.consistency_ranges(old, new)]


@cache
def _root(size: int) -> Digest:
    """Root of a tree of equal leaves: it depends on the size alone."""
    if size == 1:
        return hashing.leaf_hash(b"leaf")
    left = 1 << (size - 1).bit_length() - 1
    return hashing.node_hash(_root(left), _root(size - left))


def _snapshot(w3: Web3) -> str:
    return str(w3.provider.make_request("evm_snapshot", [])["result"])  # type: ignore[arg-type]


def _revert(w3: Web3, snapshot: str) -> str:
    """Go back to a snapshot; the next one of the same state."""
    w3.provider.make_request("evm_revert", [snapshot])  # type: ignore[arg-type]
    return _snapshot(w3)


if __name__ == "__main__":
    raise SystemExit(main())
