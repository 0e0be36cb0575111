"""The development chain: a real anvil under a keeper, with its state on disk.

Measured with anvil 1.7.1 (November 2026); each line is why something below is as it is.

- `--timestamp` sets the genesis time **and the chain's clock**. Given again at a restart, blocks go
  back in time (…005, then …001); left out, block 0 gets another hash, and a node that pinned the
  genesis refuses the chain. So the genesis time is fixed and always given, mining is off while
  anvil starts, and the clock is set to the machine's (never below the last block) before mining.
- Hence the interval is set by RPC (`evm_setIntervalMining`) and not by `--block-time`: with the
  flag, a slow start would mine a block at the genesis clock.
- The state is dumped every second and on SIGTERM (3 ms to 0.1 s); a kill loses what came after the
  last dump, and one in the middle of a dump damages the file: see `nodes.devnet.chain_state`.
- After a restart, states of older blocks are gone: `eth_getProof`, `eth_call` and `eth_getBalance`
  answer -32602 BlockOutOfRangeError below the block of the last dump. Blocks, receipts and logs
  stay. While it runs the last `proof_window` states are kept.
- Without `--prune-history` anvil writes every older state to the home folder, each with the hash of
  every block before it: 7.5 GB after 10,000 blocks. With it: nothing, and memory of about
  `proof_window` x blocks x 110 bytes (190 MB for 500 states at block 3,000).
- The state file grows by 1.2 KB per empty block and is rewritten whole each second (10,000 blocks:
  12 MB, 3 % of a core). A development chain is for days, not for months.
- With `--hardfork paris` and both fee flags at 0 the base fee stays 0, also after a full block, and
  a legacy transaction with gas price 0 is mined from an account without funds. `eth_gasPrice`
  answers 1 gwei all the same: callers pass the price themselves.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from ledger.errors import ChainUnavailableError, ConfigurationError
from nodes.devnet import chain_state, process_lock
from nodes.devnet.anvil_rpc import AnvilRpc
from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.keeper import STOP_SECONDS
from nodes.devnet.ports import is_port_free, require_free_port
from nodes.devnet.process_lock import Holder
from nodes.devnet.tools import PROJECT_ROOT, find_anvil

_POLL_SECONDS = 0.05
_LOG_TAIL_CHARACTERS = 1_500


class AnvilChain:
    """A running anvil. As a context manager it ends with the block, and with this process."""

    def __init__(self, config: ChainConfig) -> None:
        self.config = config
        self._keeper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it serves JSON-RPC."""
        return self.config.url

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, *, detached: bool = False) -> None:
        """Start, and return once it answers and its clock runs.

        Attached, it ends when this process does, however that ends; detached, it lives on until
        `stop_chain`. State that is kept is gone on from, with the last good copy if a kill damaged
        it. Raise `ConfigurationError` (already running, port taken, other settings than the state
        was made with, anvil missing) or `ChainUnavailableError` (it did not come up; with the end
        of its log); nothing is left running then.
        """
        config = self.config
        _prepare(config)
        said_before = config.log.stat().st_size if config.log.exists() else 0
        self._keeper = _spawn(config, detached=detached)
        try:
            with AnvilRpc(config.url) as rpc:
                self._await_answer(rpc, said_before)
                _begin(config, rpc)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End it in the way that dumps the state; return when it is gone. Harmless if it is."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        keeper.terminate()
        try:
            keeper.wait(STOP_SECONDS + 5)
        except subprocess.TimeoutExpired:
            keeper.kill()
            keeper.wait()
        finally:
            if keeper.stdin is not None:
                keeper.stdin.close()

    def is_running(self) -> bool:
        """Whether the process that this object started is alive."""
        return self._keeper is not None and self._keeper.poll() is None

    def _await_answer(self, rpc: AnvilRpc, said_before: int) -> None:
        deadline = time.monotonic() + self.config.start_timeout
        while not rpc.answers():
            if not self.is_running():
                raise ChainUnavailableError(self._failure("ended at once", said_before))
            if time.monotonic() > deadline:
                timeout = f"did not answer within {self.config.start_timeout} s"
                raise ChainUnavailableError(self._failure(timeout, said_before))
            time.sleep(_POLL_SECONDS)

    def _failure(self, what: str, said_before: int) -> str:
        said = self.config.log.read_bytes()[said_before:].decode("utf-8", "replace").strip()
        tail = said[-_LOG_TAIL_CHARACTERS:] or "(nothing)"
        return f"anvil on port {self.config.port} {what}. {self.config.log} says: {tail}"


def running_chain(directory: Path) -> Holder | None:
    """Process and port of the chain that runs from `directory`, or None (a stale file is none)."""
    return process_lock.holder(ChainConfig(directory=directory).lock)


def stop_chain(directory: Path) -> bool:
    """End the chain that runs from `directory`, whoever started it; False if none does."""
    return process_lock.end_holder(ChainConfig(directory=directory).lock, timeout=STOP_SECONDS + 5)


def _prepare(config: ChainConfig) -> None:
    """Refuse what cannot work, and make the state whole."""
    config.directory.mkdir(parents=True, exist_ok=True)
    if found := _settled_holder(config.directory):
        raise ConfigurationError(
            f"a chain runs already from {config.directory}: process {found.pid}, port {found.port}."
            " Use it, or stop it first (`make demo-stop` for the demo's)."
        )
    require_free_port(config.port, purpose="the chain's JSON-RPC", host=config.host)
    if config.keep_state:
        chain_state.restore(config.state)
        config.require_same_chain()


def _settled_holder(directory: Path) -> Holder | None:
    """Who runs the chain; a keeper whose anvil has ended is waited for, it is about to leave."""
    deadline = time.monotonic() + STOP_SECONDS
    while (found := running_chain(directory)) and is_port_free(found.port):
        if time.monotonic() > deadline:
            break
        time.sleep(_POLL_SECONDS)
    return found


def _spawn(config: ChainConfig, *, detached: bool) -> subprocess.Popen[bytes]:
    """Start the keeper in a session of its own, so that Ctrl-C reaches the launcher alone."""
    keeper = [sys.executable, "-m", "nodes.devnet.keeper"]
    keeper += ["--lock", str(config.lock.absolute()), "--port", str(config.port)]
    if config.keep_state:
        keeper += ["--state", str(config.state.absolute())]
    if not detached:
        keeper += ["--attached"]
    with config.log.open("ab") as log:
        return subprocess.Popen(
            [*keeper, "--", str(find_anvil()), *config.flags()],
            cwd=PROJECT_ROOT,
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _begin(config: ChainConfig, rpc: AnvilRpc) -> None:
    """Set the clock past the last block, then let blocks come."""
    rpc.set_time(max(int(time.time()), rpc.latest_block_time() + 1))
    if config.block_time is None:
        rpc.mine_each_transaction()
    else:
        rpc.mine_every(config.block_time)
