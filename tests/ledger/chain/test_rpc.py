"""The client is away, answers rubbish, or its answer is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.chain.rpc import JsonRpc, RpcSettings
from ledger.chain.wordings import WORDINGS, Meaning, meaning_of
from ledger.errors import (
    ChainError,
    ChainUnavailableError,
    ClientRefusedError,
    InconsistentChainError,
    OutcomeUnknownError,
)
from nodes.devnet.ports import free_port
from tests.support.lying_client import HangUpError, LyingClient, lying_client
from tests.support.real_chain import RealChain


@pytest.fixture
def client(founded_chain: RealChain) -> Iterator[LyingClient]:
    with lying_client(founded_chain.anvil.url) as client:
        yield client


def _rpc(url: str, attempts: int = 3) -> JsonRpc:
    return JsonRpc(RpcSettings(url=url, attempts=attempts, read_seconds=2), sleep=lambda _: None)


def test_nobody_there() -> None:
    rpc = _rpc(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(ChainUnavailableError, match="does not answer") as away:
        rpc.read("eth_chainId")
    assert str(away.value) == (
        f"the chain client at {rpc.settings.url} does not answer: connection refused"
    )
    with pytest.raises(ChainUnavailableError):
        rpc.read_many([("eth_chainId", [])])
    with pytest.raises(OutcomeUnknownError):
        rpc.send("0x00")


def test_a_read_is_repeated_and_a_transaction_is_not(client: LyingClient) -> None:
    failures = [HangUpError(), HangUpError()]

    def bend(_method: str, _params: list[Any], answer: dict[str, Any]) -> Any:
        if failures:
            raise failures.pop()
        return answer

    client.bend = bend
    assert _rpc(client.url).read("eth_chainId") == "0x7a69"
    assert client.asked == ["eth_chainId"] * 3
    failures[:] = [HangUpError()]
    with pytest.raises(OutcomeUnknownError):
        _rpc(client.url).send("0x00")
    assert client.asked[3:] == ["eth_sendRawTransaction"]


@pytest.mark.parametrize(
    "body",
    [
        (200, b""),
        (200, b"<html>"),
        (200, b"\xff\xfe"),
        (200, b"[]"),
        (200, b'"text"'),
        (200, b"{}"),
        (200, b'{"jsonrpc":"2.0","id":1}'),
        (200, b'{"jsonrpc":"2.0","id":1,"error":5}'),
        (200, b'[{"id":1,"result":"0x1"},{"id":2,"result":"0x1"}]'),
        (502, b"bad gateway"),
        (401, b'{"error":"no"}'),
    ],
)
def test_rubbish_is_a_chain_error(client: LyingClient, body: tuple[int, bytes]) -> None:
    client.body = body
    rpc = _rpc(client.url, attempts=1)
    with pytest.raises(ChainError):
        rpc.read("eth_chainId")
    with pytest.raises(ChainError):
        rpc.read_many([("eth_chainId", []), ("eth_chainId", []), ("eth_chainId", [])])
    with pytest.raises(ChainError):
        rpc.send("0x00")


def test_an_error_carries_its_meaning(client: LyingClient) -> None:
    with pytest.raises(ClientRefusedError) as caught:
        _rpc(client.url).read("eth_noSuchMethod")
    assert (caught.value.code, caught.value.meaning) == (-32601, Meaning.OTHER)


def test_a_client_that_is_busy_is_asked_again_later(client: LyingClient) -> None:
    client.bend = lambda _m, _p, answer: {
        "id": answer["id"],
        "error": {"code": -32000, "message": "txpool is full"},
    }
    with pytest.raises(ChainUnavailableError):
        _rpc(client.url).read("eth_chainId")


def test_answers_must_be_as_many_as_questions(client: LyingClient) -> None:
    client.body = (200, b'[{"id":0,"result":"0x1"}]')
    with pytest.raises(InconsistentChainError):
        _rpc(client.url).read_many([("eth_chainId", []), ("eth_chainId", [])])


@pytest.mark.parametrize(
    ("code", "message", "meaning"),
    [
        # As the clients worded them when they were asked (anvil 1.7.1) or in their sources.
        (-32003, "transaction already imported", Meaning.ALREADY_KNOWN),
        (-32000, "already known", Meaning.ALREADY_KNOWN),
        (-32000, "known transaction: 1a2b", Meaning.ALREADY_KNOWN),
        (-32000, "Known transaction", Meaning.ALREADY_KNOWN),
        (-32003, "nonce too low", Meaning.NONCE_USED),
        (-32001, "Nonce too low", Meaning.NONCE_USED),
        (-32003, "replacement transaction underpriced", Meaning.UNDERPRICED),
        (-32000, "Replacement transaction underpriced", Meaning.UNDERPRICED),
        (3, "execution reverted", Meaning.REVERTED),
        (-32000, "Execution reverted", Meaning.REVERTED),
        (
            -32602,
            "BlockOutOfRangeError: block height is 3 but requested was 1",
            Meaning.STATE_GONE,
        ),
        (-32000, "missing trie node 1a2b (path )", Meaning.STATE_GONE),
        (-32000, "World state unavailable", Meaning.STATE_GONE),
        (-39001, "Unknown block", Meaning.OTHER),
        (-32000, "finalized block not found", Meaning.OTHER),
    ],
)
def test_wordings_of_known_clients(code: int, message: str, meaning: Meaning) -> None:
    assert meaning_of(code, message) is meaning


def test_no_wording_is_shadowed_by_an_earlier_one() -> None:
    for meaning, phrase, _clients in WORDINGS:
        assert phrase == phrase.lower()
        assert meaning_of(-32000, phrase) is meaning
