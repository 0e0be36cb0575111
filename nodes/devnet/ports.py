"""TCP ports of this machine: whether one is free, and who has it if not."""

from __future__ import annotations

import socket
from pathlib import Path

from ledger.errors import ConfigurationError

_PROC = Path("/proc")
_LISTENING = "0A"
"""State LISTEN in /proc/net/tcp."""


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on `port` now (it may be taken a moment later)."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
        return True


def free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago, chosen by the system."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def require_free_port(
    port: int,
    *,
    purpose: str,
    host: str = "127.0.0.1",
    remedy: str = "choose another port.",
) -> None:
    """Raise `ConfigurationError`, naming the process where the system tells, if `port` is taken."""
    if is_port_free(port, host):
        return
    owner = port_owner(port)
    by = f"process {owner}" if owner else "a process that this user may not see"
    raise ConfigurationError(
        f"port {port} ({purpose}) is taken by {by}. Stop that process or {remedy}"
    )


def port_owner(port: int) -> str | None:
    """`PID (command line)` of the process that listens on `port`.

    None where nobody does, where the process is another user's, or without Linux's /proc.
    """
    inodes = _listening_inodes(port)
    if not inodes:
        return None
    for process in _PROC.iterdir():
        if process.name.isdigit() and _holds_any(process, inodes):
            return f"{process.name} ({_command_line(process)})"
    return None


def _listening_inodes(port: int) -> set[str]:
    found: set[str] = set()
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            columns = line.split()
            if columns[3] == _LISTENING and int(columns[1].rpartition(":")[2], 16) == port:
                found.add(f"socket:[{columns[9]}]")
    return found


def _holds_any(process: Path, inodes: set[str]) -> bool:
    try:
        return any(str(fd.readlink()) in inodes for fd in (process / "fd").iterdir())
    except OSError:
        return False


def _command_line(process: Path) -> str:
    try:
        raw = (process / "cmdline").read_bytes()
    except OSError:
        return "command unknown"
    return raw.replace(b"\x00", b" ").decode("utf-8", "replace").strip()[:120]
