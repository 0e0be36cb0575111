"""Lock files: hashes for everything, addresses for nothing, and one set inside the other."""

from __future__ import annotations

import json
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT

PYTHON_LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
NPM_LOCK = ROOT / "package-lock.json"
PIN = re.compile(r"^(?P<name>[a-z0-9.-]+)==(?P<version>[^ ;]+)(?: ; [^\\]+)?\s*\\?$")


def pins(path: Path) -> dict[str, set[str]]:
    """Name → versions (more than one where markers choose)."""
    found: dict[str, set[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := PIN.match(line):
            found.setdefault(match["name"], set()).add(match["version"])
    return found


def declared(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=;~! ]", each)[0].lower().replace("_", "-") for each in requirements}


def test_the_python_locks_are_there() -> None:
    assert {path.stem for path in PYTHON_LOCKS} == {"build", "dev", "node", "postgres", "runtime"}


@pytest.mark.parametrize("path", [*PYTHON_LOCKS, NPM_LOCK], ids=lambda path: path.name)
def test_a_lock_names_no_address(path: Path) -> None:
    assert "://" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", PYTHON_LOCKS, ids=lambda path: path.name)
def test_every_python_package_has_a_hash(path: Path) -> None:
    entries = re.split(r"\n(?=[a-z0-9])", path.read_text(encoding="utf-8"))
    assert len(entries) == sum(map(len, pins(path).values())) > 0
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []


def test_every_npm_package_has_a_hash() -> None:
    packages = json.loads(NPM_LOCK.read_text(encoding="utf-8"))["packages"]
    foreign = {name: package for name, package in packages.items() if name}
    assert foreign
    assert [name for name, package in foreign.items() if "integrity" not in package] == []
    assert [name for name, package in foreign.items() if "resolved" in package] == []


@pytest.mark.parametrize("larger", ["postgres", "dev"])
def test_a_larger_set_holds_the_runtime_set_in_the_same_versions(larger: str) -> None:
    runtime, more = (pins(ROOT / "requirements" / f"{name}.lock") for name in ("runtime", larger))
    assert {name: more.get(name) for name in runtime} == runtime
    assert set(more) > set(runtime)


def test_the_locks_cover_what_is_declared() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = declared(project["project"]["dependencies"])
    extras = declared(list(chain(*project["project"]["optional-dependencies"].values())))
    dev = declared(project["dependency-groups"]["dev"])
    assert runtime - set(pins(ROOT / "requirements" / "runtime.lock")) == set()
    assert (dev | extras) - set(pins(ROOT / "requirements" / "dev.lock")) == set()
    assert (extras & set(pins(ROOT / "requirements" / "runtime.lock"))) == set()


def test_npms_install_scripts_stay_off() -> None:
    settings = (ROOT / ".npmrc").read_text(encoding="utf-8").split()
    assert {"ignore-scripts=true", "omit-lockfile-registry-resolved=true"} <= set(settings)
