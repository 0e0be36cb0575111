"""An anonymous verifier's question, passed on to other regions: open fields, a budget, a count."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ledger.hashing import sha256
from tests.support.exchange import PDF, register
from tests.support.nodes import Node, Nodes, serve_nodes
from tests.support.region import person_type


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with serve_nodes(tmp_path_factory.mktemp("nodes"), ("133100", "110000", "120000")) as served:
        yield served


def verify(node: Node, **question: Any) -> dict[str, Any]:
    answer = httpx2.post(f"{node.url}/v1/verify", json=question)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def check_code_of(node: Node, license_id: str) -> str:
    answer = node.http.get(f"/v1/licenses/{license_id}")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["check_code"])


def questions(node: Node) -> str:
    """The node's count of questions passed on by others."""
    lines = node.http.get("/metrics").text.splitlines()
    return "\n".join(line for line in lines if line.startswith("ledger_peer_questions_total"))


def test_a_check_code_of_another_region(nodes: Nodes) -> None:
    license_id = register(nodes, "110000")
    code = check_code_of(nodes["110000"], license_id)
    verdict = verify(nodes["133100"], check_code=code)
    assert (verdict["verdict"], verdict["reason"]) == ("valid", "ok")
    assert verdict["license"]["id"] == license_id
    assert verdict["license"]["region"] == "110000"


def test_a_file_digest_of_another_region(nodes: Nodes) -> None:
    content = PDF + b" of this test"
    license_id = register(nodes, "120000", content=content)
    verdict = verify(nodes["133100"], sha256=sha256(content).hex())
    assert verdict["reason"] == "ok"
    assert verdict["license"]["id"] == license_id


def test_only_open_fields_travel(nodes: Nodes) -> None:
    fields = {"certificate_name": "示例", "home_address": "示例路1号", "principal_name": "李示例"}
    license_id = register(nodes, "110000", person_type(2), fields=fields)
    code = check_code_of(nodes["110000"], license_id)
    verdict = verify(nodes["133100"], check_code=code)
    assert verdict["reason"] == "ok"
    shown = verdict["license"]["fields"]
    assert "certificate_name" in shown
    assert {"home_address", "principal_name", "holders"}.isdisjoint(shown)


def test_nobody_knows_it(nodes: Nodes) -> None:
    verdict = verify(nodes["133100"], sha256="0" * 64)
    assert (verdict["verdict"], verdict["reason"]) == ("unknown", "unknown_hash")


def test_an_identifier_is_never_passed_on(nodes: Nodes) -> None:
    license_id = register(nodes, "110000")
    identifier = nodes["110000"].http.get(f"/v1/licenses/{license_id}").json()["identifier"]
    before = questions(nodes["110000"])
    assert verify(nodes["133100"], identifier=identifier)["reason"] == "unknown_hash"
    assert questions(nodes["110000"]) == before
    assert verify(nodes["110000"], identifier=identifier)["reason"] == "ok"


def test_the_budget_of_one_region(tmp_path: Path) -> None:
    """What is beyond it is said to be unreachable: not that the license is unknown."""
    with serve_nodes(tmp_path, ("133100", "110000", "120000"), find_rate="2/hour") as nodes:
        code = check_code_of(nodes["110000"], register(nodes, "110000"))
        reasons = [verify(nodes["133100"], check_code=code)["reason"] for _ in range(4)]
        assert reasons == ["ok", "ok", "region_unreachable", "region_unreachable"]
        assert verify(nodes["120000"], check_code=code)["reason"] == "ok"
        counted = questions(nodes["110000"])
        assert '{outcome="answered",region="133100"} 2.0' in counted
        assert '{outcome="refused",region="133100"} 2.0' in counted
        assert '{outcome="answered",region="120000"} 1.0' in counted
        assert code not in nodes["110000"].http.get("/metrics").text


def test_damage_in_the_other_region_is_named(nodes: Nodes) -> None:
    """It answered: to call it unreachable would have people try again for ever."""
    license_id = register(nodes, "110000")
    code = check_code_of(nodes["110000"], license_id)
    database = sqlite3.connect(nodes["110000"].region.folder / "region.sqlite")
    with database:
        database.execute(
            "UPDATE license SET valid_until = '2039-12-31' WHERE id = ?", (license_id,)
        )
    database.close()
    verdict = verify(nodes["133100"], check_code=code)
    assert (verdict["verdict"], verdict["reason"]) == ("invalid", "content_mismatch")
    assert [one["number"] for one in verdict["checks"] if one["outcome"] == "failed"] == [2]
