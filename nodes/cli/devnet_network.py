"""A development network without sample data: one chain, a consortium, a node for each region.

<folder>/devnet.json   which regions, on which ports; made by the first `up`
<folder>/chain/        the chain's state
<folder>/consortium/   the deployment and the regions' keys
<folder>/<region>/     a node, as the demo has it
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import httpx2

from ledger.errors import ConfigurationError
from nodes.devnet import process_lock
from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.chains import AnvilChain, running_chain, stop_chain
from nodes.devnet.consortium import DeployedConsortium, RegionPlan, deploy
from nodes.devnet.demo.folder import NodeFolder
from nodes.devnet.demo.node_process import NodeProcess
from nodes.devnet.ports import require_free_port
from nodes.devnet.samples.places import PLACE_OF, PLACES
from nodes.devnet.whole_file import write_whole
from nodes.storage import seed_catalogue

READY_SECONDS: Final = 60.0
_OWNER_ONLY: Final = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class DevnetPlan:
    """What a network consists of; its endpoints are on the chain, so it stays as it began."""

    regions: tuple[str, ...]
    first_port: int
    """Of the nodes; the following ones take the next ports."""
    chain_port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartState:
    """One process of the network."""

    name: str
    url: str
    pid: int | None
    """None while it does not run."""
    is_ready: bool


class Devnet:
    """The network in one folder. Its processes outlive this one."""

    def __init__(self, root: Path, plan: DevnetPlan) -> None:
        self.plan = plan
        self._root = root
        self._chain = AnvilChain(ChainConfig(directory=root / "chain", port=plan.chain_port))
        self.nodes = tuple(
            NodeProcess(
                place=next(place for place in PLACES if place.code == code),
                folder=NodeFolder(root / code),
                port=plan.first_port + at,
            )
            for at, code in enumerate(plan.regions)
        )

    @property
    def chain_url(self) -> str:
        """Where the chain serves JSON-RPC."""
        return self._chain.url

    def start_chain(self) -> None:
        """Start the chain unless it runs; return once it makes blocks."""
        if running_chain(self._chain.config.directory) is None:
            self._chain.start(detached=True)

    def found(self) -> DeployedConsortium:
        """Deploy and govern in what is missing, and write every node's settings."""
        plans = [RegionPlan(code=node.place.code, endpoint=node.url) for node in self.nodes]
        deployed = deploy(self._chain.url, plans, self._root / "consortium", types=seed_catalogue())
        for node in self.nodes:
            node.folder.root.mkdir(parents=True, exist_ok=True)
            content = self._settings(node, deployed).encode()
            write_whole(node.folder.config, content, mode=_OWNER_ONLY)
        return deployed

    def start_nodes(self) -> None:
        """Start those that do not run, all at once; return when all are ready."""
        for node in self.nodes:
            if process_lock.holder(node.folder.lock) is None:
                require_free_port(node.port, purpose=f"the node of {node.place.name_en}")
                node.start(attached=False)
        for node in self.nodes:
            node.await_ready(READY_SECONDS)

    def stop(self) -> list[str]:
        """End the nodes, then the chain; the names of what ran."""
        ended = [str(node.place.code) for node in self.nodes if node.stop()]
        if stop_chain(self._chain.config.directory):
            ended.append("chain")
        return ended

    def states(self) -> list[PartState]:
        """Every process, the chain first."""
        chain = running_chain(self._chain.config.directory)
        found = [
            PartState(
                name="chain",
                url=self.chain_url,
                pid=None if chain is None else chain.pid,
                is_ready=chain is not None,
            )
        ]
        for node in self.nodes:
            holder = process_lock.holder(node.folder.lock)
            found.append(
                PartState(
                    name=node.place.code,
                    url=node.url,
                    pid=None if holder is None else holder.pid,
                    is_ready=holder is not None and _is_ready(node.url),
                )
            )
        return found

    def _settings(self, node: NodeProcess, deployed: DeployedConsortium) -> str:
        keys = self._root / "consortium" / f"{node.place.code}.keys.json"
        values: dict[str, str | int] = {
            "region": node.place.code,
            "port": node.port,
            "data_dir": ".",
            "keys_file": os.path.relpath(keys, node.folder.root),
            "rpc_url": self.chain_url,
            "chain_id": deployed.chain_id,
            "genesis_hash": f"0x{deployed.genesis_hash.hex()}",
            "consortium_address": deployed.consortium,
            "license_log_address": deployed.license_log,
            "start_block": deployed.block_number,
            "finality": "dev",
        }
        return "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def plan_devnet(root: Path, regions: Sequence[str], first_port: int, chain_port: int) -> Devnet:
    """A new network in `root`; raise ConfigurationError for a region that has no place."""
    unknown = [code for code in regions if code not in PLACE_OF]
    if unknown or len(set(regions)) != len(regions) or not regions:
        raise ConfigurationError(
            f"choose some of the regions {', '.join(place.code for place in PLACES)}, each once"
        )
    plan = DevnetPlan(regions=tuple(regions), first_port=first_port, chain_port=chain_port)
    root.mkdir(parents=True, exist_ok=True)
    write_whole(root / "devnet.json", json.dumps(asdict(plan)).encode(), mode=_OWNER_ONLY)
    return Devnet(root, plan)


def open_devnet(root: Path) -> Devnet | None:
    """The network that was made in `root`, or None. Raise ConfigurationError if it is damaged."""
    path = root / "devnet.json"
    try:
        said = json.loads(path.read_bytes())
        plan = DevnetPlan(
            regions=tuple(str(code) for code in said["regions"]),
            first_port=int(said["first_port"]),
            chain_port=int(said["chain_port"]),
        )
        return Devnet(root, plan)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, StopIteration) as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error!r}); move {root} away to begin a new network"
        ) from error


def _is_ready(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz", timeout=5, trust_env=False).is_success
    except httpx2.HTTPError:
        return False
