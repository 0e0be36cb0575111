"""`node resume`: a halted mirror goes on only when a person says that it was looked into."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from ledger.types import BlockRef
from nodes.devnet.tools import PROJECT_ROOT
from nodes.settings_sources import load_settings
from nodes.storage import open_migrated

SETTINGS = f"""
region = "110000"
data_dir = "."
consortium_address = "0x{"11" * 20}"
license_log_address = "0x{"22" * 20}"
"""


def resume(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nodes.cli", "node", "resume", "--config", str(config), *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_halted_mirror_needs_a_persons_word(tmp_path: Path) -> None:
    config = tmp_path / "node.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    database = open_migrated(load_settings(config), may_migrate=True)
    block = BlockRef(number=0, hash=bytes(31) + b"\x01", parent_hash=bytes(32), time=1)
    with database.write() as session:
        session.mirror.apply(block, ())
        session.mirror.advance(final=0, checked_at=datetime.now(UTC))
        session.mirror.halt("block 7, which was final, has been replaced")
    refused = resume(config)
    assert refused.returncode == 2
    assert "block 7" in refused.stderr
    assert resume(config, "--people-have-looked").returncode == 0
    with database.read() as session:
        position = session.mirror.position()
    database.close()
    assert position is not None
    assert position.halted is None
    assert "was not halted" in resume(config).stdout
