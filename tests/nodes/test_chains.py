"""The development chain with the real anvil: what it keeps, and what is said when it can't run."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account

from ledger.errors import ChainError, ChainUnavailableError, ConfigurationError
from nodes.devnet.anvil_rpc import AnvilRpc
from nodes.devnet.chain_config import GENESIS_TIME, ChainConfig
from nodes.devnet.chains import AnvilChain, running_chain, stop_chain
from nodes.devnet.ports import free_port, is_port_free
from nodes.devnet.tools import PROJECT_ROOT

KEY = "0x" + "4c" * 32
PLAIN_TRANSFER = 21_000


@pytest.fixture
def config(tmp_path: Path) -> ChainConfig:
    return ChainConfig(directory=tmp_path / "chain", port=free_port())


@pytest.fixture
def rpc(config: ChainConfig) -> Iterator[AnvilRpc]:
    with AnvilRpc(config.url) as connection:
        yield connection


def wait_for(what: str, holds: Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def height(rpc: AnvilRpc) -> int:
    return int(str(rpc.call("eth_blockNumber")), 16)


def block(rpc: AnvilRpc, number: int) -> dict[str, str]:
    found = rpc.call("eth_getBlockByNumber", hex(number), False)
    assert isinstance(found, dict)
    return found


def block_times(rpc: AnvilRpc) -> list[int]:
    return [int(block(rpc, number)["timestamp"], 16) for number in range(height(rpc) + 1)]


def send(rpc: AnvilRpc, nonce: int, chain_id: int = 31_337) -> str:
    """A legacy transaction at gas price 0 from an account that has nothing."""
    signed = Account.from_key(KEY).sign_transaction(
        {
            "nonce": nonce,
            "gasPrice": 0,
            "gas": PLAIN_TRANSFER,
            "to": "0x" + "11" * 20,
            "value": 0,
            "data": b"",
            "chainId": chain_id,
        }
    )
    return str(rpc.call("eth_sendRawTransaction", "0x" + signed.raw_transaction.hex()))


def receipt(rpc: AnvilRpc, transaction: str) -> dict[str, str] | None:
    found = rpc.call("eth_getTransactionReceipt", transaction)
    assert found is None or isinstance(found, dict)
    return found


def test_blocks_carry_the_machines_time_after_a_fixed_genesis(
    config: ChainConfig, rpc: AnvilRpc
) -> None:
    with AnvilChain(config):
        started = time.time()
        wait_for("two blocks", lambda: height(rpc) >= 2)
        genesis, *later = block_times(rpc)
        assert rpc.call("eth_chainId") == hex(config.chain_id)
    assert genesis == GENESIS_TIME
    assert all(started - 2 <= seconds <= time.time() + 2 for seconds in later)
    assert later == sorted(set(later))


def test_a_legacy_transaction_at_price_zero_needs_no_funds(
    config: ChainConfig, rpc: AnvilRpc
) -> None:
    with AnvilChain(config):
        sent = send(rpc, nonce=0)
        wait_for("its receipt", lambda: receipt(rpc, sent) is not None)
        mined = receipt(rpc, sent)
    assert mined is not None
    assert (mined["status"], mined["type"], mined["effectiveGasPrice"]) == ("0x1", "0x0", "0x0")


def test_a_restart_goes_on_with_the_same_genesis_and_a_rising_clock(
    config: ChainConfig, rpc: AnvilRpc
) -> None:
    with AnvilChain(config):
        sent = send(rpc, nonce=0)
        wait_for("its receipt", lambda: receipt(rpc, sent) is not None)
        before, genesis = height(rpc), block(rpc, 0)["hash"]
    with AnvilChain(config):
        wait_for("a block after the restart", lambda: height(rpc) > before)
        assert block(rpc, 0)["hash"] == genesis == block(rpc, 1)["parentHash"]
        assert receipt(rpc, sent) is not None
        times = block_times(rpc)
    assert times == sorted(set(times))


def test_after_a_restart_proofs_begin_at_the_last_dump(config: ChainConfig, rpc: AnvilRpc) -> None:
    """What DESIGN §10 warns of; a mirror must not count on proofs at older blocks."""
    with AnvilChain(config):
        wait_for("three blocks", lambda: height(rpc) >= 3)
        assert rpc.call("eth_getProof", "0x" + "11" * 20, [], "0x1")
    with AnvilChain(config):
        assert rpc.call("eth_getProof", "0x" + "11" * 20, [], "latest")
        with pytest.raises(ChainError, match="BlockOutOfRange"):
            rpc.call("eth_getProof", "0x" + "11" * 20, [], "0x1")


def test_a_kill_in_the_middle_of_a_dump_costs_seconds_and_not_the_chain(
    config: ChainConfig, rpc: AnvilRpc
) -> None:
    chain = AnvilChain(config)
    chain.start()
    sent = send(rpc, nonce=0)
    wait_for("its receipt", lambda: receipt(rpc, sent) is not None)
    kept = height(rpc)
    good = config.state.with_name("state.json.good")
    wait_for("a good copy", lambda: good.exists() and f'"{sent}"' in good.read_text())
    found = running_chain(config.directory)
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    wait_for("anvil's end", lambda: is_port_free(config.port))
    chain.stop()
    config.state.write_bytes(config.state.read_bytes()[:1000])
    with AnvilChain(config):
        assert receipt(rpc, sent) is not None
        assert height(rpc) >= kept


def test_a_state_that_nothing_can_replace_is_named(config: ChainConfig) -> None:
    config.directory.mkdir()
    config.state.write_text('{"block": {')
    with pytest.raises(ConfigurationError, match=r"state\.json is damaged"):
        AnvilChain(config).start()


def test_a_kept_state_is_not_given_to_another_chain(config: ChainConfig) -> None:
    with AnvilChain(config):
        pass
    other = ChainConfig(directory=config.directory, port=config.port, chain_id=7)
    with pytest.raises(ConfigurationError, match="belongs to a chain with"):
        AnvilChain(other).start()


def test_without_state_nothing_is_kept_and_transactions_are_mined_at_once(
    config: ChainConfig, rpc: AnvilRpc
) -> None:
    fresh = ChainConfig(
        directory=config.directory, port=config.port, block_time=None, keep_state=False
    )
    for _ in range(2):
        with AnvilChain(fresh):
            sent = send(rpc, nonce=0)
            wait_for("its receipt", lambda sent=sent: receipt(rpc, sent) is not None, seconds=2)
            assert height(rpc) == 1
    assert not fresh.state.exists()


def test_a_taken_port_is_named_with_its_owner(config: ChainConfig) -> None:
    with socket.create_server(("127.0.0.1", config.port)):
        with pytest.raises(ConfigurationError, match=rf"port {config.port} .* taken") as refusal:
            AnvilChain(config).start()
        if sys.platform == "linux":
            assert f"process {os.getpid()} (" in str(refusal.value)
    assert not config.state.exists()


def test_a_second_start_names_the_first(config: ChainConfig) -> None:
    with AnvilChain(config):
        found = running_chain(config.directory)
        assert found is not None and found.port == config.port
        with pytest.raises(ConfigurationError, match=f"process {found.pid}, port {found.port}"):
            AnvilChain(config).start()
    assert running_chain(config.directory) is None


def test_a_stale_lock_file_does_not_stand_in_the_way(config: ChainConfig) -> None:
    config.directory.mkdir()
    config.lock.write_text(f'{{"pid": {os.getpid()}, "port": {config.port}}}')
    assert running_chain(config.directory) is None
    assert stop_chain(config.directory) is False
    with AnvilChain(config) as chain:
        assert chain.is_running()


def test_what_anvil_says_is_in_the_error(config: ChainConfig) -> None:
    wrong = ChainConfig(directory=config.directory, port=config.port, hardfork="parisian")
    with pytest.raises(ChainUnavailableError, match=r"(?s)ended at once.*parisian"):
        AnvilChain(wrong).start()
    assert running_chain(config.directory) is None


@pytest.mark.parametrize("detached", [False, True])
def test_a_launchers_death_ends_an_attached_chain_alone(
    config: ChainConfig, rpc: AnvilRpc, detached: bool
) -> None:
    launcher = f"""
import os, signal
from pathlib import Path
from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.chains import AnvilChain
chain = AnvilChain(ChainConfig(directory=Path({str(config.directory)!r}), port={config.port}))
chain.start(detached={detached})
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", launcher], cwd=PROJECT_ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    if detached:
        reached = height(rpc)
        wait_for("further blocks", lambda: height(rpc) > reached + 1)
        assert stop_chain(config.directory) is True
    wait_for("the port to be free", lambda: is_port_free(config.port))
    with AnvilChain(config):
        assert height(rpc) >= 0
    assert running_chain(config.directory) is None
