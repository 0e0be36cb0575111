"""Live, ready and figures."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.api.support import Node
from tests.support.region import FIRM


def figures(node_text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(node_text)
        for sample in family.samples
    }


def test_ready_names_the_failed_part(node: Node) -> None:
    client = node.client()
    assert client.get("/readyz").json()["ready"] is True
    node.probe.failing["chain"] = "no answer for 12 s; start the chain client"
    answered = client.get("/readyz")
    assert answered.status_code == 503
    assert answered.json()["failed"] == ["chain"]
    assert client.get("/healthz").status_code == 200


def test_database_gone_is_said_and_nothing_breaks(node: Node) -> None:
    client = node.client()
    node.region.database.close()
    path = node.region.folder / "region.sqlite"
    path.rename(path.with_suffix(".gone"))
    path.mkdir()
    answered = client.get("/readyz")
    assert answered.status_code == 503
    assert "database" in answered.json()["failed"]
    verdict = client.post("/v1/verify", json={"check_code": "x"})
    assert verdict.status_code == 503
    assert "sqlite" not in verdict.text.lower()
    assert client.get("/metrics").status_code == 200


def test_figures_count_by_template_and_name_nobody(node: Node) -> None:
    client = node.client("business")
    registered = client.post("/v1/licenses", json=node.json()).json()
    node.region.clock.advance(7)
    client.get(registered["links"]["self"])
    client.get("/v1/licenses/0193ffff-0000-7000-8000-000000000000")
    client.get("/nowhere/110105194912310021")
    client.post("/v1/verify", json={"check_code": registered["check_code"]})
    text = client.get("/metrics").text
    found = figures(text)
    template = ("route", "/v1/licenses/{license_id}")
    for status, count in (("200", 1), ("404", 1)):
        labels = frozenset({template, ("method", "GET"), ("status", status)})
        assert found["ledger_http_requests_total", labels] == count
    assert found["ledger_verdicts_total", frozenset({("reason", "not_anchored")})] == 1
    plain: frozenset[tuple[str, str]] = frozenset()
    assert found["ledger_licenses_pending", plain] == 1
    assert found["ledger_anchor_lag_seconds", plain] == 7
    assert found["ledger_mirror_height", plain] == node.chain.newest.number
    assert found["ledger_unbacked_heads", plain] == 0
    assert found["ledger_part_ready", frozenset({("part", "chain")})] == 1
    for secret in (registered["id"], registered["check_code"], FIRM, "110105194912310021"):
        assert secret not in text
