"""RFC 9162 proofs: Python and Solidity say the same about good, bad and published ones."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from web3.contract import Contract

from ledger import merkle
from ledger.errors import VerificationError
from ledger.hashing import leaf_hash, node_hash
from ledger.types import Digest

VECTORS = Path(__file__).parents[1] / "vectors" / "merkle"
ROUNDS = 150
"""Random trees; each gives a good proof and several spoiled ones, of both kinds."""
CHUNK = 200
LARGEST = 300


class Consistency(NamedTuple):
    old_size: int
    new_size: int
    old_root: bytes
    new_root: bytes
    proof: list[bytes]

    def holds_in_python(self) -> bool:
        """The contract's check is about growth: two equal sizes have nothing to prove there."""
        try:
            merkle.verify_consistency(**self._asdict())
        except VerificationError:
            return False
        return self.old_size < self.new_size


class Inclusion(NamedTuple):
    leaf_hash: bytes
    leaf_index: int
    tree_size: int
    root_hash: bytes
    proof: list[bytes]

    def holds_in_python(self) -> bool:
        try:
            merkle.verify_inclusion(**self._asdict())
        except VerificationError:
            return False
        return True


@dataclass(frozen=True, slots=True)
class Spoiler:
    """Ways to spoil a proof; the result is almost never good, and both sides must agree on it."""

    rng: random.Random

    def proof(self, proof: list[Digest]) -> Iterator[list[bytes]]:
        rng = self.rng
        extra = rng.randbytes(32)
        yield [*proof, extra]
        yield [extra, *proof]
        if not proof:
            return
        at = rng.randrange(len(proof))
        yield proof[:-1]
        yield proof[1:]
        yield [*proof[:at], self.flipped(proof[at]), *proof[at + 1 :]]
        yield [*proof[:at], proof[at], *proof[at:]]
        yield proof[::-1]

    def flipped(self, digest: bytes) -> bytes:
        bit = self.rng.randrange(256)
        return (int.from_bytes(digest, "big") ^ 1 << bit).to_bytes(32, "big")

    def size(self, size: int) -> int:
        return self.rng.choice([size + 1, max(0, size - 1), size * 2, 2**48 - 1, 0, 1])


def trees(rng: random.Random) -> Iterator[list[Digest]]:
    for number in range(ROUNDS):
        size = rng.choice([1, 2, 3, 4, 5, 7, 8, 9, 31, 32, 33, rng.randint(2, LARGEST)])
        yield [leaf_hash(f"{number}/{index}".encode()) for index in range(size + 1)]


def consistency_cases(rng: random.Random) -> Iterator[Consistency]:
    spoil = Spoiler(rng)
    for leaves in trees(rng):
        new = len(leaves)
        old = rng.randint(1, new - 1)
        proof = merkle.consistency_proof(leaves, old)
        good = Consistency(
            old, new, merkle.root_hash(leaves[:old]), merkle.root_hash(leaves), [*proof]
        )
        yield good
        yield from (good._replace(proof=spoiled) for spoiled in spoil.proof(proof))
        yield good._replace(old_size=spoil.size(old))
        yield good._replace(new_size=spoil.size(new))
        yield good._replace(old_root=spoil.flipped(good.old_root))
        yield good._replace(new_root=spoil.flipped(good.new_root))
        yield good._replace(old_root=good.new_root, new_root=good.old_root)


def inclusion_cases(rng: random.Random) -> Iterator[Inclusion]:
    spoil = Spoiler(rng)
    for leaves in trees(rng):
        index = rng.randrange(len(leaves))
        proof = merkle.inclusion_proof(leaves, index)
        good = Inclusion(leaves[index], index, len(leaves), merkle.root_hash(leaves), [*proof])
        yield good
        yield from (good._replace(proof=spoiled) for spoiled in spoil.proof(proof))
        yield good._replace(leaf_index=spoil.size(index))
        yield good._replace(tree_size=spoil.size(len(leaves)))
        yield good._replace(leaf_hash=spoil.flipped(good.leaf_hash))
        yield good._replace(root_hash=spoil.flipped(good.root_hash))


