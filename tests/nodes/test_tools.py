"""Finding programs: the bundled one first, then PATH, then an error that says what to run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import ConfigurationError
from nodes.devnet.tools import (
    Places,
    Platform,
    find_anvil,
    find_document_font,
    find_node,
)

MAC = Platform(system="darwin", machine="arm64")


def program(path: Path, text: str = "#!/bin/sh\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_the_platforms_package_comes_before_path(tmp_path: Path) -> None:
    bundled = program(tmp_path / "node_modules/@foundry-rs/anvil-darwin-arm64/bin/anvil")
    program(tmp_path / "bin/anvil")
    assert find_anvil(Places(tmp_path, str(tmp_path / "bin")), MAC) == bundled


def test_path_serves_a_platform_without_a_package(tmp_path: Path) -> None:
    other = program(tmp_path / "bin/anvil")
    here = Platform(system="freebsd", machine="riscv64")
    assert find_anvil(Places(tmp_path, str(tmp_path / "bin")), here) == other


def test_a_missing_client_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"make setup.*darwin arm64"):
        find_anvil(Places(tmp_path, str(tmp_path)), MAC)


def test_this_machine_has_everything_after_setup() -> None:
    assert find_anvil().is_file()
    assert find_node().is_file()
    assert find_document_font().read_bytes()[:4] == b"\x00\x01\x00\x00"


def test_an_old_node_is_passed_over(tmp_path: Path) -> None:
    old = program(tmp_path / "node", "#!/bin/sh\necho v18.20.0\n")
    try:
        assert find_node(Places(tmp_path, str(tmp_path))) != old
    except ConfigurationError as error:
        assert f"{old} is version 18" in str(error)


def test_a_missing_font_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make setup"):
        find_document_font(Places(tmp_path))
