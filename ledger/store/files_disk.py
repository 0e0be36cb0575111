"""License files on disk (`ledger.ports.files`): none half-written, none lost once acknowledged.

    ROOT/kept/<first 5 hex>/<next 3 hex>/<id>    a file; UUIDv7 ids of one minute share a folder
    ROOT/arriving/<random>/<random>              a file on its way; the folder is locked in use

Order: write and sync every file under `arriving`, rename it to its place, sync the folder. A crash
before the rename leaves something under `arriving`, which the next start clears since a dead
process holds no lock; a crash after it leaves a whole file. Folders by time keep the cost of a
batch at one or two folder syncs, however many files it has.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.errors import NotFoundError, StoreError
from ledger.store.arrivals import Arrivals

_UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_OUTER, _INNER = 5, 8
"""Hex digits of an id up to which the outer and the inner folder are named."""
_FOLDER_MODE: Final = 0o700


class DiskFileStore:
    """One region's files. Threads and processes may share it; ids are UUIDs in lower case."""

    __slots__ = ("_arrivals", "_kept")

    def __init__(self, root: Path) -> None:
        """Create `root` if need be, and clear what a crash left. Raise StoreError if it cannot."""
        self._kept = root / "kept"
        with _told("the file store cannot be opened"):
            self._kept.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            _sync_folder(root)
            self._arrivals = Arrivals(root / "arriving")

    def put_same(self, license_id: str, sealed: bytes) -> None:
        self.put_many([(license_id, sealed)])

    def put_many(self, files: list[tuple[str, bytes]]) -> None:
        """All or none of the files are visible when this returns or raises; a crash may leave some.

        Raise StoreError when an id has other bytes already: nothing is ever overwritten.
        """
        if not all(_UUID.fullmatch(license_id) for license_id, _ in files):
            raise StoreError("a license id must be a UUID in lower case; nothing was stored")
        places = {self._place(license_id): sealed for license_id, sealed in files}
        with _told("the disk refused a file; nothing was stored"):
            new = [(place, sealed) for place, sealed in places.items() if not _has(place, sealed)]
            arrived = self._arrivals.write(new)
            try:
                _move(arrived)
                # Also for those that were there: a crash may have come before their sync.
                for folder in {place.parent for place in places}:
                    _sync_folder(folder)
            except OSError:
                for place in arrived:
                    place.unlink(missing_ok=True)
                raise
            finally:
                self._arrivals.discard(arrived.values())

    def get(self, license_id: str) -> bytes:
        place = self._place(license_id)
        with _told(f"the file of license {license_id} cannot be read"):
            try:
                return place.read_bytes()
            except FileNotFoundError as error:
                raise NotFoundError(f"there is no file of license {license_id}") from error

    def delete(self, license_id: str) -> None:
        with _told(f"the file of license {license_id} cannot be deleted"):
            self._place(license_id).unlink(missing_ok=True)

    def list_ids(self) -> list[str]:
        with _told("the file store cannot be listed"):
            return sorted(
                entry.name for entry in _walk(self._kept, 2) if _UUID.fullmatch(entry.name)
            )

    def close(self) -> None:
        """Give up the folder for arriving files."""
        self._arrivals.close()

    def _place(self, license_id: str) -> Path:
        if not _UUID.fullmatch(license_id):
            raise NotFoundError("a license id is a UUID in lower case; this one is not")
        digits = license_id.replace("-", "")
        return self._kept / digits[:_OUTER] / digits[_OUTER:_INNER] / license_id


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        name = errno.errorcode.get(error.errno or 0, "unknown error")
        raise StoreError(f"{what}: {name} ({error.strerror})") from error


def _has(place: Path, sealed: bytes) -> bool:
    """True when the same bytes are there already. Raise StoreError when others are."""
    try:
        found = place.read_bytes()
    except FileNotFoundError:
        return False
    if found != sealed:
        raise StoreError(
            f"license {place.name} has a file with other bytes, which stays; use a new id"
        )
    return True


def _move(arrived: dict[Path, Path]) -> None:
    for folder in {place.parent for place in arrived}:
        if not folder.is_dir():
            for made in (folder.parent, folder):
                made.mkdir(mode=_FOLDER_MODE, exist_ok=True)
                _sync_folder(made.parent)
    for place, temporary in arrived.items():
        temporary.rename(place)


def _walk(folder: Path, depth: int) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if depth == 0:
                yield entry
            elif entry.is_dir(follow_symlinks=False):
                yield from _walk(Path(entry.path), depth - 1)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
