"""One real chain and one founding for the session; each test begins from the founding again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nodes.devnet.chain_config import ChainConfig
from nodes.devnet.chains import AnvilChain
from nodes.devnet.ports import free_port
from tests.contracts.world import World, deploy


@pytest.fixture(scope="session")
def anvil(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AnvilChain]:
    """A chain that mines each transaction at once, under the rules of GoQuorum and Besu (paris)."""
    config = ChainConfig(
        directory=tmp_path_factory.mktemp("chain"),
        port=free_port(),
        block_time=None,
        keep_state=False,
    )
    with AnvilChain(config) as chain:
        yield chain


@pytest.fixture(scope="session")
def founded(anvil: AnvilChain) -> World:
    """The consortium as it was deployed, one block after."""
    world = deploy(anvil.url)
    world.mine()
    return world


@pytest.fixture
def world(founded: World) -> Iterator[World]:
    """The founding, untouched; what the test does is undone after it."""
    snapshot = founded.rpc("evm_snapshot")
    yield founded
    assert founded.rpc("evm_revert", snapshot)
