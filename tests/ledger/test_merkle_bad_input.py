"""What is no size, no hash and no proof is refused as a failed verification, never by accident."""

from __future__ import annotations

from collections import deque
from typing import Any

import pytest

from ledger import merkle
from ledger.errors import InclusionError
from ledger.types import MAX_TREE_SIZE

LEAVES = [merkle.leaf_hash(bytes([number])) for number in range(5)]
INCLUSION: dict[str, Any] = {
    "leaf_hash": LEAVES[2],
    "leaf_index": 2,
    "tree_size": 5,
    "proof": merkle.inclusion_proof(LEAVES, 2),
    "root_hash": merkle.root_hash(LEAVES),
}
CONSISTENCY: dict[str, Any] = {
    "old_size": 3,
    "new_size": 5,
    "old_root": merkle.root_hash(LEAVES[:3]),
    "new_root": merkle.root_hash(LEAVES),
    "proof": merkle.consistency_proof(LEAVES, 3),
}
NOT_SIZES = [-1, 0, MAX_TREE_SIZE + 1, 2**64 - 1, 10**5000, True, 2.0, 5.0, "5", b"5", None]
NOT_HASHES = [b"", bytes(31), bytes(33), "0" * 32, bytearray(32), None, 7, [1] * 32]
NOT_PROOFS: list[Any] = [
    None,
    "0" * 32,
    b"0" * 32,
    3,
    {},
    {"a": 1},
    [[]],
    deque(INCLUSION["proof"]),
]


def test_the_claims_below_hold_unchanged() -> None:
    merkle.verify_inclusion(**INCLUSION)
    merkle.verify_inclusion(**INCLUSION | {"proof": tuple(INCLUSION["proof"])})
    merkle.verify_consistency(**CONSISTENCY)


@pytest.mark.parametrize("value", [*NOT_SIZES, 5], ids=lambda value: ascii(type(value)))
@pytest.mark.parametrize("field", ["leaf_index", "tree_size"])
def test_inclusion_refuses_what_is_no_number_of_it(field: str, value: Any) -> None:
    if (field, value) == ("tree_size", 5) and type(value) is int:
        value = 2
    with pytest.raises(InclusionError):
        merkle.verify_inclusion(**INCLUSION | {field: value})


@pytest.mark.parametrize("value", [*NOT_SIZES, 6], ids=lambda value: ascii(type(value)))
@pytest.mark.parametrize("field", ["old_size", "new_size"])
def test_consistency_refuses_what_is_no_size(field: str, value: Any) -> None:
    if field == "new_size" and value == 6:
        value = 2
    with pytest.raises(InclusionError):
        merkle.verify_consistency(**CONSISTENCY | {field: value})


@pytest.mark.parametrize("value", NOT_HASHES, ids=ascii)
def test_what_is_no_hash_is_refused(value: Any) -> None:
    for field in ("leaf_hash", "root_hash"):
        with pytest.raises(InclusionError):
            merkle.verify_inclusion(**INCLUSION | {field: value})
    for field in ("old_root", "new_root"):
        with pytest.raises(InclusionError):
            merkle.verify_consistency(**CONSISTENCY | {field: value})
    for verify, claim in (
        (merkle.verify_inclusion, INCLUSION),
        (merkle.verify_consistency, CONSISTENCY),
    ):
        for at in range(len(claim["proof"])):
            proof = [*claim["proof"]]
            proof[at] = value
            with pytest.raises(InclusionError):
                verify(**claim | {"proof": proof})


@pytest.mark.parametrize("value", NOT_PROOFS, ids=ascii)
def test_what_is_no_proof_is_refused(value: Any) -> None:
    with pytest.raises(InclusionError):
        merkle.verify_inclusion(**INCLUSION | {"proof": value})
    with pytest.raises(InclusionError):
        merkle.verify_consistency(**CONSISTENCY | {"proof": value})


def test_a_very_long_proof_is_refused_before_it_is_hashed() -> None:
    long_proof = LEAVES * 200_000
    for size in (5, MAX_TREE_SIZE):
        with pytest.raises(InclusionError, match="made of"):
            merkle.verify_inclusion(**INCLUSION | {"proof": long_proof, "tree_size": size})
        with pytest.raises(InclusionError, match="made of"):
            merkle.verify_consistency(**CONSISTENCY | {"proof": long_proof, "new_size": size})


def test_an_empty_old_tree_proves_nothing() -> None:
    empty = merkle.EMPTY_ROOT
    for new_size, new_root in ((0, empty), (5, CONSISTENCY["new_root"])):
        with pytest.raises(InclusionError):
            merkle.verify_consistency(
                old_size=0, new_size=new_size, old_root=empty, new_root=new_root, proof=[]
            )


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    same = CONSISTENCY | {"old_size": 5, "old_root": CONSISTENCY["new_root"], "proof": []}
    merkle.verify_consistency(**same)
    for change in ({"old_root": LEAVES[0]}, {"new_root": LEAVES[0]}, {"proof": [LEAVES[0]]}):
        with pytest.raises(InclusionError):
            merkle.verify_consistency(**same | change)


def test_proofs_are_made_only_of_what_there_is() -> None:
    for index in (-1, 5):
        with pytest.raises(InclusionError):
            merkle.inclusion_proof(LEAVES, index)
    for old_size, new_size in ((0, 5), (-1, 5), (4, 3), (1, 6), (6, None)):
        with pytest.raises(InclusionError):
            merkle.consistency_proof(LEAVES, old_size, new_size)
