"""Where license files are kept."""

from __future__ import annotations

from typing import Protocol


class FileStore(Protocol):
    """Keeps sealed files by license id. Knows nothing of what is in them."""

    def put_same(self, license_id: str, sealed: bytes) -> None:
        """Keep `sealed`; on return it is durable (fsync of file and folder).

        A second put of one id with the same bytes is fine. Raise StoreError when other bytes are
        there (nothing is overwritten: callers use a fresh id per registration), and, with nothing
        half-written visible, when the disk refuses.
        """

    def put_many(self, files: list[tuple[str, bytes]]) -> None:
        """`put_same` for several files, with the cost of durability shared."""

    def get(self, license_id: str) -> bytes:
        """The sealed bytes. Raise NotFoundError when there are none, StoreError on disk faults."""

    def delete(self, license_id: str) -> None:
        """Forget the file, for a registration that did not come to pass. Absent is fine."""

    def list_ids(self) -> list[str]:
        """Every id kept, for fsck."""
