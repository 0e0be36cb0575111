"""One process per folder, and who it is: a lock file that a dead process cannot hold.

The lock is the kernel's (`flock`), freed however the process ends; what the file says counts only
while somebody holds it. So a stale file needs no clean-up, and a process id that the system has
given to another program since is never signalled.
"""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ConfigurationError

_POLL_SECONDS = 0.05
_WRITE_SECONDS = 2.0
"""How long a holder may take from locking the file to writing who it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that holds a lock."""

    pid: int
    port: int
    """The TCP port that it serves."""


def hold(path: Path, *, port: int) -> int | None:
    """Take the lock for the life of this process; None if another process has it.

    The descriptor returned must stay open; a child started by `subprocess` does not inherit it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, json.dumps({"pid": os.getpid(), "port": port}).encode())
    return descriptor


def holder(path: Path) -> Holder | None:
    """Who holds the lock now; None if nobody does, whatever the file says."""
    deadline = time.monotonic() + _WRITE_SECONDS
    while _is_held(path):
        if found := _read(path):
            return found
        if time.monotonic() > deadline:
            raise ConfigurationError(f"{path} is locked by a process that does not say who it is")
        time.sleep(_POLL_SECONDS)
    return None


def end_holder(path: Path, *, timeout: float) -> bool:
    """Ask the holder to end (SIGTERM), and after `timeout` seconds make it (SIGKILL).

    Return once the lock is free: True if a process was ended, False if there was none.
    """
    found = holder(path)
    if found is None:
        return False
    for signum, patience in ((signal.SIGTERM, timeout), (signal.SIGKILL, timeout)):
        if holder(path) != found:
            break
        os.kill(found.pid, signum)
        _wait_until_free(path, patience)
    if holder(path) == found:
        raise ConfigurationError(f"process {found.pid} holds {path} and does not end")
    return True


def _wait_until_free(path: Path, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while _is_held(path) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


def _is_held(path: Path) -> bool:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _read(path: Path) -> Holder | None:
    try:
        said = json.loads(path.read_bytes())
        return Holder(pid=int(said["pid"]), port=int(said["port"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
