"""Whole nodes on a real chain: killed, refused, without their chain, and two for one region."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from ledger import identifier
from nodes.devnet.ports import free_port
from nodes.devnet.tools import PROJECT_ROOT
from nodes.keys import create_keys_file, generate_keys
from nodes.settings_sources import load_settings
from nodes.storage import open_migrated
from tests.nodes.network import REGION, TestNetwork, TestNode, founded_network
from tests.support.region import FIRM, office_of, organization_type

pytestmark = pytest.mark.xdist_group("node_process")

KIND = organization_type()


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestNetwork]:
    with founded_network(tmp_path_factory.mktemp("network"), types=(KIND,)) as founded:
        yield founded


@pytest.fixture
def own_network(tmp_path: Path) -> Iterator[TestNetwork]:
    """For a test whose log the contract anchors: a second log of the region would be refused."""
    with founded_network(tmp_path, types=(KIND,)) as founded:
        yield founded


@pytest.fixture
def started() -> Iterator[list[TestNode]]:
    nodes: list[TestNode] = []
    yield nodes
    for node in nodes:
        node.kill()


def registration(serial: int) -> dict[str, object]:
    return {
        "identifier": str(identifier.make(KIND.code, office_of(REGION), f"{serial:09d}", 1)),
        "type": KIND.code,
        "holders": [{"name": "示例科技有限公司", "code": FIRM, "code_type": "001"}],
        "valid_from": "2026-01-01",
        "valid_until": "2036-12-31",
    }


class Client:
    """Calls of the region's office to one node."""

    def __init__(self, node: TestNode, token: str) -> None:
        self._http = httpx2.Client(
            base_url=node.url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
            trust_env=False,
        )

    def register(self, serial: int) -> str:
        answer = self._http.post("/v1/licenses", json=registration(serial))
        assert answer.status_code in {200, 201}, answer.text
        return str(answer.json()["id"])

    def state(self, license_id: str) -> str:
        return str(self._http.get(f"/v1/licenses/{license_id}").json()["state"])

    def await_state(self, license_id: str, wanted: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while (state := self.state(license_id)) != wanted:
            assert time.monotonic() < deadline, f"{license_id} is {state}, not {wanted}"
            time.sleep(0.05)


def await_integrated(node: TestNode, seconds: float = 20.0) -> None:
    """Until nothing waits for a position."""
    database = open_migrated(load_settings(node.config), may_migrate=False)
    deadline = time.monotonic() + seconds
    try:
        while True:
            with database.read() as session:
                if session.licenses.pending_count() == 0:
                    return
            assert time.monotonic() < deadline, node.log[-3000:]
            time.sleep(0.05)
    finally:
        database.close()


def fsck(node: TestNode) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "nodes.cli", "fsck", "--config", str(node.config), "--json"],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, object] = json.loads(done.stdout)
    return report


def test_what_was_acknowledged_survives_a_kill_and_becomes_final(
    own_network: TestNetwork, started: list[TestNode]
) -> None:
    node = own_network.node("killed")
    started.append(node)
    client = Client(node, node.make_token())
    node.start()
    node.await_ready()
    acknowledged = [client.register(1)]
    client.await_state(acknowledged[0], "final")
    for serial in range(2, 4):
        acknowledged.append(client.register(serial))
        time.sleep(0.3 * (serial - 2))  # the kill finds the pipeline at different steps
        node.kill()
        node.start()
        node.await_ready()
    for license_id in acknowledged:
        client.await_state(license_id, "final")
    node.signal(signal.SIGTERM)
    assert node.await_end() == 0
    report = fsck(node)
    assert (report["licenses"], report["anchored_size"]) == (3, 3)


def test_a_chain_that_is_away_stops_no_reading_and_is_found_again(
    network: TestNetwork, started: list[TestNode]
) -> None:
    node = network.node("away", port=free_port())
    started.append(node)
    token = node.make_token()
    network.chain.stop()
    try:
        node.start()
        problems = node.await_parts({"chain", "mirror", "membership"})
        assert "does not answer" in problems["chain"]
        types = httpx2.get(f"{node.url}/v1/types", timeout=10, trust_env=False)
        assert types.status_code == 200
        listed = httpx2.get(
            f"{node.url}/v1/licenses",
            headers={"Authorization": f"Bearer {token}"},
            timeout=10,
            trust_env=False,
        )
        assert listed.status_code == 200
    finally:
        network.chain.start()
    node.await_ready()


def test_a_wrong_chain_wrong_contracts_and_wrong_keys_are_refused_by_name(
    network: TestNetwork, started: list[TestNode], tmp_path: Path
) -> None:
    stranger = tmp_path / "keys.json"
    create_keys_file(stranger, generate_keys(REGION))
    cases = {
        "chain id": (network.node("id", port=free_port(), chain_id=1), "configured is 1;"),
        "genesis": (
            network.node("genesis", port=free_port(), genesis_hash="00" * 32),
            "block 0 is",
        ),
        "contract": (
            network.node("code", port=free_port(), consortium_address="0x" + "11" * 20),
            "Consortium",
        ),
        "keys": (network.node("keys", port=free_port(), keys_file=str(stranger)), "anchor key"),
    }
    for node, _ in cases.values():
        started.append(node)
        node.start()
    for name, (node, said) in cases.items():
        assert node.await_end(60) != 0, name
        last = node.log.strip().splitlines()[-1]
        assert last.startswith("license-ledger: "), f"{name}: {last}"
        assert said in last, f"{name}: {last}"
        assert "Traceback" not in node.log


def test_of_two_processes_one_works_and_the_other_takes_over(
    own_network: TestNetwork, started: list[TestNode]
) -> None:
    lease = {"sequencer_lease_seconds": 3}
    first = own_network.node("first", port=free_port(), **lease)
    second = own_network.node(
        "second",
        port=free_port(),
        database_url=f"sqlite:///{first.root / 'node.sqlite'}",
        files_dir=str(first.root / "files"),
        **lease,
    )
    started += [first, second]
    client = Client(first, first.make_token())
    first.start()
    first.await_ready()
    second.start()
    second.await_ready()
    client.register(101)
    await_integrated(first)
    assert "this process works" not in second.log
    first.kill()
    Client(second, second.make_token()).register(102)
    await_integrated(second)
    assert '"this process works"' in second.log
    assert '"fence": 2' in second.log
