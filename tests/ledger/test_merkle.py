"""The tree of RFC 9162: published proofs, good and bad, and every proof of random trees."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import merkle
from ledger.errors import InclusionError, VerificationError
from ledger.types import Digest

VECTORS = Path(__file__).parents[1] / "vectors"
INCLUSION = json.loads((VECTORS / "merkle/inclusion.json").read_text())
CONSISTENCY = json.loads((VECTORS / "merkle/consistency.json").read_text())
TREE = json.loads((VECTORS / "merkle/reference_tree.json").read_text())
LOG = json.loads((VECTORS / "tlog/tessera_log.json").read_text())

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(64)]


def digest(text: str) -> Digest:
    return Digest(b64decode(text))


def holds(verify: Callable[..., None], **claim: Any) -> bool:
    """Whether it verifies; anything but a VerificationError fails the test by itself."""
    try:
        verify(**claim)
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize("vector", INCLUSION, ids=lambda v: f"{v['file'][19:-5]}")
def test_published_inclusion_proofs(vector: dict[str, Any]) -> None:
    assert vector["wantErr"] is not holds(
        merkle.verify_inclusion,
        leaf_hash=digest(vector["leafHash"]),
        leaf_index=vector["leafIdx"],
        tree_size=vector["treeSize"],
        proof=[digest(text) for text in vector["proof"] or []],
        root_hash=digest(vector["root"]),
    )


@pytest.mark.parametrize("vector", CONSISTENCY, ids=lambda v: f"{v['file'][21:-5]}")
def test_published_consistency_proofs(vector: dict[str, Any]) -> None:
    assert vector["wantErr"] is not holds(
        merkle.verify_consistency,
        old_size=vector["size1"],
        new_size=vector["size2"],
        old_root=digest(vector["root1"]),
        new_root=digest(vector["root2"]),
        proof=[digest(text) for text in vector["proof"] or []],
    )


def test_published_roots() -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in TREE["leaves_hex"]]
    for size, root in enumerate(TREE["roots_hex_by_size"]):
        assert merkle.root_hash(leaves[:size]).hex() == root
    entries = [merkle.leaf_hash(text.encode()) for text in LOG["entries_utf8"]]
    for size, root in enumerate(LOG["roots_base64_by_size"]):
        assert merkle.root_hash(entries[:size]) == digest(root)


def test_published_good_proofs_are_the_ones_we_make() -> None:
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in TREE["leaves_hex"]]
    made = 0
    for vector in INCLUSION:
        if not vector["wantErr"] and vector["treeSize"] > 1:
            proof = merkle.inclusion_proof(leaves[: vector["treeSize"]], vector["leafIdx"])
            assert proof == [digest(text) for text in vector["proof"]]
            made += 1
    for vector in CONSISTENCY:
        if not vector["wantErr"] and vector["size2"] > 1:
            proof = merkle.consistency_proof(leaves, vector["size1"], vector["size2"])
            assert proof == [digest(text) for text in vector["proof"]]
            made += 1
    assert made == 4


@pytest.mark.parametrize("size", range(1, 34))
def test_every_proof_of_a_small_tree_verifies(size: int) -> None:
    leaves = LEAVES[:size]
    root = merkle.root_hash(leaves)
    for index, leaf in enumerate(leaves):
        merkle.verify_inclusion(
            leaf_hash=leaf,
            leaf_index=index,
            tree_size=size,
            proof=merkle.inclusion_proof(leaves, index),
            root_hash=root,
        )
    for old_size in range(1, size + 1):
        merkle.verify_consistency(
            old_size=old_size,
            new_size=size,
            old_root=merkle.root_hash(leaves[:old_size]),
            new_root=root,
            proof=merkle.consistency_proof(LEAVES, old_size, size),
        )


def spoiled(proof: list[Digest], bit: int) -> Iterator[dict[str, list[Digest]]]:
    """The proof with a hash too many at either end, and with each hash changed or left out."""
    yield {"proof": [*proof, LEAVES[0]]}
    yield {"proof": [LEAVES[0], *proof]}
    for at, hash_ in enumerate(proof):
        yield {"proof": [*proof[:at], flip(hash_, bit), *proof[at + 1 :]]}
        yield {"proof": [*proof[:at], *proof[at + 1 :]]}


def flip(hash_: Digest, bit: int) -> Digest:
    changed = bytearray(hash_)
    changed[bit // 8] ^= 1 << bit % 8
    return Digest(bytes(changed))


sizes = st.integers(1, len(LEAVES))


@given(sizes, st.data())
def test_an_inclusion_proof_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    good: dict[str, Any] = {
        "leaf_hash": LEAVES[index],
        "leaf_index": index,
        "tree_size": size,
        "proof": merkle.inclusion_proof(LEAVES[:size], index),
        "root_hash": merkle.root_hash(LEAVES[:size]),
    }
    bit = data.draw(st.integers(0, 255))
    bad: list[dict[str, Any]] = [
        {"leaf_hash": flip(good["leaf_hash"], bit)},
        {"root_hash": flip(good["root_hash"], bit)},
        *({"leaf_index": other} for other in range(size) if other != index),
        *spoiled(good["proof"], bit),
    ]
    merkle.verify_inclusion(**good)
    for change in bad:
        with pytest.raises(InclusionError):
            merkle.verify_inclusion(**good | change)


@given(sizes, st.data())
def test_a_consistency_proof_holds_for_nothing_else(size: int, data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, size))
    good: dict[str, Any] = {
        "old_size": old_size,
        "new_size": size,
        "old_root": merkle.root_hash(LEAVES[:old_size]),
        "new_root": merkle.root_hash(LEAVES[:size]),
        "proof": merkle.consistency_proof(LEAVES, old_size, size),
    }
    bit = data.draw(st.integers(0, 255))
    bad: list[dict[str, Any]] = [
        {"old_root": flip(good["old_root"], bit)},
        {"new_root": flip(good["new_root"], bit)},
        *spoiled(good["proof"], bit),
    ]
    merkle.verify_consistency(**good)
    for change in bad:
        with pytest.raises(InclusionError):
            merkle.verify_consistency(**good | change)
