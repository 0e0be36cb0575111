"""Founding a consortium on a real chain: whole, interrupted, repeated, and in a wrong place."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.chain.connect import ChainSettings, open_chain
from ledger.chain.rpc import JsonRpc, RpcSettings
from ledger.chain.transactions import Signer
from ledger.errors import ChainUnavailableError, ConfigurationError
from ledger.types import Region
from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.chains import AnvilChain
from nodes.devnet.consortium import DeployedConsortium, RegionPlan, deploy
from nodes.devnet.founding_file import FoundingFolder
from nodes.devnet.governance import Governance
from nodes.devnet.ports import free_port
from tests.support.region import CATALOGUE

CODES = ("110000", "120000", "130000", "133100")
LAST = 2**64 - 1


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[AnvilChain]:
    config = ChainConfig(directory=tmp_path / "chain", port=free_port(), keep_state=False)
    with AnvilChain(config) as chain:
        yield chain


def _plans(port: int = 9000) -> list[RegionPlan]:
    return [
        RegionPlan(code=Region(code), endpoint=f"http://127.0.0.1:{port + at}")
        for at, code in enumerate(CODES)
    ]


def _governance(chain: AnvilChain, deployed: DeployedConsortium) -> Governance:
    rpc = JsonRpc(RpcSettings(url=chain.url))
    admins = {
        one.code: Signer.from_key(one.admin_key, deployed.chain_id) for one in deployed.regions
    }
    return Governance(rpc, deployed.identity.consortium, admins, patience=20)


def test_the_whole_catalogue_is_founded_in_seconds_and_recognised(
    chain: AnvilChain, tmp_path: Path
) -> None:
    folder = tmp_path / "founding"
    began = time.monotonic()
    deployed = deploy(chain.url, _plans(), folder, types=CATALOGUE)
    assert time.monotonic() - began <= 15
    again = deploy(chain.url, _plans(), folder, types=CATALOGUE)
    assert (again.consortium, again.block_number) == (deployed.consortium, deployed.block_number)
    assert [one.keys.anchor_key for one in again.regions] == [
        one.keys.anchor_key for one in deployed.regions
    ]
    governance = _governance(chain, deployed)
    assert governance.view("quorumAt", LAST)[1] == 3
    assert governance.view("proposalCount") == 10
    for path in folder.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    settings = ChainSettings(rpc=RpcSettings(url=chain.url), identity=deployed.identity)
    open_chain(settings).verify_identity()


def test_an_interrupted_founding_goes_on(chain: AnvilChain, tmp_path: Path) -> None:
    folder = tmp_path / "founding"
    rpc = JsonRpc(RpcSettings(url=chain.url))
    # Killed after the creation was stored, and before any block took it.
    rpc.read("evm_setIntervalMining", 0)
    with pytest.raises(ChainUnavailableError):
        deploy(chain.url, _plans(), folder, types=CATALOGUE[:3], patience=0.3)
    stored = FoundingFolder(folder).open([Region(code) for code in CODES]).creation
    assert stored is not None
    rpc.read("evm_setIntervalMining", 1)
    # Killed again, with part of the types done.
    some = deploy(chain.url, _plans(), folder, types=CATALOGUE[:3])
    whole = deploy(chain.url, _plans(), folder, types=CATALOGUE[:7])
    assert whole.consortium == some.consortium
    assert FoundingFolder(folder).open([Region(code) for code in CODES]).creation == stored
    governance = _governance(chain, whole)
    # One proposal for the types and one for each region's grants, twice.
    assert governance.view("proposalCount") == 10


def test_moved_nodes_get_their_new_endpoints(chain: AnvilChain, tmp_path: Path) -> None:
    deploy(chain.url, _plans(9000), tmp_path / "f", types=CATALOGUE[:1])
    moved = deploy(chain.url, _plans(9100), tmp_path / "f", types=CATALOGUE[:1])
    governance = _governance(chain, moved)
    assert governance.view("endpointOf", 133100) == "http://127.0.0.1:9103"


def test_a_folder_of_other_regions_or_another_chain_is_refused(
    chain: AnvilChain, tmp_path: Path
) -> None:
    folder = tmp_path / "f"
    deploy(chain.url, _plans(), folder, types=CATALOGUE[:1])
    with pytest.raises(ConfigurationError, match="belongs to the regions"):
        deploy(chain.url, _plans()[:3], folder, types=CATALOGUE[:1])
    document = FoundingFolder(folder)
    document.path.write_bytes(document.path.read_bytes()[:-40])
    with pytest.raises(ConfigurationError, match="damaged"):
        deploy(chain.url, _plans(), folder, types=CATALOGUE[:1])


def test_a_deployer_that_did_something_else_is_refused(chain: AnvilChain, tmp_path: Path) -> None:
    folder = tmp_path / "f"
    secrets = FoundingFolder(folder).open([Region(code) for code in CODES])
    deployer = Signer.from_key(secrets.deployer_key, 31337)
    rpc = JsonRpc(RpcSettings(url=chain.url))
    other = deployer.sign(nonce=0, to=bytes(19) + b"\x09", payload=b"", gas=21_000, gas_price=0)
    rpc.send("0x" + other.raw.hex())
    time.sleep(1.2)
    with pytest.raises(ConfigurationError, match="another state of this chain"):
        deploy(chain.url, _plans(), folder, types=CATALOGUE[:1])


def test_one_region_alone_is_a_consortium_too(chain: AnvilChain, tmp_path: Path) -> None:
    deployed = deploy(chain.url, _plans()[:1], tmp_path / "f", types=CATALOGUE[:2])
    governance = _governance(chain, deployed)
    assert governance.view("quorumAt", LAST)[1] == 1
