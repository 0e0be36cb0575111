"""The command line: what it reads, what it says, and the code that it ends with."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import httpx2
import pytest

from api.licenses.drafts import draft_from_json
from ledger import errors, identifier
from ledger.draft import find_faults
from nodes.cli.api_client import ApiClient
from nodes.cli.failures import ExitCode, ProblemError, UnreachableError, UsageError, exit_code
from nodes.cli.import_rows import BadRow, GoodRow, Row, count_rows, read_rows
from nodes.cli.license_import import Tally, batches
from nodes.cli.lookup import held_back
from nodes.cli.verify import recognise
from nodes.devnet.samples.places import BEIJING, main_office
from nodes.devnet.tools import PROJECT_ROOT
from nodes.settings import NodeSettings
from tests.support.region import CATALOGUE

HEAVY = ("web3", "sqlalchemy", "fastapi", "httpx2", "pydantic", "structlog", "cryptography")
HEADER = "identifier,type,holder_name,holder_code,valid_from,valid_until,fields.certificate_number"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "nodes.cli", *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def test_help_loads_nothing_heavy() -> None:
    """What makes `license-ledger --help` quick, without a stopwatch."""
    program = "import sys, nodes.cli.main; print(*sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "typer" in loaded
    assert loaded.isdisjoint(HEAVY)


def test_every_command_has_a_help_text() -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("demo", "node", "devnet", "license", "lookup", "download", "verify", "bundle"):
        assert command in done.stdout
    for command in ("region", "token", "fsck"):
        assert command in done.stdout


def test_wrong_usage_is_code_2_and_one_line() -> None:
    assert run("verfy").returncode == 2
    done = run("verify", "neither a file nor a code")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("license-ledger: this is no file")
    assert len(done.stderr.splitlines()) == 1


def test_an_unreachable_node_is_code_5_in_words_and_in_json() -> None:
    done = run("verify", "ab" * 32, "--url", "http://127.0.0.1:1")
    assert done.returncode == 5
    assert "check --url" in done.stderr
    done = run("verify", "ab" * 32, "--url", "http://127.0.0.1:1", "--json")
    assert done.returncode == 5
    assert json.loads(done.stderr)["error"]["code"] == "UnreachableError"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ProblemError(status=403, code="missing_scope", message="no"), ExitCode.REFUSED),
        (ProblemError(status=401, code="x", message="no"), ExitCode.REFUSED),
        (ProblemError(status=422, code="x", message="no"), ExitCode.USAGE),
        (ProblemError(status=404, code="x", message="no"), ExitCode.FAILED),
        (ProblemError(status=503, code="x", message="no"), ExitCode.UNREACHABLE),
        (UnreachableError("x"), ExitCode.UNREACHABLE),
        (UsageError("x"), ExitCode.USAGE),
        (errors.ConfigurationError("x"), ExitCode.USAGE),
        (errors.NotPermittedError("x"), ExitCode.REFUSED),
        (errors.WrongChainError("x"), ExitCode.FAILED),
    ],
)
def test_exit_codes(error: errors.LedgerError, code: ExitCode) -> None:
    assert exit_code(error) is code


def test_a_problem_keeps_what_the_node_said() -> None:
    def refuse(_request: httpx2.Request) -> httpx2.Response:
        fault = {"field": "type", "problem": "is unknown", "next_step": "see types", "row": 3}
        body = {"title": "Busy", "detail": "behind", "code": "busy", "errors": [fault]}
        return httpx2.Response(503, json=body, headers={"Retry-After": "7"})

    client = ApiClient("http://node", "t", transport=httpx2.MockTransport(refuse))
    with client, pytest.raises(ProblemError) as caught:
        client.get("/v1/types")
    assert str(caught.value) == "Busy: behind (retry in 7 s)"
    assert (caught.value.code, caught.value.retry_after) == ("busy", 7.0)
    assert caught.value.faults == ("row 3: type is unknown; see types",)


@pytest.mark.parametrize("content", [b"<html>", b"[]", b"\xff", b""])
def test_what_does_not_answer_as_a_node_is_unreachable(content: bytes) -> None:
    transport = httpx2.MockTransport(lambda _request: httpx2.Response(200, content=content))
    client = ApiClient("http://node", None, transport=transport)
    with client, pytest.raises(UnreachableError, match="not as a node does"):
        client.get("/v1/types")


@pytest.mark.parametrize(
    ("text", "recognised"),
    [
        ("AB" * 32, {"sha256": "ab" * 32}),
        ("q0f3Zk9vT1y6mX2bLwYc5g", {"check_code": "q0f3Zk9vT1y6mX2bLwYc5g"}),
        ("https://x/v/q0f3Zk9vT1y6mX2bLwYc5g", {"check_code": "q0f3Zk9vT1y6mX2bLwYc5g"}),
        ("1.2.156.3005.2.X", {"identifier": "1.2.156.3005.2.X"}),
    ],
)
def test_verify_recognises_what_it_is_given(text: str, recognised: dict[str, str]) -> None:
    assert recognise(text) == recognised


def test_an_identifier_is_made_with_its_check_character() -> None:
    parts = ("11100000000013338W032", "11110000YY11000129", "000000001")
    done = run("license", "identifier", *parts, "2")
    assert done.returncode == 0
    assert identifier.parse(done.stdout.strip()).version == 2
    assert run("license", "identifier", "X", *parts[1:]).returncode == 2


def test_the_example_in_the_documentation_can_be_registered() -> None:
    text = (PROJECT_ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    example = json.loads(text.partition("```json\n")[2].partition("```")[0])
    draft = draft_from_json(example, max_file_bytes=0)
    kind = next(one for one in CATALOGUE if one.code == draft.type_code)
    office = main_office(BEIJING.code).uscc
    assert find_faults(draft, office=office, type_=kind, is_granted=True) == ()


def test_a_new_node_gets_a_settings_file_that_names_what_is_missing(tmp_path: Path) -> None:
    assert run("node", "init", "110000", "--data-dir", str(tmp_path)).returncode == 0
    written = (tmp_path / "node.toml").read_text(encoding="utf-8")
    assert tomllib.loads(written) == {"region": "110000", "data_dir": "."}
    missing = [line.split()[1] for line in written.splitlines() if line.endswith("# MISSING")]
    assert {"consortium_address", "license_log_address", "chain_id"} <= set(missing)
    refused = run("node", "run", "--config", str(tmp_path / "node.toml"))
    assert (refused.returncode, "consortium_address" in refused.stderr) == (2, True)
    filled = "".join(
        f"{line.removeprefix('# ')}\n" if line.startswith("# ") and " = " in line else f"{line}\n"
        for line in written.splitlines()
    )
    assert tomllib.loads(filled).keys() == NodeSettings.model_fields.keys()


def test_a_region_says_once_what_it_holds_back() -> None:
    refusals = [{"type": str(n), "reason": "authorization_required"} for n in range(3)]
    assert held_back({"refusals": refusals}) == "3 types (authorization_required)"
    assert held_back({}) == ""


def rows_of(path: Path, content: str, encoding: str = "utf-8") -> list[Row]:
    path.write_bytes(content.encode(encoding))
    return list(read_rows(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_rows_become_what_the_api_takes(tmp_path: Path, encoding: str) -> None:
    text = f"{HEADER}\n1.2,T,示例公司,C,2026-01-01,,证字1号\n"
    (row,) = rows_of(tmp_path / "rows.csv", text, encoding)
    assert isinstance(row, GoodRow)
    assert row.line == 2
    assert row.body == {
        "identifier": "1.2",
        "type": "T",
        "holders": [{"name": "示例公司", "code": "C", "code_type": "001"}],
        "valid_from": "2026-01-01",
        "fields": {"certificate_number": "证字1号"},
    }


def test_a_bad_row_is_named_by_its_line_and_stops_no_other(tmp_path: Path) -> None:
    text = f'{HEADER}\n1,T,N,C,2026-01-01\n2,T,"N\nN",C,2026-01-01,,\n3,T,N,C,2026-01-01,,\n'
    found = rows_of(tmp_path / "rows.csv", text)
    assert [(row.line, type(row)) for row in found] == [(2, BadRow), (3, GoodRow), (5, GoodRow)]
    assert count_rows(tmp_path / "rows.csv") == 3


def test_unknown_and_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"holder_name.*unknown: holdername"):
        rows_of(tmp_path / "rows.csv", "identifier,type,holdername,holder_code,valid_from\n")


def test_a_named_file_is_sent_along(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF-")
    text = "".join(f'{{"file": "{name}"}}\n' for name in ("a.pdf", "b.pdf", "a.exe"))
    good, missing, strange = rows_of(tmp_path / "rows.jsonl", text + "\n")
    assert isinstance(good, GoodRow)
    assert good.body["file"] == {"content": "JVBERi0=", "media_type": "application/pdf"}
    assert isinstance(missing, BadRow)
    assert isinstance(strange, BadRow)


def test_batches_are_cut_alike_each_time(tmp_path: Path) -> None:
    """Their Idempotency-Keys are made of their content: only so does a second run go on."""
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(f'{{"n": {n}}}\n' for n in range(7)) + "broken\n", encoding="utf-8")
    first, second = (list(batches(path, 3, Tally())) for _ in range(2))
    assert [len(batch) for batch in first] == [3, 3, 1]
    assert first == second
