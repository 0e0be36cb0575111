"""A real anvil with a founded consortium, whose blocks come when the test says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.catalogue import LicenseType
from ledger.chain.anchor_chain import RpcAnchorChain
from ledger.chain.connect import ChainSettings, open_anchor_chain, open_chain
from ledger.chain.finality import DevelopmentFinality
from ledger.chain.reader import RpcChainReader
from ledger.chain.rpc import JsonRpc, RpcSettings
from ledger.types import Region
from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.chains import AnvilChain
from nodes.devnet.consortium import DeployedConsortium, RegionPlan, deploy
from nodes.devnet.ports import free_port
from tests.support.region import CATALOGUE

REGIONS = tuple(Region(code) for code in ("110000", "120000", "130000", "133100"))
TYPES: tuple[LicenseType, ...] = CATALOGUE[:4]


@dataclass
class RealChain:
    """A chain without a clock of its own; `untouched` undoes what a test did."""

    anvil: AnvilChain
    folder: Path
    deployed: DeployedConsortium
    rpc: JsonRpc

    def settings(self, gas_price: int = 0) -> ChainSettings:
        return ChainSettings(
            rpc=RpcSettings(url=self.anvil.url),
            identity=self.deployed.identity,
            finality=DevelopmentFinality(),
            gas_price=gas_price,
        )

    def reader(self) -> RpcChainReader:
        return open_chain(self.settings())

    def anchor(self, region: Region, gas_price: int = 0) -> RpcAnchorChain:
        (found,) = (one for one in self.deployed.regions if one.code == region)
        return open_anchor_chain(self.settings(gas_price), found.keys.anchor_key)

    def mine(self, count: int = 1) -> None:
        for _ in range(count):
            self.rpc.read("evm_mine")

    @contextmanager
    def untouched(self) -> Iterator[None]:
        """Undo what happens inside."""
        snapshot = self.rpc.read("evm_snapshot")
        try:
            yield
        finally:
            self.rpc.read("anvil_dropAllTransactions")
            assert self.rpc.read("evm_revert", snapshot) is True


@contextmanager
def found_chain(folder: Path) -> Iterator[RealChain]:
    """Start, found the four regions with a few types, and stop the clock."""
    config = ChainConfig(directory=folder / "chain", port=free_port(), keep_state=False)
    with AnvilChain(config) as anvil:
        plans = [RegionPlan(code=code, endpoint=f"http://127.0.0.1/{code}") for code in REGIONS]
        deployed = deploy(anvil.url, plans, folder / "consortium", types=TYPES)
        rpc = JsonRpc(RpcSettings(url=anvil.url))
        rpc.read("evm_setAutomine", False)
        rpc.read("evm_setIntervalMining", 0)
        yield RealChain(anvil, folder, deployed, rpc)
