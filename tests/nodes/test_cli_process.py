"""The command line against a real node on a real chain, as an office and an operator use it."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger import identifier
from nodes.devnet.tools import PROJECT_ROOT
from tests.nodes.network import REGION, TestNode, founded_network
from tests.support.region import FIRM, office_of, organization_type

pytestmark = pytest.mark.xdist_group("cli_process")

KIND = organization_type()
UNKNOWN = "ab" * 32
NOBODYS = "00000000-0000-7000-8000-000000000000"


class Shell:
    """Runs commands with the node's address and an office's token in the environment."""

    def __init__(self, node: TestNode, token: str) -> None:
        self.node = node
        self._environment = {
            **{name: text for name, text in os.environ.items() if not name.startswith("LEDGER_")},
            "LEDGER_URL": node.url,
            "LEDGER_TOKEN": token,
        }

    def __call__(self, *arguments: object, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "nodes.cli", *map(str, arguments)],
            cwd=PROJECT_ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=90,
        )
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout

    def json(self, *arguments: object, code: int = 0) -> dict[str, object]:
        answer: dict[str, object] = json.loads(self(*arguments, "--json", code=code))
        return answer

    def await_state(self, license_id: object, wanted: str) -> None:
        deadline = time.monotonic() + 60
        while (state := self.json("license", "show", license_id)["state"]) != wanted:
            assert time.monotonic() < deadline, (state, self.node.log[-3000:])


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    with founded_network(tmp_path_factory.mktemp("cli"), types=(KIND,)) as network:
        node = network.node()
        token = node.make_token()
        node.start()
        try:
            node.await_ready(60)
            yield Shell(node, token)
        finally:
            node.kill()


def registration(serial: int, **more: object) -> str:
    body = {
        "identifier": str(identifier.make(KIND.code, office_of(REGION), f"{serial:09d}", 1)),
        "type": KIND.code,
        "holders": [{"name": "示例科技有限公司", "code": FIRM, "code_type": "001"}],
        "valid_from": "2026-01-01",
        "valid_until": "2036-12-31",
    }
    return json.dumps({**body, **more}, ensure_ascii=False)


def test_a_license_from_registration_to_verdict(shell: Shell, tmp_path: Path) -> None:
    metadata, document = tmp_path / "m.json", tmp_path / "a.pdf"
    metadata.write_text(registration(1), encoding="utf-8")
    document.write_bytes(b"%PDF-1.7 one")
    made = shell.json("license", "register", metadata, "--file", document)
    again = shell.json("license", "register", metadata, "--file", document)
    assert again["id"] == made["id"]
    shell.await_state(made["id"], "final")

    assert "VALID  ok" in shell("verify", document)
    assert shell.json("verify", made["check_code"])["verdict"] == "valid"
    assert shell.json("verify", UNKNOWN, code=3)["reason"] == "unknown_hash"

    copy, bundle = tmp_path / "copy.pdf", tmp_path / "x.license.json"
    shell("download", made["id"], "--output", copy)
    assert copy.read_bytes() == document.read_bytes()
    shell("download", made["id"], "--output", copy, code=2)
    shell("bundle", "export", made["id"], "--output", bundle)
    assert shell.json("verify", bundle)["verdict"] == "valid"
    bundle.write_bytes(bundle.read_bytes().replace(b"2036-12-31", b"2037-12-31"))
    assert shell.json("verify", bundle, code=1)["verdict"] == "invalid"


def test_an_import_names_bad_rows_and_can_be_run_again(shell: Shell, tmp_path: Path) -> None:
    source, report = tmp_path / "rows.jsonl", tmp_path / "report.jsonl"
    (tmp_path / "a.pdf").write_bytes(b"%PDF-1.7 two")
    rows = [registration(serial, file="a.pdf") for serial in range(10, 14)]
    rows += [registration(14, valid_until="2020-01-01"), "not json"]
    source.write_text("\n".join(rows), encoding="utf-8")
    first = shell.json("license", "import", source, "--batch", 2, "--report", report, code=1)
    assert (first["registered"], first["refused"]) == (4, 2)
    for batch in (2, 3):
        again = shell.json("license", "import", source, "--batch", batch, code=1)
        assert (again["registered"], again["repeated"], again["refused"]) == (0, 4, 2)
    told = [json.loads(line) for line in report.read_text(encoding="utf-8").splitlines()]
    assert [row["line"] for row in told if row["status"] == "refused"] == [5, 6]
    assert "valid_until" in told[4]["problems"][0]


def test_a_bundle_before_its_anchor_is_waited_for_or_said_to_be_provisional(
    shell: Shell, tmp_path: Path
) -> None:
    metadata, early, late = (tmp_path / name for name in ("m.json", "early.json", "late.json"))
    metadata.write_text(registration(700), encoding="utf-8")
    made = shell.json("license", "register", metadata)
    told = shell.json("bundle", "export", made["id"], "--wait", 0, "--output", early)
    assert told["provisional"] is (json.loads(early.read_bytes()).get("head") is None)
    assert shell.json("bundle", "export", made["id"], "--output", late)["provisional"] is False
    assert shell.json("verify", late)["verdict"] == "valid"
    assert "was registered already" in shell("license", "register", metadata)


def test_verifying_goes_on_without_a_token_that_the_node_does_not_know(shell: Shell) -> None:
    stranger = Shell(shell.node, "llt_" + "A" * 43)
    assert stranger.json("verify", UNKNOWN, code=3)["reason"] == "unknown_hash"
    stranger("license", "list", code=4)


def test_a_known_office_keeps_its_name_unless_it_is_renamed(shell: Shell) -> None:
    database = shell.node.root / "node.sqlite"
    create = ("token", "create", "11110000YY11000129", "--config", shell.node.config)

    def name() -> str:
        with closing(sqlite3.connect(database, timeout=10)) as opened:
            query = "SELECT name FROM office WHERE uscc = '11110000YY11000129'"
            return str(opened.execute(query).fetchone()[0])

    shell(*create, "--office-name", "甲局")
    shell(*create, "--office-name", "乙局")
    assert name() == "甲局"
    shell(*create, "--office-name", "乙局", "--rename-office")
    assert name() == "乙局"
    shell(*create, "--rename-office", code=2)


def test_types_are_named_beside_their_codes(shell: Shell, tmp_path: Path) -> None:
    metadata = tmp_path / "m.json"
    metadata.write_text(registration(800), encoding="utf-8")
    made = shell.json("license", "register", metadata)
    for command in (("license", "list"), ("license", "show", made["id"])):
        assert f"{KIND.code} {KIND.name_zh}" in shell(*command)


def test_a_token_is_revoked_beside_the_running_node(shell: Shell) -> None:
    config = shell.node.config
    options = ("--role", "clerk", "--config", config)
    made = shell.json("token", "create", office_of(REGION), *options)
    clerk = Shell(shell.node, str(made["token"]))
    clerk("license", "list")
    clerk("license", "status", NOBODYS, "revoke", "--note", "why", code=4)
    shell("token", "revoke", made["id"], "--config", config)
    clerk("license", "list", code=4)


def test_fsck_says_when_the_contract_was_not_compared(shell: Shell) -> None:
    config = shell.node.config
    assert shell.json("fsck", "--config", config, "--require-chain")["chain_compared"] is True
    away = config.with_name("away.toml")
    text, count = re.subn(
        r"(?m)^rpc_url = .*$",
        'rpc_url = "http://127.0.0.1:1"',
        config.read_text(encoding="utf-8"),
    )
    assert count == 1
    away.write_text(text, encoding="utf-8")
    assert "chain not compared" in shell("fsck", "--config", away)
    report = shell.json("fsck", "--config", away, "--require-chain", code=5)
    assert (report["chain_compared"], report["findings"]) == (False, [])


def test_fsck_is_clean_and_finds_a_changed_row(shell: Shell, tmp_path: Path) -> None:
    config = shell.node.config
    metadata = tmp_path / "m.json"
    metadata.write_text(registration(500), encoding="utf-8")
    license_id = shell.json("license", "register", metadata)["id"]
    shell.await_state(license_id, "final")
    assert shell.json("node", "status")["ready"] is True
    assert shell.json("fsck", "--config", config)["findings"] == []
    with closing(sqlite3.connect(shell.node.root / "node.sqlite", timeout=10)) as database:
        changed = database.execute(
            "UPDATE license SET valid_until = '2099-01-01' WHERE id = ?", (str(license_id),)
        )
        assert changed.rowcount == 1, "the row that is tampered with must be there"
        database.commit()
    found = shell.json("fsck", "--config", config, code=1)["findings"]
    assert str(license_id) in json.dumps(found)
