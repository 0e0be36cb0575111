"""Digests: published values, and every domain apart from the others."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger import hashing
from ledger.types import Digest

VECTORS = Path(__file__).parents[1] / "vectors"
SM3 = json.loads((VECTORS / "sm/sm3.json").read_text())
TREE = json.loads((VECTORS / "merkle/reference_tree.json").read_text())


@pytest.mark.parametrize("vector", SM3, ids=lambda vector: vector["digest_hex"][:8])
def test_sm3_vectors(vector: dict[str, str]) -> None:
    message = bytes.fromhex(vector["message_hex"])
    assert hashing.sm3(message).hex() == vector["digest_hex"]
    assert hashing.file_digests([message]).sm3.hex() == vector["digest_hex"]


def test_published_leaf_and_node_hashes() -> None:
    for vector in TREE["leaf_hashes"]:
        leaf = hashing.leaf_hash(bytes.fromhex(vector["data_hex"]))
        assert leaf.hex() == vector["leaf_hash_hex"]
    for vector in TREE["node_hashes"]:
        node = hashing.node_hash(
            bytes.fromhex(vector["left_hex"]), bytes.fromhex(vector["right_hex"])
        )
        assert node.hex() == vector["node_hash_hex"]


def test_one_level_at_once_gives_the_published_subtrees() -> None:
    levels = TREE["complete_subtree_hashes_hex_by_level"]
    level = [Digest(bytes.fromhex(text)) for text in levels[0]]
    for above in levels[1:]:
        level = hashing.node_hashes(level)
        assert [node.hex() for node in level] == above
    assert hashing.node_hashes(level) == []


def test_published_keccak_and_empty_root() -> None:
    # The code hash of an account without code, and the topic of `Transfer`, known to every client.
    assert hashing.keccak256(b"").hex() == (
        "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
    )
    assert hashing.keccak256(b"Transfer(address,address,uint256)").hex() == (
        "ddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
    )
    assert hashing.EMPTY_ROOT.hex() == TREE["roots_hex_by_size"][0]


def test_sd_jwt_disclosure_digest() -> None:
    # RFC 9901 §4.2.3 prints this disclosure of `family_name` and its digest.
    disclosure = "WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0"
    digest = hashing.disclosure_digest(disclosure)
    assert urlsafe_b64encode(digest) == b"X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0="


@given(st.lists(st.binary(max_size=200), max_size=8))
def test_chunks_do_not_matter(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)
    digests = hashing.file_digests(chunks)
    assert digests == hashing.file_digests([whole])
    assert digests.sha256 == hashlib.sha256(whole).digest()
    assert digests.size == len(whole)


def test_digests_may_be_asked_for_between_chunks() -> None:
    digester = hashing.FileDigester()
    digester.update(b"a")
    first = digester.digests()
    digester.update(b"b")
    assert first == hashing.file_digests([b"a"])
    assert digester.digests() == hashing.file_digests([b"ab"])


def test_keyed_digest_is_hmac_over_label_length_label_and_data() -> None:
    # HMAC written out as RFC 2104 defines it.
    block = b"key".ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + b"\x06holder110101").digest()
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).digest()
    assert hashing.keyed_digest(b"key", "holder", b"110101") == outer


def test_domains_are_apart() -> None:
    data = b"110000"
    digests = {
        hashing.sha256(data),
        hashing.leaf_hash(data),
        hashing.node_hash(b"110", b"000"),
        hashing.keyed_digest(b"k", "a", b"b" + data),
        hashing.keyed_digest(b"k", "ab", data),
        hashing.sm3(data),
        hashing.keccak256(data),
    }
    assert len(digests) == 7


def test_type_hash_is_the_contracts_name_for_a_type() -> None:
    code = "11100000000013338W011"
    assert hashing.type_hash(code) == hashlib.sha256(code.encode()).digest()
