"""Headers, hashed from what a client answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rlp

from ledger.chain.finality import finality_rule
from ledger.chain.headers import FIELDS, hash_whole, hash_without_seals, parse_header
from ledger.errors import ConfigurationError, InconsistentChainError
from tests.support.real_chain import RealChain

VECTOR = json.loads(
    (Path(__file__).parents[2] / "vectors/qbft/header_7528.json").read_text(encoding="utf-8")
)


@pytest.fixture
def block(founded_chain: RealChain) -> dict[str, Any]:
    answer = founded_chain.rpc.read("eth_getBlockByNumber", "0x3", False)
    assert isinstance(answer, dict)
    return dict(answer)


def test_a_real_header_hashes_to_what_its_client_says(founded_chain: RealChain) -> None:
    parent = bytes(32)
    for number in range(6):
        answer = founded_chain.rpc.read("eth_getBlockByNumber", hex(number), False)
        header = parse_header(answer, hash_whole)
        assert header.block.number == number
        assert header.block.parent_hash == parent
        parent = header.block.hash


@pytest.mark.parametrize("name", [name for name, _ in FIELDS])
def test_any_changed_field_is_noticed(block: dict[str, Any], name: str) -> None:
    if block.get(name) is None:
        block[name] = "0x0"
    elif name in {"number", "timestamp", "gasLimit", "gasUsed", "difficulty", "baseFeePerGas"}:
        block[name] = hex(int(block[name], 16) + 1)
    else:
        value = bytes.fromhex(block[name][2:]) or b"\x00"
        block[name] = "0x" + (value[:-1] + bytes([value[-1] ^ 1])).hex()
    with pytest.raises(InconsistentChainError):
        parse_header(block, hash_whole)


@pytest.mark.parametrize("value", [None, 5, "", "0x", "0xzz", "0x01", [], {}, "1234", "0x-1"])
@pytest.mark.parametrize("name", ["number", "hash", "parentHash", "transactions", "logsBloom"])
def test_malformed_fields_are_refused(block: dict[str, Any], name: str, value: object) -> None:
    if name == "transactions" and value == []:
        return
    block[name] = value
    with pytest.raises(InconsistentChainError):
        parse_header(block, hash_whole)


@pytest.mark.parametrize("answer", [None, [], "0x", 7, {}])
def test_what_is_no_block_is_refused(answer: object) -> None:
    with pytest.raises(InconsistentChainError):
        parse_header(answer, hash_whole)


def _fields() -> list[bytes]:
    return list(rlp.decode(bytes.fromhex(VECTOR["header_with_seals"])))


def test_the_published_sealing_preimage_hashes_to_the_published_digest() -> None:
    preimage = list(rlp.decode(bytes.fromhex(VECTOR["header_seal_preimage"])))
    assert hash_whole(preimage).hex() == VECTOR["commit_hash"]


def test_a_qbft_hash_depends_on_neither_seals_nor_round() -> None:
    fields = _fields()
    expected = hash_without_seals(list(fields))
    vanity, validators, vote, round_, seals = rlp.decode(fields[12])
    assert round_ == b"\x01"
    for other_round, other_seals in ((b"", []), (b"\x05", seals[:1]), (round_, seals[::-1])):
        fields[12] = rlp.encode([vanity, validators, vote, other_round, other_seals])
        assert hash_without_seals(list(fields)) == expected
    # With the round at zero and no seals it is the plain hash of the header.
    fields[12] = rlp.encode([vanity, validators, vote, b"", []])
    assert hash_whole(list(fields)) == expected
    fields[12] = rlp.encode([vanity, validators[:-1], vote, b"", []])
    assert hash_without_seals(list(fields)) != expected


@pytest.mark.parametrize(
    "extra", [b"", b"\x80", b"\xc0", b"\xff" * 40, rlp.encode([b"", [], b"", b""])]
)
def test_extra_data_of_another_consensus_is_refused(extra: bytes) -> None:
    fields = _fields()
    fields[12] = extra
    with pytest.raises(InconsistentChainError):
        hash_without_seals(list(fields))


def test_finality_rules() -> None:
    assert finality_rule("dev", depth=2).final_number(10) == 8
    assert not finality_rule("dev").survives_restart
    qbft = finality_rule("qbft", depth=7)
    assert (qbft.final_number(10), qbft.survives_restart) == (10, True)
    assert qbft.hash_rule is hash_without_seals
    with pytest.raises(ConfigurationError):
        finality_rule("clique")
    with pytest.raises(ConfigurationError):
        finality_rule("dev", depth=-1)
