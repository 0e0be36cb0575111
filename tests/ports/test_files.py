"""File stores: whole files or none, never overwritten, found again after a restart."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import NotFoundError, StoreError
from ledger.ports.files import FileStore
from ledger.store.files_disk import DiskFileStore
from tests.ports.samples import license_id

ONE, TWO = license_id(1), license_id(2)


@pytest.fixture
def files(tmp_path: Path) -> Iterator[FileStore]:
    store = DiskFileStore(tmp_path / "files")
    yield store
    store.close()


def test_a_file_comes_back(files: FileStore) -> None:
    files.put_same(ONE, b"sealed")
    files.put_same(TWO, b"")
    assert files.get(ONE) == b"sealed"
    assert files.get(TWO) == b""
    assert files.list_ids() == [ONE, TWO]


def test_the_same_bytes_may_come_twice_and_others_not_at_all(files: FileStore) -> None:
    files.put_same(ONE, b"sealed")
    files.put_same(ONE, b"sealed")
    with pytest.raises(StoreError, match="other bytes"):
        files.put_same(ONE, b"other")
    assert files.get(ONE) == b"sealed"


def test_many_files_are_stored_together_or_not_at_all(files: FileStore) -> None:
    many = [(str(uuid.uuid4()), bytes([number % 256]) * number) for number in range(300)]
    files.put_many(many)
    assert [files.get(key) for key, _ in many] == [sealed for _, sealed in many]
    files.put_many([])
    with pytest.raises(StoreError):
        files.put_many([(ONE, b"new"), (many[0][0], b"other")])
    assert files.list_ids() == sorted(key for key, _ in many)


def test_a_file_that_is_not_there_is_not_found(files: FileStore) -> None:
    with pytest.raises(NotFoundError):
        files.get(ONE)
    assert files.list_ids() == []


def test_deleting_is_final_and_may_be_repeated(files: FileStore) -> None:
    files.put_same(ONE, b"sealed")
    files.delete(ONE)
    files.delete(ONE)
    with pytest.raises(NotFoundError):
        files.get(ONE)
    files.put_same(ONE, b"other")
    assert files.get(ONE) == b"other"


@pytest.mark.parametrize(
    "trick",
    [
        "",
        ".",
        "../../etc/passwd",
        "/etc/passwd",
        str(uuid.UUID(int=2**128 - 1)).upper(),
        ONE + "\n",
        ONE + "/x",
        "\0",
    ],
)
def test_only_ids_name_files(files: FileStore, trick: str) -> None:
    with pytest.raises(StoreError):
        files.put_many([(ONE, b"sealed"), (trick, b"sealed")])
    with pytest.raises(NotFoundError):
        files.get(trick)
    assert files.list_ids() == []
