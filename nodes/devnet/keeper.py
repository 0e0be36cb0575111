"""The process between a launcher and anvil: `python -m nodes.devnet.keeper … -- anvil …`.

It holds the chain's lock, ends anvil in the way that dumps the state (SIGTERM, and SIGKILL only
after a while), keeps a good copy of the state, and bounds anvil's life:

- attached: standard input is a pipe from the launcher; end of file means that the launcher is
  gone, also by SIGKILL and on every system, and the chain ends with it;
- detached: it has its own session and lives until SIGTERM;
- if the keeper itself is killed, Linux ends anvil (PR_SET_PDEATHSIG); elsewhere anvil stays and
  the next start names it as the owner of the port.

Single-threaded and on the standard library alone, so that it starts in 50 ms.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from nodes.devnet import chain_state, process_lock

LOCK_TAKEN = 75
"""Exit code where another keeper has the chain (EX_TEMPFAIL)."""

STOP_SECONDS = 10.0
"""How long anvil may take to dump its state after SIGTERM."""

_COPY_SECONDS = 5.0
_TICK_SECONDS = 0.1
_PR_SET_PDEATHSIG = 1


class _Stop:
    """Becomes true with the first signal to end."""

    def __init__(self) -> None:
        self.asked = False
        for signum in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(signum, self._ask)

    def _ask(self, _signum: int, _frame: FrameType | None) -> None:
        self.asked = True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run anvil until asked to stop; return its exit code, or 0 after an orderly stop."""
    options = _parse(arguments)
    lock = process_lock.hold(options.lock, port=options.port)
    if lock is None:
        sys.stderr.write(f"another process holds {options.lock}\n")
        return LOCK_TAKEN
    stop = _Stop()
    anvil = subprocess.Popen(
        options.command, stdin=subprocess.DEVNULL, preexec_fn=_die_with_parent()
    )
    try:
        code = _watch(anvil, stop, attached=options.attached, state=options.state)
    finally:
        _end(anvil)
        if options.state is not None:
            chain_state.keep_good_copy(options.state)
    return code


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nodes.devnet.keeper", description=__doc__)
    parser.add_argument("--lock", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state", type=Path)
    parser.add_argument("--attached", action="store_true")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(arguments)


def _watch(
    anvil: subprocess.Popen[bytes], stop: _Stop, *, attached: bool, state: Path | None
) -> int:
    """Return anvil's exit code if it ends by itself, else 0 once it should be ended."""
    next_copy = time.monotonic() + _COPY_SECONDS
    while (code := anvil.poll()) is None:
        if stop.asked or _launcher_is_gone(attached):
            return 0
        if state is not None and time.monotonic() >= next_copy:
            chain_state.keep_good_copy(state)
            next_copy = time.monotonic() + _COPY_SECONDS
    return code


def _launcher_is_gone(attached: bool) -> bool:
    """Wait one tick; True if the pipe from the launcher was closed meanwhile."""
    if not attached:
        time.sleep(_TICK_SECONDS)
        return False
    readable, _, _ = select.select([sys.stdin], [], [], _TICK_SECONDS)
    return bool(readable) and os.read(sys.stdin.fileno(), 1) == b""


def _end(anvil: subprocess.Popen[bytes]) -> None:
    if anvil.poll() is not None:
        return
    anvil.terminate()
    try:
        anvil.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        sys.stderr.write("anvil did not end in time and is killed\n")
        anvil.kill()
        anvil.wait()


def _die_with_parent() -> Callable[[], None] | None:
    """On Linux: what a child calls so that the kernel ends it (SIGTERM) when this process dies."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    keeper = os.getpid()

    def arm() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != keeper:
            os._exit(1)

    return arm


if __name__ == "__main__":
    sys.exit(main())
