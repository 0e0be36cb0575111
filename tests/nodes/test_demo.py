"""The demo end to end: real chain, real processes, killed at bad moments and gone on with."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ledger.errors import ConfigurationError
from nodes.devnet import process_lock
from nodes.devnet.demo.ending import end_parts, running_parts
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.demo.record import DemoRecord, read_record
from nodes.devnet.demo.report import JsonReport
from nodes.devnet.demo.run import DemoOptions, run_demo
from nodes.devnet.ports import is_port_free
from nodes.devnet.samples.places import PLACES
from nodes.devnet.tools import PROJECT_ROOT

pytestmark = pytest.mark.xdist_group("demo")

LICENSES = 40
RUN_SECONDS = 150.0
"""Far more than a run takes; a run that hangs is killed then."""

Event = dict[str, Any]


class Run:
    """One `license-ledger demo --json`, event by event."""

    def __init__(self, folder: DemoFolder, *options: str) -> None:
        command = [sys.executable, "-m", "nodes.cli", "demo", "--json"]
        self._process = subprocess.Popen(
            [*command, "--directory", str(folder.root), *options],
            cwd=PROJECT_ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._watchdog = threading.Timer(RUN_SECONDS, self._process.kill)
        self._watchdog.start()
        self.events: list[Event] = []

    def until(self, name: str, **members: object) -> Event:
        """Read on to the event `name` that has `members`."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.events.append(json.loads(line))
            event = self.events[-1]
            if event["event"] == name and members.items() <= event.items():
                return event
        raise AssertionError(f"ended without {name}: {self.end()}\n{self.named()}")

    def end(self) -> tuple[int, str]:
        """Wait for its end: exit code, and what it said of errors."""
        out, errors = self._process.communicate()
        self.events += [json.loads(line) for line in out.splitlines()]
        self._watchdog.cancel()
        return self._process.returncode, errors

    def kill(self, signum: signal.Signals = signal.SIGKILL) -> None:
        os.kill(self._process.pid, signum)

    def named(self) -> list[str]:
        return [event["event"] for event in self.events]

    def all(self, name: str) -> list[Event]:
        return [event for event in self.events if event["event"] == name]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DemoFolder]:
    kept = DemoFolder(tmp_path / "demo")
    yield kept
    end_parts(kept)


def _ports() -> list[str]:
    """Options for ports that are free: four in a row, and one for the chain.

    Below the range that the system gives to outgoing connections, which come and go.
    """
    while True:
        first = 20_000 + secrets.randbelow(12_000)
        if all(is_port_free(first + at) for at in range(5)):
            return ["--port", str(first), "--chain-port", str(first + 4)]


