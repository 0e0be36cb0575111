"""The four regions' network: a chain, a consortium on it, a node for each region."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Final

from ledger.catalogue import LicenseType
from ledger.types import Region
from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.chains import AnvilChain
from nodes.devnet.consortium import DeployedConsortium, RegionPlan, deploy
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.demo.kept import Kept
from nodes.devnet.demo.node_process import NodeProcess
from nodes.devnet.demo.offices import put_offices
from nodes.devnet.demo.record import DemoRecord, RegionRecord
from nodes.devnet.demo.watch import Watched
from nodes.devnet.ports import require_free_port
from nodes.devnet.samples.places import PLACES, offices
from nodes.devnet.whole_file import write_whole
from nodes.settings import NodeSettings
from nodes.storage import open_accounts, open_migrated

FINALITY_DEPTH: Final = 1
READY_SECONDS: Final = 60.0
"""Four nodes start at once, on few cores."""

_OWNER_ONLY: Final = 0o600


class Network:
    """The processes of one demo. `detached`: they live on when this process ends."""

    def __init__(self, folder: DemoFolder, kept: Kept, *, detached: bool) -> None:
        self.folder = folder
        self.chain = AnvilChain(ChainConfig(directory=folder.chain, port=kept.chain_port))
        self.nodes = tuple(
            NodeProcess(place=place, folder=folder.node(place.code), port=kept.first_port + at)
            for at, place in enumerate(PLACES)
        )
        self._detached = detached

    @property
    def urls(self) -> dict[Region, str]:
        """Where each region's node answers."""
        return {node.place.code: node.url for node in self.nodes}

    def require_free_ports(self) -> None:
        """Raise ConfigurationError naming who has a port, and what to do."""
        require_free_port(
            self.chain.config.port,
            purpose="the chain",
            remedy='choose another port: make demo ARGS="--chain-port …"',
        )
        for node in self.nodes:
            require_free_port(
                node.port,
                purpose=f"{node.place.name_en}'s node",
                remedy='choose other ports: make demo ARGS="--port …"',
            )

    def start_chain(self) -> None:
        """Start the chain, and return once it makes blocks."""
        self.chain.start(detached=self._detached)

    def found(self, types: tuple[LicenseType, ...]) -> DeployedConsortium:
        """Deploy the contracts and govern regions, types and grants in; what is there, stays."""
        plans = [RegionPlan(code=node.place.code, endpoint=node.url) for node in self.nodes]
        return deploy(self.chain.url, plans, self.folder.consortium, types=types)

    def start_nodes(self, deployed: DeployedConsortium) -> None:
        """Start all at once, and return when all are ready. Each makes its own database."""
        for node in self.nodes:
            _write_config(node.folder.config, self._values(node, deployed))
            node.start(attached=not self._detached)
        for node in self.nodes:
            node.await_ready(READY_SECONDS)

    def record(self, deployed: DeployedConsortium, earlier: DemoRecord | None) -> DemoRecord:
        """What runs, with offices and tokens made where an `earlier` run's do not hold."""
        known = {} if earlier is None else {one.code: one for one in earlier.regions}
        return DemoRecord(
            rpc_url=self.chain.url,
            chain_id=deployed.chain_id,
            contracts={"consortium": deployed.consortium, "license_log": deployed.license_log},
            regions=tuple(
                self._region(node, deployed, known.get(node.place.code)) for node in self.nodes
            ),
        )

    def watched(self) -> Iterator[Watched]:
        """Each program, to be started again when it ends by itself."""
        yield Watched(
            name="anvil",
            log=self.chain.config.log,
            has_ended=lambda: not self.chain.is_running(),
            start=self.start_chain,
        )
        for node in self.nodes:
            yield Watched(
                name=f"{node.place.code} {node.place.name_en}",
                log=node.folder.log,
                has_ended=node.has_ended,
                start=partial(node.start, attached=not self._detached),
            )

    def _region(
        self, node: NodeProcess, deployed: DeployedConsortium, known: RegionRecord | None
    ) -> RegionRecord:
        # Not read through the environment, which may hold some other node's settings.
        values = {**self._values(node, deployed), "data_dir": node.folder.root.absolute()}
        settings = NodeSettings(**values)
        database = open_migrated(settings, may_migrate=False)
        try:
            tokens, records = put_offices(open_accounts(database), offices(node.place.code), known)
        finally:
            database.close()
        return RegionRecord(
            code=node.place.code,
            name_zh=node.place.name_zh,
            name_en=node.place.name_en,
            url=node.url,
            database_url=settings.database,
            files_dir=str(settings.files.absolute()),
            tokens=tokens,
            offices=records,
        )

    def _values(self, node: NodeProcess, deployed: DeployedConsortium) -> dict[str, Any]:
        """The node's settings, with paths beside their file."""
        keys = self.folder.keys(node.place.code)
        return {
            "region": node.place.code,
            "port": node.port,
            "data_dir": ".",
            "keys_file": os.path.relpath(keys, node.folder.root),
            "rpc_url": self.chain.url,
            "chain_id": deployed.chain_id,
            "genesis_hash": f"0x{deployed.genesis_hash.hex()}",
            "consortium_address": deployed.consortium,
            "license_log_address": deployed.license_log,
            "start_block": deployed.block_number - 1,
            "finality": "dev",
            "finality_depth_blocks": FINALITY_DEPTH,
            "log_format": "json",
        }


def _write_config(path: Path, values: Mapping[str, object]) -> None:
    """As TOML: texts and numbers are written there as in JSON."""
    lines = "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    write_whole(path, lines.encode(), mode=_OWNER_ONLY)
