"""Words that tests of the exchange share: register, ask, and look at what came back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx2

from ledger import canonical
from ledger.catalogue import LicenseType
from ledger.encoding import b64url_encode
from tests.support.nodes import Node, Nodes
from tests.support.region import FIRM, organization_type

PDF = b"%PDF-1.7 example"


def purpose(node: Node, **changes: Any) -> dict[str, Any]:
    """A complete purpose of a clerk of this node's office."""
    return {
        "system": "雄安新区一网通办",
        "matter_code": "M-0001",
        "case_number": "2026-001234",
        "handler": {"name": "王示例", "id_digest": "5e" * 32, "office": node.region.office},
    } | changes


def purpose_field(node: Node, **changes: Any) -> dict[str, str]:
    """The same as the header field of a request without a body."""
    return {"License-Purpose": b64url_encode(canonical.encode(purpose(node, **changes)))}


def register(
    nodes: Nodes, code: str, kind: LicenseType | None = None, content: bytes = PDF, **changes: Any
) -> str:
    """A license of the region with its file, anchored and final; its id."""
    region = nodes[code].region
    draft = region.draft(kind or organization_type(), **changes)
    draft = replace(draft, file=region.draft_file(content))
    registered = region.issuance.register(draft, office=region.office)
    nodes.chain.anchor(region)
    return str(registered.record.id)


def search(node: Node, code: str = FIRM, **members: Any) -> dict[str, Any]:
    """The node's answer to its clerk's search."""
    body = {"holder": {"code": code}, "purpose": purpose(node)} | members
    answer = node.http.post("/v1/exchange/search", json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def fetch(
    node: Node, region: str, license_id: str, part: str = "", **changes: Any
) -> httpx2.Response:
    """The node's answer to its clerk's request for one license, or its file."""
    return node.http.get(
        f"/v1/exchange/licenses/{region}/{license_id}{part}",
        headers=purpose_field(node, **changes),
    )


def part_of(answer: dict[str, Any], region: str) -> dict[str, Any]:
    """What became of one region's part of a search."""
    (found,) = [one for one in answer["regions"] if one["region"] == region]
    return dict(found)


def licenses_of(answer: dict[str, Any], region: str) -> dict[str, dict[str, Any]]:
    """One region's licenses in a search, by id."""
    return {one["id"]: one for one in part_of(answer, region)["licenses"]}


def problem(answer: httpx2.Response, status: int) -> dict[str, Any]:
    """The problem document that was answered with this status."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return dict(answer.json())
