"""Files on disk: what crashes, full disks and other processes leave behind."""

from __future__ import annotations

import resource
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.errors import NotFoundError, StoreError
from ledger.store.files_disk import DiskFileStore
from tests.ports.samples import license_id

ROOT = Path(__file__).parents[3]
ONE, TWO, THREE = (license_id(number) for number in (1, 2, 3))


def everything(root: Path) -> set[str]:
    """Every file below `root`, by its name."""
    return {path.name for path in root.rglob("*") if path.is_file()}


@contextmanager
def no_file_above(size: int) -> Iterator[None]:
    """Let this process write no file larger than `size` bytes: the disk refuses, for real."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_disk_that_refuses_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    files = DiskFileStore(tmp_path)
    files.put_same(THREE, b"kept")
    many = [(ONE, b"small"), (TWO, bytes(200_000))]
    with no_file_above(100_000), pytest.raises(StoreError, match="EFBIG"):
        files.put_many(many)
    assert everything(tmp_path) == {THREE}
    files.put_many(many)
    assert files.list_ids() == [ONE, TWO, THREE]


def test_a_place_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    files = DiskFileStore(tmp_path)
    files.put_same(ONE, b"kept")
    other = "0" * 8 + ONE[8:]
    (tmp_path / "kept" / "00000").write_bytes(b"in the way")
    with pytest.raises(StoreError):
        files.put_many([(TWO, b"new"), (other, b"new")])
    assert everything(tmp_path) == {ONE, "00000"}
    with pytest.raises(StoreError):
        files.get(other)


def test_files_and_folders_belong_to_their_owner_alone(tmp_path: Path) -> None:
    root = tmp_path / "files"
    DiskFileStore(root).put_same(ONE, b"sealed")
    for path in root.rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o600 if path.is_file() else 0o700)


@contextmanager
def another_process(root: Path) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A store in a process of its own, with half a file; killed at the latest at the end."""
    command = [sys.executable, "-m", "tests.ledger.store.test_files_disk", str(root)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield Path(process.stdout.readline().strip()), process
        finally:
            process.kill()


def test_what_a_killed_process_left_is_cleared_and_a_living_one_s_is_not(tmp_path: Path) -> None:
    with another_process(tmp_path) as (left, process):
        living = DiskFileStore(tmp_path)
        assert left.read_bytes() == b"half"
        process.kill()
        process.wait()
        next_start = DiskFileStore(tmp_path)
    assert not left.exists()
    assert len(list((tmp_path / "arriving").iterdir())) == 2
    living.put_same(ONE, b"sealed")
    assert next_start.get(ONE) == b"sealed"
    living.close()
    next_start.close()
    assert list((tmp_path / "arriving").iterdir()) == []


def leave_a_half_file(root: Path) -> None:
    """Start a store and a file in it, say where it lies, and wait to be killed."""
    known = set(root.glob("arriving/*"))
    files = DiskFileStore(root)
    (folder,) = set(root.glob("arriving/*")) - known
    (folder / "half").write_bytes(b"half")
    sys.stdout.write(f"{folder / 'half'}\n")
    sys.stdout.flush()
    signal.pause()
    files.close()


def test_a_batch_larger_than_the_open_files_allowed(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    open_here = max(int(one.name) for one in Path("/proc/self/fd").iterdir())
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_here + 220, hard))
    try:
        files = DiskFileStore(tmp_path)
        files.put_many([(license_id(number), b"sealed") for number in range(1000)])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(files.list_ids()) == 1000


def test_a_folder_that_cannot_be_used_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="cannot be opened"):
        DiskFileStore(tmp_path / "file")


def test_a_folder_in_a_file_s_place_is_a_disk_fault(tmp_path: Path) -> None:
    files = DiskFileStore(tmp_path)
    files.put_same(ONE, b"sealed")
    (place,) = (path for path in tmp_path.rglob(ONE))
    place.unlink()
    with pytest.raises(NotFoundError):
        files.get(ONE)
    place.mkdir()
    for act in (files.get, files.delete):
        with pytest.raises(StoreError):
            act(ONE)


if __name__ == "__main__":
    leave_a_half_file(Path(sys.argv[1]))
