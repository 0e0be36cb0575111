"""Somebody with access to the disk changes the sealed files of licenses."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger.errors import StoreError
from nodes.devnet.whole_file import write_whole

_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDamage:
    """Other bytes in place of each of some files; copies of the old ones are kept aside."""

    files: tuple[Path, ...]
    copies: tuple[Path, ...]
    """By file: where its own bytes are kept."""
    replacements: tuple[Path, ...]
    """By file: the copy whose bytes it gets; its own, with one byte flipped, if it is its own."""

    @classmethod
    def flip(cls, file: Path, *, keep_in: Path) -> FileDamage:
        """One byte in the middle of `file`."""
        copy = _keep(file, keep_in)
        return cls(files=(file,), copies=(copy,), replacements=(copy,))

    @classmethod
    def swap(cls, one: Path, other: Path, *, keep_in: Path) -> FileDamage:
        """`one` and `other` change places."""
        copies = (_keep(one, keep_in), _keep(other, keep_in))
        return cls(files=(one, other), copies=copies, replacements=copies[::-1])

    def apply(self) -> None:
        for file, copy, replacement in zip(self.files, self.copies, self.replacements, strict=True):
            content = replacement.read_bytes()
            changed = _flipped(content) if replacement == copy else content
            write_whole(file, changed, mode=_OWNER_ONLY)

    def undo(self) -> None:
        for file, copy in zip(self.files, self.copies, strict=True):
            write_whole(file, copy.read_bytes(), mode=_OWNER_ONLY)


def find_file(store: Path, license_id: str) -> Path:
    """The sealed file of a license in a node's file store, as anybody finds it: by its name."""
    for found in store.rglob(license_id):
        return found
    raise StoreError(f"{store} has no file of license {license_id}")


def _keep(file: Path, folder: Path) -> Path:
    copy = folder / file.name
    write_whole(copy, file.read_bytes(), mode=_OWNER_ONLY)
    return copy


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
