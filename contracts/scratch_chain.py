"""A chain for one measurement: anvil, a block for each transaction, gone with the block.

Development chains whose state is kept are `nodes.devnet`'s business; nothing here knows it.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from web3 import HTTPProvider, Web3

_START_SECONDS: Final = 20.0
_PACKAGES = Path(__file__).resolve().parents[1] / "node_modules" / "@foundry-rs"


@contextmanager
def scratch_chain() -> Iterator[Web3]:
    """Start a chain under the rules of `paris` on which any address may send, for nothing.

    Raise `FileNotFoundError` where neither npm's package nor PATH has anvil, `TimeoutError` where
    it does not answer.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    flags = ["--port", str(port), "--hardfork", "paris", "--gas-price", "0"]
    flags += ["--block-base-fee-per-gas", "0", "--auto-impersonate", "--gas-limit", "60000000"]
    process = subprocess.Popen([_anvil(), *flags], stdout=subprocess.DEVNULL)
    try:
        w3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        deadline = time.monotonic() + _START_SECONDS
        while not w3.is_connected():
            if time.monotonic() > deadline or process.poll() is not None:
                raise TimeoutError(f"anvil did not answer on port {port}")
            time.sleep(0.05)
        yield w3
    finally:
        process.terminate()
        process.wait()


def _anvil() -> str:
    bundled = sorted(_PACKAGES.glob("anvil-*/bin/anvil"))
    found = str(bundled[0]) if bundled else shutil.which("anvil")
    if found is None:
        raise FileNotFoundError("anvil is missing: run `make setup`, or put it on PATH")
    return found
