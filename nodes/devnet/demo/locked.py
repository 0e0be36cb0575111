"""Becomes another program that holds a lock: `python -m nodes.devnet.demo.locked LOCK PORT -- …`.

The lock (`nodes.devnet.process_lock`) is taken here and stays with the process when it becomes the
program, so that whoever finds it held knows the program's own process id, and no dead process can
hold it. With `--attached` the program ends with its launcher, however that ends (Linux).
"""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from nodes.devnet import process_lock
from nodes.devnet.keeper import LOCK_TAKEN

_PR_SET_PDEATHSIG = 1


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Become the command; exit with `LOCK_TAKEN` when another process holds the lock."""
    parser = argparse.ArgumentParser(prog="nodes.devnet.demo.locked", description=__doc__)
    parser.add_argument("--attached-to", type=int, default=0)
    parser.add_argument("lock", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("command", nargs="+")
    given = parser.parse_args(arguments)
    lock = process_lock.hold(given.lock, port=given.port)
    if lock is None:
        sys.stderr.write(f"another process holds {given.lock}\n")
        sys.exit(LOCK_TAKEN)
    os.set_inheritable(lock, True)
    if given.attached_to and sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != given.attached_to:
            sys.exit(1)
    os.execv(given.command[0], given.command)


if __name__ == "__main__":
    main()