def test_consistency(harness: Contract) -> None:
    cases = list(consistency_cases(random.Random(9162)))
    compare(cases, harness.functions.consistent)


def test_inclusion(harness: Contract) -> None:
    cases = list(inclusion_cases(random.Random(6962)))
    compare(cases, harness.functions.included)


def compare(cases: list[Consistency] | list[Inclusion], solidity: object) -> None:
    expected = [case.holds_in_python() for case in cases]
    assert len(cases) > 300
    assert 100 < sum(expected) < len(cases) / 2
    answered = ask(cases, solidity)
    different = [case for case, a, b in zip(cases, expected, answered, strict=True) if a != b]
    assert different == []


def ask(cases: list[Consistency] | list[Inclusion], solidity: object) -> list[bool]:
    answered: list[bool] = []
    for begin in range(0, len(cases), CHUNK):
        call = solidity([tuple(case) for case in cases[begin : begin + CHUNK]])
        answered += call.call({"gas": 2**40})
    return answered


def test_huge_trees(harness: Contract) -> None:
    """Sizes up to the limit, where a shift too few would show."""
    top = 2**48 - 1
    rng = random.Random(48)
    cases = []
    for _ in range(100):
        new = rng.choice([top, 2**47, 2**47 + 1, rng.randint(2, top)])
        old = rng.randint(1, new - 1)
        proof = [equal_root(end - begin) for begin, end in merkle.consistency_ranges(old, new)]
        good = Consistency(old, new, equal_root(old), equal_root(new), [*proof])
        cases += [good, good._replace(new_size=new - 1), good._replace(proof=proof[:-1])]
    expected = [case.holds_in_python() for case in cases]
    assert expected[::3] == [True] * 100
    assert ask(cases, harness.functions.consistent) == expected


def equal_root(size: int) -> Digest:
    """Root of a tree of equal leaves."""
    if size not in EQUAL:
        left = 1 << (size - 1).bit_length() - 1
        EQUAL[size] = node_hash(equal_root(left), equal_root(size - left))
    return EQUAL[size]


EQUAL: dict[int, Digest] = {1: leaf_hash(b"the same")}


def test_published_vectors(harness: Contract) -> None:
    """The transparency-dev vectors: what is published as wrong, the contract refuses too."""
    cases, wrong = [], []
    for vector in json.loads((VECTORS / "consistency.json").read_text(encoding="utf-8")):
        proof = [base64.b64decode(node) for node in vector["proof"] or []]
        roots = [base64.b64decode(vector[name] or "") for name in ("root1", "root2")]
        sizes = vector["size1"], vector["size2"]
        if any(len(node) != 32 for node in (*proof, *roots)) or max(sizes) >= 2**64:
            continue  # not expressible as bytes32 or uint64: the ABI refuses it
        cases.append(Consistency(*sizes, *roots, proof))
        wrong.append(vector["wantErr"] or sizes[0] == sizes[1] or sizes[0] == 0)
    assert len(cases) > 30
    assert ask(cases, harness.functions.consistent) == [not bad for bad in wrong]


def test_published_inclusion_vectors(harness: Contract) -> None:
    cases, wrong = [], []
    for vector in json.loads((VECTORS / "inclusion.json").read_text(encoding="utf-8")):
        proof = [base64.b64decode(node) for node in vector["proof"] or []]
        ends = [base64.b64decode(vector[name] or "") for name in ("leafHash", "root")]
        place = vector["leafIdx"], vector["treeSize"]
        if any(len(node) != 32 for node in (*proof, *ends)) or max(place) >= 2**64:
            continue
        cases.append(Inclusion(ends[0], *place, ends[1], proof))
        wrong.append(vector["wantErr"])
    assert len(cases) > 30
    assert ask(cases, harness.functions.included) == [not bad for bad in wrong]
