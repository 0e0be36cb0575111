"""`python -m nodes.devnet`: a chain in the foreground, as a container runs it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from nodes.devnet.anvil_rpc import AnvilRpc
from nodes.devnet.chains import running_chain
from nodes.devnet.ports import free_port, is_port_free
from nodes.devnet.tools import PROJECT_ROOT


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def run(tmp_path: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    options = ["--directory", str(tmp_path), "--port", str(port), "--chain-id", "4711"]
    command = [sys.executable, "-m", "nodes.devnet", *options]
    running = subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.PIPE)
    try:
        yield running
    finally:
        running.kill()
        running.wait()
        said(running).close()


def said(run: subprocess.Popen[bytes]) -> IO[bytes]:
    assert run.stderr is not None
    return run.stderr


def test_it_serves_until_sigterm_and_leaves_its_state(
    run: subprocess.Popen[bytes], tmp_path: Path, port: int
) -> None:
    assert b"chain 4711 serves" in said(run).readline()
    with AnvilRpc(f"http://127.0.0.1:{port}") as rpc:
        assert rpc.call("eth_chainId") == hex(4711)
    run.send_signal(signal.SIGTERM)
    assert run.wait(20) == 0
    assert (tmp_path / "state.json").exists()
    assert running_chain(tmp_path) is None


def test_it_says_when_the_chain_is_gone(
    run: subprocess.Popen[bytes], tmp_path: Path, port: int
) -> None:
    said(run).readline()
    keeper = running_chain(tmp_path)
    assert keeper is not None
    os.kill(keeper.pid, signal.SIGKILL)
    assert run.wait(20) == 1
    assert b"ended by itself" in said(run).read()
    deadline = time.monotonic() + 15
    while not is_port_free(port):
        assert time.monotonic() < deadline, "anvil outlived its keeper"
        time.sleep(0.05)
