"""What a lying client sends is not believed: events, proofs, blocks, identity."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from ledger import merkle
from ledger.chain.connect import open_chain
from ledger.chain.reader import RpcChainReader
from ledger.chain.rpc import RpcSettings
from ledger.chain_events import AuthoritySet, EndpointSet, GrantSet, RegionKeySet, TypeSet
from ledger.errors import ChainError, InconsistentChainError, WrongChainError
from ledger.hashing import leaf_hash, type_hash
from ledger.ports.outbox import StatusWordUpdate
from ledger.types import BlockRef, Head, LogKind, Region
from tests.support.lying_client import LyingClient, lying_client
from tests.support.real_chain import REGIONS, TYPES, RealChain

REGION = Region("110000")
WORD = StatusWordUpdate(epoch=0, word_index=0, mask=3, values=2, reason=4)


@pytest.fixture
def client(real_chain: RealChain) -> Iterator[LyingClient]:
    with lying_client(real_chain.anvil.url) as client:
        yield client


@pytest.fixture
def reader(real_chain: RealChain, client: LyingClient) -> RpcChainReader:
    settings = replace(real_chain.settings(), rpc=RpcSettings(url=client.url, attempts=1))
    return open_chain(settings)


@pytest.fixture
def block(real_chain: RealChain) -> BlockRef:
    """A block with a revocation in its first transaction and another transaction after it."""
    anchor = real_chain.anchor(REGION)
    leaves = [leaf_hash(b"a"), leaf_hash(b"b")]
    head = Head(epoch=0, tree_size=2, root_hash=merkle.root_hash(leaves))
    anchor.send(
        anchor.sign_append(
            nonce=0, kind=LogKind.LICENSES, new_head=head, proof=[], status_words=[WORD]
        )
    )
    anchor.send(anchor.sign_nothing(nonce=1))
    real_chain.mine()
    return real_chain.reader().newest()


def _changed(client: LyingClient, wanted: str, change: Any) -> None:
    """Let `change` edit the result of every answer to `wanted`."""

    def bend(method: str, _params: list[Any], answer: dict[str, Any]) -> Any:
        answer = copy.deepcopy(answer)
        if method == wanted and answer.get("result") is not None:
            answer["result"] = change(answer["result"])
        return answer

    client.bend = bend


def test_the_truth_is_believed(reader: RpcChainReader, block: BlockRef) -> None:
    assert len(reader.events(block)) == 2
    assert reader.status_word(REGION, 0, 0, block) == 2


def _without_logs(receipt: dict[str, Any]) -> dict[str, Any]:
    return {**receipt, "logs": []}


def _without_last_log(receipt: dict[str, Any]) -> dict[str, Any]:
    return {**receipt, "logs": receipt["logs"][:-1]}


def _failed(receipt: dict[str, Any]) -> dict[str, Any]:
    return {**receipt, "status": "0x0"}


def _of_another_type(receipt: dict[str, Any]) -> dict[str, Any]:
    return {**receipt, "type": "0x2"}


def _with_other_data(receipt: dict[str, Any]) -> dict[str, Any]:
    logs = copy.deepcopy(receipt["logs"])
    for log in logs:
        log["data"] = log["data"][:-1] + ("0" if log["data"][-1] != "0" else "1")
    return {**receipt, "logs": logs} if logs else _failed(receipt)


@pytest.mark.parametrize(
    "change",
    [_without_logs, _without_last_log, _failed, _of_another_type, _with_other_data],
)
def test_receipts_that_were_changed_are_noticed(
    reader: RpcChainReader, client: LyingClient, block: BlockRef, change: Any
) -> None:
    _changed(client, "eth_getTransactionReceipt", change)
    with pytest.raises(InconsistentChainError, match="receipts root"):
        reader.events(block)


@pytest.mark.parametrize("cut", [slice(1, None), slice(None, 1), slice(None, None, -1), slice(0)])
def test_transactions_that_were_left_out_are_noticed(
    reader: RpcChainReader, client: LyingClient, block: BlockRef, cut: slice
) -> None:
    def change(said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "transactions": said["transactions"][cut]}

    _changed(client, "eth_getBlockByHash", change)
    with pytest.raises(InconsistentChainError, match="receipts root"):
        reader.events(block)


def test_a_bloom_that_hides_the_contracts_is_noticed(
    reader: RpcChainReader, client: LyingClient, block: BlockRef
) -> None:
    _changed(client, "eth_getBlockByHash", lambda said: {**said, "logsBloom": "0x" + "00" * 256})
    with pytest.raises(InconsistentChainError, match="hashes to"):
        reader.blocks_with_events([block])


@pytest.mark.parametrize("receipt", [[], {}, 5, {"logs": {}}, {"status": "0x1", "logs": [5]}])
def test_malformed_receipts_are_refused(
    reader: RpcChainReader, client: LyingClient, block: BlockRef, receipt: object
) -> None:
    _changed(client, "eth_getTransactionReceipt", lambda _: receipt)
    with pytest.raises(InconsistentChainError):
        reader.events(block)


_PLACES = 16


def _flip(proof: dict[str, Any], place: int) -> dict[str, Any]:
    """Change one digit, `place` sixteenths into all nodes of the proof together."""
    changed = copy.deepcopy(proof)
    lists = [changed["accountProof"], changed["storageProof"][0]["proof"]]
    digits = [
        (nodes, at, digit)
        for nodes in lists
        for at in range(len(nodes))
        for digit in range(2, len(nodes[at]))
    ]
    nodes, at, digit = digits[len(digits) * place // _PLACES]
    node = nodes[at]
    nodes[at] = f"{node[:digit]}{int(node[digit], 16) ^ 1:x}{node[digit + 1 :]}"
    return changed


@pytest.mark.parametrize("place", range(_PLACES))
def test_a_proof_with_any_digit_changed_is_refused(
    reader: RpcChainReader, client: LyingClient, block: BlockRef, place: int
) -> None:
    _changed(client, "eth_getProof", lambda proof: _flip(proof, place))
    with pytest.raises(InconsistentChainError):
        reader.status_word(REGION, 0, 0, block)


def _without_storage(proof: dict[str, Any]) -> dict[str, Any]:
    return {**proof, "storageProof": [{"key": "0x0", "value": "0x0", "proof": []}]}


@pytest.mark.parametrize(
    "change",
    [
        _without_storage,
        lambda proof: {**proof, "storageProof": []},
        lambda proof: {**proof, "accountProof": []},
        lambda proof: {**proof, "accountProof": proof["accountProof"][:-1]},
        lambda proof: {**proof, "accountProof": ["0x"]},
        lambda proof: {**proof, "accountProof": ["0xc0"]},
        lambda proof: {**proof, "accountProof": ["0x83010203"]},
        lambda _: {},
        lambda _: [],
    ],
)
def test_an_incomplete_proof_is_refused(
    reader: RpcChainReader, client: LyingClient, block: BlockRef, change: Any
) -> None:
    _changed(client, "eth_getProof", change)
    with pytest.raises(InconsistentChainError):
        reader.status_word(REGION, 0, 0, block)


def test_a_proof_of_another_block_is_refused(
    reader: RpcChainReader, real_chain: RealChain, block: BlockRef
) -> None:
    real_chain.mine()
    assert reader.status_word(REGION, 0, 0, block) == 2
    before = reader.block(block.number - 1)
    assert before is not None
    with pytest.raises(InconsistentChainError):
        reader.status_word(REGION, 0, 0, replace(before, number=block.number))


def test_an_unset_word_is_proved_to_be_zero(reader: RpcChainReader, block: BlockRef) -> None:
    assert reader.status_word(REGION, 0, 12345, block) == 0
    assert reader.status_word(Region("120000"), 3, 0, block) == 0


def test_a_word_before_the_contract_existed_is_no_word(
    reader: RpcChainReader, real_chain: RealChain
) -> None:
    genesis = reader.block(0)
    assert genesis is not None
    with pytest.raises(ChainError):
        reader.status_word(REGION, 0, 0, genesis)


def test_another_block_than_asked_for_is_refused(
    reader: RpcChainReader, client: LyingClient, real_chain: RealChain
) -> None:
    other = real_chain.rpc.read("eth_getBlockByNumber", "0x2", False)
    _changed(client, "eth_getBlockByNumber", lambda _: other)
    with pytest.raises(InconsistentChainError, match="asked for"):
        reader.block(3)


# --- identity -----------------------------------------------------------------------------------


def test_another_chain_or_other_contracts_are_refused(
    real_chain: RealChain, client: LyingClient
) -> None:
    settings = real_chain.settings()
    own = settings.identity
    open_chain(settings).verify_identity()
    for wrong, said in (
        (replace(own, chain_id=1), "chain 31337"),
        (replace(own, genesis_hash=bytes(32)), "block 0"),
        (replace(own, consortium=bytes(20)), "Consortium"),
        (replace(own, license_log=own.consortium), "Consortium|LicenseLog"),
        (replace(own, consortium=own.license_log, license_log=own.consortium), "Consortium"),
    ):
        with pytest.raises(WrongChainError, match=said):
            open_chain(replace(settings, identity=wrong)).verify_identity()
    open_chain(replace(settings, identity=replace(own, genesis_hash=None))).verify_identity()


def test_code_that_was_changed_is_refused(reader: RpcChainReader, client: LyingClient) -> None:
    _changed(client, "eth_getCode", lambda code: code[:-2] + "fe")
    with pytest.raises(WrongChainError, match="not this version's"):
        reader.verify_identity()


# --- what the founding announced ----------------------------------------------------------------


def test_the_founding_is_read_as_facts(real_chain: RealChain) -> None:
    reader = real_chain.reader()
    blocks = reader.blocks(0, reader.newest().number)
    events = [
        event for block in reader.blocks_with_events(blocks) for event in reader.events(block)
    ]
    authorities = {e.region: e for e in events if isinstance(e, AuthoritySet)}
    keys = {(e.region, e.use): e for e in events if isinstance(e, RegionKeySet)}
    assert set(authorities) == set(REGIONS)
    for region in real_chain.deployed.regions:
        authority = authorities[region.code]
        assert (authority.anchor_key, authority.active) == (region.keys.anchor_address, True)
        assert authority.since_block == real_chain.deployed.block_number + 1
        signing = keys[region.code, "signing"]
        assert (signing.number, signing.public) == (0, region.keys.signing_key.public.raw)
        sealing = keys[region.code, "encryption"]
        assert sealing.public == region.keys.encryption_key.public.raw
    endpoints = {e.region: e.url for e in events if isinstance(e, EndpointSet)}
    assert endpoints == {one.code: one.endpoint for one in real_chain.deployed.regions}
    types = {e.type_hash: e.level for e in events if isinstance(e, TypeSet)}
    assert types == {type_hash(one.code): one.level for one in TYPES}
    grants = {(e.region, e.type_hash) for e in events if isinstance(e, GrantSet) and e.granted}
    assert grants == {(region, hash_) for region in REGIONS for hash_ in types}
