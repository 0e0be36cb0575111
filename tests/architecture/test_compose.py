"""docker-compose.yml against the published schema, and what it must not hold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.architecture.sources import ROOT

COMPOSE = ROOT / "docker-compose.yml"
REGIONS = {"110000", "120000", "130000", "133100"}
SECRET_WORDS = ("PASSWORD", "SECRET", "TOKEN", "PRIVATE", "NODE_KEY", "MNEMONIC")


def schema_check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema"]
    command += ["--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def services() -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = yaml.safe_load(COMPOSE.read_text())["services"]
    return found


def environment(service: dict[str, object]) -> dict[str, str]:
    found = service.get("environment", {})
    assert isinstance(found, dict)
    return {str(name): str(value) for name, value in found.items()}


def test_it_follows_the_schema() -> None:
    done = schema_check(COMPOSE)
    assert done.returncode == 0, done.stdout


def test_the_schema_catches_a_misspelt_key(tmp_path: Path) -> None:
    wrong = tmp_path / "docker-compose.yml"
    wrong.write_text(COMPOSE.read_text().replace("healthcheck:", "healthchek:"))
    assert schema_check(wrong).returncode == 1


def test_there_is_a_node_for_each_region_with_a_readiness_check() -> None:
    nodes = {
        environment(service)["LEDGER_REGION"]: service
        for service in services().values()
        if "LEDGER_REGION" in environment(service)
    }
    assert set(nodes) == REGIONS
    assert all("/readyz" in str(node["healthcheck"]) for node in nodes.values())


@pytest.mark.parametrize("region", sorted(REGIONS))
def test_a_nodes_settings_are_accepted(region: str) -> None:
    """As the node itself reads them: an unknown or a wrong one would keep it from starting."""
    given = next(each for each in map(environment, services().values()) if region in each.values())
    addresses = ("LEDGER_CONSORTIUM_ADDRESS", "LEDGER_LICENSE_LOG_ADDRESS")
    values = {**given, **dict.fromkeys(addresses, "0x" + "11" * 20)}
    show = "from nodes.settings_sources import load_settings; print(load_settings().region)"
    done = subprocess.run(
        [sys.executable, "-c", show],
        cwd=ROOT,
        env=values,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == region, done.stderr


def test_secrets_come_from_files_outside_the_repository() -> None:
    plain = [
        f"{name}.{variable}"
        for name, service in services().items()
        for variable in environment(service)
        if any(word in variable for word in SECRET_WORDS) and not variable.endswith("_FILE")
    ]
    assert plain == []
    secrets = yaml.safe_load(COMPOSE.read_text())["secrets"]
    assert all(Path(each["file"]).parts[0] == "var" for each in secrets.values())


def test_ports_are_published_on_this_machine_only() -> None:
    mappings = [service["ports"] for service in services().values() if "ports" in service]
    published = [str(port) for ports in mappings if isinstance(ports, list) for port in ports]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
