"""The development chain's state on disk: which file can be trusted after a kill.

anvil overwrites its state file in place, so a kill in the middle of a dump leaves half a file and
the chain would be lost (measured: a SIGKILL while a 26 MB state was written left 0 bytes, and
anvil refused to start). So a copy of the last whole dump is kept beside it, replaced atomically,
and a start goes on from the newest whole file.
"""

from __future__ import annotations

import os
from pathlib import Path

from ledger.errors import ConfigurationError


def is_whole(data: bytes) -> bool:
    """Whether `data` is a complete dump and not a beginning of one.

    A dump is one JSON object whose strings are hexadecimal or names, never braces; cut anywhere,
    its outermost brace stays open. Counting costs 1 % of parsing.
    """
    text = data.strip()
    return text.startswith(b"{") and text.endswith(b"}") and text.count(b"{") == text.count(b"}")


def good_copy_of(state: Path) -> Path:
    """Where the last whole dump of `state` is kept."""
    return state.with_name(state.name + ".good")


def keep_good_copy(state: Path) -> bool:
    """Replace the good copy with `state` if that is whole and newer. Return whether it did.

    Atomic and durable: a crash leaves the old copy or the new one.
    """
    good = good_copy_of(state)
    try:
        if good.exists() and good.stat().st_mtime_ns >= state.stat().st_mtime_ns:
            return False
        data = state.read_bytes()
    except FileNotFoundError:
        return False
    if not is_whole(data):
        return False
    _replace(good, data)
    return True


def restore(state: Path) -> bool:
    """Before a start: put the good copy in place of a damaged `state`. Return whether it did.

    No file at all is a new chain. Raise `ConfigurationError` if neither file is whole: the chain
    is lost then, and only a person can decide to begin another.
    """
    good = good_copy_of(state)
    if not state.exists() and not good.exists():
        return False
    if state.exists() and is_whole(state.read_bytes()):
        return False
    if not good.exists() or not is_whole(data := good.read_bytes()):
        raise ConfigurationError(
            f"the chain's state {state} is damaged and {good.name} cannot replace it. "
            f"Move {state.parent} away to begin a new chain."
        )
    _replace(state, data)
    return True


def _replace(target: Path, data: bytes) -> None:
    partial = target.with_name(target.name + ".partial")
    with partial.open("wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    partial.replace(target)