def _eventually(holds: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_from_nothing_through_kills_to_the_end(folder: DemoFolder) -> None:
    _killed_while_registering(folder)
    _killed_amid_its_tampering(folder)
    record = _told_though_a_node_is_killed(folder)
    _check_record(folder, record)
    _second_demo_says_that_it_runs(folder)
    _stops_once(folder)


def _killed_while_registering(folder: DemoFolder) -> None:
    run = Run(folder, "--licenses", str(LICENSES), *_ports())
    run.until("first_run")
    run.until("phase_started", phase="register")
    run.kill()
    assert run.end()[0] == -signal.SIGKILL
    _eventually(lambda: running_parts(folder) == 0)


def _killed_amid_its_tampering(folder: DemoFolder) -> None:
    run = Run(folder)
    run.until("half_finished")
    assert run.until("registered")["number"] == LICENSES
    run.until("tamper.rewrite")
    run.until("refused")
    run.kill()
    run.end()
    _eventually(lambda: running_parts(folder) == 0)
    assert folder.damage.exists()


def _told_though_a_node_is_killed(folder: DemoFolder) -> DemoRecord:
    run = Run(folder, "--detach")
    assert run.until("undone_late")["number"] == 4
    run.until("phase_started", phase="exchange")
    hebei = process_lock.holder(folder.node(PLACES[2].code).lock)
    assert hebei is not None
    os.kill(hebei.pid, signal.SIGKILL)
    code, errors = run.end()
    assert code == 0, errors

    names = run.named()
    assert "already_registered" in names
    assert [event["what"] for event in run.all("died")] == ["130000 Hebei"]
    assert "detached" in names
    (told,) = [event["verdict"] for event in run.all("verdict")]
    assert told["verdict"] == "valid"
    assert [check["number"] for check in told["checks"]] == list(range(1, 9))
    assert {check["outcome"] for check in told["checks"]} == {"passed"}
    assert [(one["number"], one["reason"]) for one in run.all("refused")] == [
        (2, "content_mismatch"),
        (2, "content_mismatch"),
        (2, "content_mismatch"),
        (2, "content_mismatch"),
        (4, "root_not_on_chain"),
    ]
    assert [one["verdict"] for one in run.all("untouched")] == ["ok"] * 4
    assert sorted(one["verdict"] for one in run.all("answers_again")) == ["expired"] + ["ok"] * 4
    found = {(one["region"], one["verdict"]) for one in run.all("found")}
    assert found == {("110000", "valid"), ("130000", "valid"), ("120000", "refused")}
    assert not folder.damage.exists()
    record = read_record(folder.record)
    assert record is not None
    return record


def _check_record(folder: DemoFolder, record: DemoRecord) -> None:
    """DESIGN §10, and that what it names works."""
    assert folder.record.stat().st_mode & 0o777 == 0o600
    said = json.loads(folder.record.read_text(encoding="utf-8"))
    assert set(said) == {"rpc_url", "chain_id", "contracts", "regions", "samples"}
    assert set(said["contracts"]) == {"consortium", "license_log"}
    assert [one["code"] for one in said["regions"]] == ["110000", "120000", "130000", "133100"]
    for one in record.regions:
        assert set(one.tokens) == {"clerk", "business", "verifier", "auditor", "operator"}
        assert Path(one.files_dir).is_dir()
        assert Path(one.database_url.removeprefix("sqlite:///")).is_file()
        keys = folder.keys(next(place.code for place in PLACES if place.code == one.code))
        assert keys.stat().st_mode & 0o777 == 0o600
    sample = record.samples["firm-food-permit-hebei"]
    with httpx2.Client(trust_env=False) as client:
        for one in record.regions:
            assert client.get(f"{one.url}/readyz").status_code == 200
            content = Path(sample.file).read_bytes()
            answer = client.post(f"{one.url}/v1/verify", files={"file": ("a.pdf", content)})
            assert answer.json()["verdict"] == "valid"


def _second_demo_says_that_it_runs(folder: DemoFolder) -> None:
    run = Run(folder, "--detach")
    assert run.end() == (0, "")
    assert "runs_already" in run.named()
    assert "phase_started" not in run.named()[1:]
    assert running_parts(folder) == 5


def _stops_once(folder: DemoFolder) -> None:
    for wanted in ("stopped", "nothing_runs"):
        run = Run(folder, "--stop")
        assert run.end() == (0, "")
        assert run.named() == [wanted]
        assert running_parts(folder) == 0


def _ask(folder: DemoFolder, **options: Any) -> None:
    """Run the demo in this process, for what ends before anything is started."""
    run_demo(DemoOptions(root=folder.root, **options), JsonReport())


def test_a_taken_port_is_named_and_nothing_is_begun(folder: DemoFolder) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(ConfigurationError) as caught:
            _ask(folder, chain_port=taken)
    for said in (f"port {taken}", f"process {os.getpid()}", "--chain-port"):
        assert said in str(caught.value)
    assert not folder.kept.exists()
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize("fresh", [False, True])
def test_a_demo_at_work_is_not_disturbed(folder: DemoFolder, fresh: bool) -> None:
    folder.root.mkdir()
    lock = process_lock.hold(folder.lock, port=0)
    assert lock is not None
    try:
        with pytest.raises(ConfigurationError, match="make demo-stop") as caught:
            _ask(folder, fresh=fresh)
    finally:
        os.close(lock)
    assert f"process {os.getpid()}" in str(caught.value)
    assert folder.root.is_dir()


@pytest.mark.parametrize("content", [b'{"seed": 1', b"{}", b"[]", b'{"seed": "00"}', b"\xff"])
def test_an_unreadable_state_is_said_and_stays(folder: DemoFolder, content: bytes) -> None:
    folder.root.mkdir()
    folder.kept.write_bytes(content)
    with pytest.raises(ConfigurationError, match="--fresh"):
        _ask(folder)
    assert folder.kept.read_bytes() == content


def test_fresh_sets_the_old_state_aside_and_ctrl_c_ends(folder: DemoFolder) -> None:
    folder.root.mkdir()
    folder.kept.write_bytes(b"damaged")
    run = Run(folder, "--fresh", *_ports())
    aside = Path(run.until("set_aside")["folder"])
    run.until("chain_runs")
    run.kill(signal.SIGINT)
    assert run.end() == (130, "")
    assert "interrupted" in run.named()
    assert (aside / "kept.json").read_bytes() == b"damaged"
    assert running_parts(folder) == 0
