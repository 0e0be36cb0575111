"""A real chain with a founded consortium, and real node processes on it, for the tests here."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2

from ledger.catalogue import LicenseType
from ledger.ports.accounts import Office
from ledger.services.accounts import ROLES
from ledger.types import Region
from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.chains import AnvilChain
from nodes.devnet.consortium import DeployedConsortium, RegionPlan, deploy
from nodes.devnet.ports import free_port
from nodes.devnet.tools import PROJECT_ROOT
from nodes.settings_sources import load_settings
from nodes.storage import open_accounts, open_migrated, seed_catalogue
from tests.support.region import office_of

REGION = Region("110000")
_RUN = (sys.executable, "-m", "nodes.cli", "node", "run")
TYPES = 6
"""Types of the catalogue that the test consortium grants: founding stays quick."""


@dataclass
class TestNetwork:
    """One chain, one region's consortium, and the endpoint that it announces."""

    __test__ = False

    folder: Path
    chain: AnvilChain
    deployed: DeployedConsortium
    port: int

    def node(self, name: str = "node", **changes: str | int | float) -> TestNode:
        """A node of the region in a folder of its own; `changes` replace settings."""
        root = self.folder / name
        root.mkdir(exist_ok=True)
        values: dict[str, str | int | float] = {
            "region": REGION,
            "port": self.port,
            "data_dir": ".",
            "keys_file": str(self.folder / "consortium" / f"{REGION}.keys.json"),
            "rpc_url": self.chain.url,
            "chain_id": self.deployed.chain_id,
            "genesis_hash": f"0x{self.deployed.genesis_hash.hex()}",
            "consortium_address": self.deployed.consortium,
            "license_log_address": self.deployed.license_log,
            "start_block": self.deployed.block_number,
            "log_format": "json",
            **changes,
        }
        lines = [f"{setting} = {json.dumps(value)}" for setting, value in values.items()]
        config = root / "node.toml"
        config.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return TestNode(root, config, int(values["port"]))


@dataclass
class TestNode:
    """One node process, and what it said."""

    __test__ = False

    root: Path
    config: Path
    port: int
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return (self.root / "node.log").read_text(encoding="utf-8")

    def make_token(self, role: str = "business") -> str:
        """A token of the region's sample office, put into the database directly."""
        database = open_migrated(load_settings(self.config), may_migrate=True)
        try:
            accounts = open_accounts(database)
            office = office_of(REGION)
            accounts.put_office(Office(uscc=office, name="示例局"))
            made = accounts.create_token(
                office=office, label=role, scopes=ROLES[role], life=timedelta(days=1)
            )
            return made.secret
        finally:
            database.close()

    def start(self, *arguments: str) -> None:
        with (self.root / "node.log").open("ab") as out:
            self.process = subprocess.Popen(
                [*_RUN, "--config", str(self.config), *arguments],
                cwd=PROJECT_ROOT,
                env={k: v for k, v in os.environ.items() if not k.startswith("LEDGER_")},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def readiness(self) -> dict[str, str]:
        """Parts that are not ready, with the reason; `{"http": …}` while nobody answers."""
        try:
            answer = httpx2.get(f"{self.url}/readyz", timeout=5, trust_env=False).json()
        except httpx2.HTTPError as error:
            return {"http": type(error).__name__}
        return {part["name"]: part["detail"] for part in answer["parts"] if not part["ready"]}

    def await_parts(self, wanted: set[str], seconds: float = 30.0) -> dict[str, str]:
        """Wait until exactly the parts `wanted` are not ready."""
        deadline = time.monotonic() + seconds
        while set(found := self.readiness()) != wanted:
            assert time.monotonic() < deadline, (found, self.log[-3000:])
            assert self.process is None or self.process.poll() is None, self.log[-3000:]
            time.sleep(0.1)
        return found

    def await_ready(self, seconds: float = 30.0) -> None:
        self.await_parts(set(), seconds)

    def signal(self, signum: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(signum)

    def await_end(self, seconds: float = 20.0) -> int:
        assert self.process is not None
        return self.process.wait(seconds)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def founded_network(folder: Path, types: tuple[LicenseType, ...] = ()) -> Iterator[TestNetwork]:
    """Found it; every node process is the caller's to end."""
    port = free_port()
    config = ChainConfig(directory=folder / "chain", port=free_port())
    with AnvilChain(config) as chain:
        deployed = deploy(
            chain.url,
            [RegionPlan(code=REGION, endpoint=f"http://127.0.0.1:{port}")],
            folder / "consortium",
            types=types or seed_catalogue()[:TYPES],
        )
        yield TestNetwork(folder, chain, deployed, port)
