"""The keys file: made once, whole, for its owner alone, and never shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import ConfigurationError
from ledger.types import Region
from nodes.keys import create_keys_file, generate_keys, read_keys_file

REGION = Region("110000")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "node" / "keys.json"
    create_keys_file(place, generate_keys(REGION))
    return place


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    keys = generate_keys(REGION)
    create_keys_file(tmp_path / "keys.json", keys)
    read = read_keys_file(tmp_path / "keys.json", REGION)
    assert read.anchor_address == keys.anchor_address
    assert read.master_key == keys.master_key
    assert read.signing_key.public == keys.signing_key.public
    assert read.encryption_key.public == keys.encryption_key.public
    assert str(read.signing_id) == "110000/0"


def test_only_the_owner_may_read_it(path: Path) -> None:
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_keys_file(path, REGION)


def test_it_is_never_overwritten(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="not overwritten"):
        create_keys_file(path, generate_keys(REGION))
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["keys.json"]


def test_another_regions_keys_are_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="120000"):
        read_keys_file(path, Region("120000"))


def test_a_missing_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="node init"):
        read_keys_file(tmp_path / "keys.json", REGION)


def test_a_damaged_file_is_refused_wherever_it_is_cut(path: Path) -> None:
    whole = path.read_bytes()
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        with pytest.raises(ConfigurationError, match="damaged"):
            read_keys_file(path, REGION)


def test_no_secret_is_in_its_repr() -> None:
    keys = generate_keys(REGION)
    shown = repr(keys)
    assert keys.master_key.hex() not in shown
    assert repr(keys.anchor_key) not in shown
    assert repr(keys.master_key) not in shown
