"""Files on their way: written and synced in this process's folder before they get their place."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Final

_GROUP: Final = 128
"""Files open at once."""


class Arrivals:
    """A locked folder for temporary files. The lock dies with the process, a crash included."""

    __slots__ = ("_folder", "_lock")

    def __init__(self, root: Path) -> None:
        """Clear the folders of dead processes below `root` and make one for this process."""
        root.mkdir(mode=0o700, exist_ok=True)
        for folder in root.iterdir():
            _clear_if_abandoned(folder)
        self._folder, self._lock = _create(root)

    def write(self, files: Iterable[tuple[Path, bytes]]) -> dict[Path, Path]:
        """Write and sync a file for each place; where each one is now, by its place.

        On a failure none is left. A group is written before its first file is synced, so that the
        disk gathers what it can; its size keeps few files open.
        """
        written: dict[Path, Path] = {}
        rest = iter(files)
        try:
            while group := list(islice(rest, _GROUP)):
                self._write_group(group, written)
        except OSError:
            self.discard(written.values())
            raise
        return written

    def _write_group(self, group: list[tuple[Path, bytes]], written: dict[Path, Path]) -> None:
        opened: list[int] = []
        try:
            for place, data in group:
                descriptor, name = tempfile.mkstemp(dir=self._folder)
                opened.append(descriptor)
                written[place] = Path(name)
                _write_all(descriptor, data)
            for descriptor in opened:
                os.fsync(descriptor)
        finally:
            for descriptor in opened:
                os.close(descriptor)

    def discard(self, files: Iterable[Path]) -> None:
        """Remove what is still here of `files`."""
        for file in files:
            file.unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the folder and give up its lock."""
        shutil.rmtree(self._folder, ignore_errors=True)
        os.close(self._lock)


def _create(root: Path) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(dir=root))
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Another process may have cleared the folder between the two calls above.
        if folder.is_dir():
            return folder, lock
        os.close(lock)


def _clear_if_abandoned(folder: Path) -> None:
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(lock)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
