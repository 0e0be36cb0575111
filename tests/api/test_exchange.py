"""A clerk in one region asks others over real HTTP, and gets only what verifies here."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ledger import canonical
from ledger.bundle import parse_bundle
from ledger.chain_events import AuthoritySet, EndpointSet
from ledger.encoding import b64url_encode
from ledger.services.status import StatusAction, StatusReason
from tests.support.nodes import Node, Nodes, serve_nodes
from tests.support.peers import LOOPBACK
from tests.support.region import FIRM, PERSON, organization_type, person_type

CODES = ("133100", "110000", "130000")
PDF = b"%PDF-1.7 example"


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with serve_nodes(tmp_path_factory.mktemp("nodes"), CODES) as served:
        yield served


@pytest.fixture
def asking(nodes: Nodes) -> Node:
    return nodes["133100"]


def purpose(node: Node, **changes: Any) -> dict[str, Any]:
    return {
        "system": "雄安新区一网通办",
        "matter_code": "M-0001",
        "case_number": "2026-001234",
        "handler": {"name": "王示例", "id_digest": "5e" * 32, "office": node.region.office},
    } | changes


def header(node: Node, **changes: Any) -> dict[str, str]:
    return {"License-Purpose": b64url_encode(canonical.encode(purpose(node, **changes)))}


def register(nodes: Nodes, code: str, level: int = 1, **changes: Any) -> str:
    """A license of the region with its file, anchored and final; its id."""
    region = nodes[code].region
    kind = changes.pop("kind", organization_type(level))
    draft = replace(region.draft(kind, **changes), file=region.draft_file(PDF))
    (outcome,) = region.issuance.register([draft], office=region.office)
    nodes.chain.anchor(region)
    return str(outcome.record.id)


def search(node: Node, code: str = FIRM, **members: Any) -> dict[str, Any]:
    body = {"holder": {"code": code}, "purpose": purpose(node)} | members
    answer = node.http.post("/v1/exchange/search", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def part(answer: dict[str, Any], region: str) -> dict[str, Any]:
    (found,) = [one for one in answer["regions"] if one["region"] == region]
    return dict(found)


def license_in(answer: dict[str, Any], region: str, license_id: str) -> dict[str, Any]:
    (found,) = [one for one in part(answer, region)["licenses"] if one["id"] == license_id]
    return dict(found)


def problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return dict(answer.json())


def test_placeholder_shape(nodes: Nodes, asking: Node) -> None:
    license_id = register(nodes, "110000")
    answer = search(asking)
    print(json.dumps(answer, ensure_ascii=False, indent=1)[:6000])
    assert license_in(answer, "110000", license_id)
