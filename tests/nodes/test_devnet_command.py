"""`python -m nodes.devnet`: a chain in the foreground, as a container runs it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from nodes.devnet.anvil_rpc import AnvilRpc
from nodes.devnet.chains import running_chain
from nodes.devnet.ports import free_port, is_port_free
from nodes.devnet.tools import PROJECT_ROOT


def command(directory: Path, port: int) -> list[str]:
    options = ["--directory", str(directory), "--port", str(port), "--chain-id", "4711"]
    return [sys.executable, "-m", "nodes.devnet", *options]


def test_it_serves_until_sigterm_and_leaves_its_state(tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(command(tmp_path, port), cwd=PROJECT_ROOT, stderr=subprocess.PIPE) as run:
        assert run.stderr is not None
        assert b"chain 4711 serves" in run.stderr.readline()
        with AnvilRpc(f"http://127.0.0.1:{port}") as rpc:
            assert rpc.call("eth_chainId") == hex(4711)
        run.send_signal(signal.SIGTERM)
        assert run.wait(20) == 0
    assert (tmp_path / "state.json").exists()
    assert running_chain(tmp_path) is None


def test_it_says_when_the_chain_is_gone(tmp_path: Path) -> None:
    port = free_port()
    with subprocess.Popen(command(tmp_path, port), cwd=PROJECT_ROOT, stderr=subprocess.PIPE) as run:
        assert run.stderr is not None
        run.stderr.readline()
        keeper = running_chain(tmp_path)
        assert keeper is not None
        subprocess.run(["kill", "-KILL", str(keeper.pid)], check=True)
        assert run.wait(20) == 1
        assert b"ended by itself" in run.stderr.read()
    deadline = time.monotonic() + 15
    while not is_port_free(port):
        assert time.monotonic() < deadline, "anvil outlived its keeper"
        time.sleep(0.05)
