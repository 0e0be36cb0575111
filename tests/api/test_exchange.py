"""A clerk in one region asks others over real HTTP, and gets only what verifies here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from api.licenses.schemas_in import CODE_WARNING
from ledger.bundle import parse_bundle
from ledger.catalogue import LicenseType
from ledger.hashing import sha256
from ledger.services.status import StatusAction, StatusReason
from tests.support.exchange import (
    PDF,
    fetch,
    licenses_of,
    part_of,
    problem,
    purpose,
    register,
    search,
)
from tests.support.nodes import Node, Nodes, serve_nodes
from tests.support.region import CATALOGUE, FIRM, PERSON, organization_type, person_type

CODES = ("133100", "110000", "130000")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with serve_nodes(tmp_path_factory.mktemp("nodes"), CODES) as served:
        yield served


@pytest.fixture
def asking(nodes: Nodes) -> Node:
    return nodes["133100"]


def another_type(level: int) -> LicenseType:
    return [one for one in CATALOGUE if one.holder == "organization" and one.level == level][1]


def test_licenses_of_other_regions_come_with_this_nodes_verdict(nodes: Nodes, asking: Node) -> None:
    there, elsewhere, here = (register(nodes, code) for code in ("110000", "130000", "133100"))
    answer = search(asking)
    assert answer["complete"] is True
    assert [one["region"] for one in answer["regions"]] == sorted(CODES)
    for region, license_id in (("110000", there), ("130000", elsewhere), ("133100", here)):
        found = licenses_of(answer, region)[license_id]
        assert (found["verdict"]["verdict"], found["verdict"]["reason"]) == ("valid", "ok")
        assert found["verdict"]["license"]["region"] == region
        assert [one["outcome"] for one in found["verdict"]["checks"]] == ["passed"] * 8
        path = f"/v1/exchange/licenses/{region}/{license_id}"
        assert found["links"] == {"self": path, "file": f"{path}/file"}


def test_only_the_regions_and_types_asked_for(nodes: Nodes, asking: Node) -> None:
    first, second = organization_type(), another_type(1)
    one, other = register(nodes, "110000", first), register(nodes, "110000", second)
    answer = search(asking, regions=["110000"], type=first.code)
    assert [part["region"] for part in answer["regions"]] == ["110000"]
    found = licenses_of(answer, "110000")
    assert one in found
    assert other not in found
    both = search(asking, regions=["110000", "110000"], types=[first.code, second.code])
    assert {one, other} <= set(licenses_of(both, "110000"))


def test_nothing_of_a_holder_without_licenses(asking: Node) -> None:
    answer = search(asking, "91110000MA0000999X")
    assert all(part["licenses"] == [] for part in answer["regions"])
    assert answer["complete"] is True


@pytest.mark.parametrize(
    ("code", "warnings"),
    [
        (FIRM, []),
        (PERSON, []),
        ("护照 E12345678", []),
        (FIRM[:-1] + ("0" if FIRM[-1] != "0" else "1"), [CODE_WARNING]),
        (PERSON[:-1] + ("0" if PERSON[-1] != "0" else "1"), [CODE_WARNING]),
    ],
)
def test_a_mistyped_code_is_searched_with_a_warning(
    asking: Node, code: str, warnings: list[str]
) -> None:
    assert search(asking, code)["warnings"] == warnings
    reader = {"Authorization": f"Bearer {asking.region.token('business').secret}"}
    for sent, status in ((code, 200), (f"{code} ", 422)):
        answer = asking.http.post(
            "/v1/licenses/search", json={"holder": {"code": sent}}, headers=reader
        )
        assert answer.status_code == status, answer.text
        if status == 200:
            assert answer.json()["warnings"] == warnings
        else:
            assert problem(answer, 422)["errors"][0]["field"] == "holder.code"


def test_levels_three_and_four_are_held_back_whether_or_not_there_is_one(
    nodes: Nodes, asking: Node
) -> None:
    before = part_of(search(asking, PERSON), "110000")
    register(nodes, "110000", person_type(3))
    register(nodes, "110000", person_type(4))
    after = part_of(search(asking, PERSON), "110000")
    assert after == before
    reasons = {one["type"]: one["reason"] for one in after["refusals"]}
    assert reasons[person_type(3).code] == "authorization_required"
    assert reasons[person_type(4).code] == "answers_only"


def test_fields_above_the_clearance_stay_digests(nodes: Nodes, asking: Node) -> None:
    license_id = register(
        nodes,
        "110000",
        person_type(2),
        fields={
            "certificate_name": "示例",
            "holder_name": "张示例",
            "home_address": "示例路1号",
        },
    )
    found = licenses_of(search(asking, PERSON), "110000")[license_id]
    assert found["verdict"]["reason"] == "ok"
    fields = found["verdict"]["license"]["fields"]
    assert "home_address" not in fields
    assert fields["holder_name"] == "张示例"
    bundle = parse_bundle(fetch(asking, "110000", license_id).json()["bundle"])
    assert "home_address" not in bundle.disclosed()
    assert len(bundle.entry.sd) > len(bundle.disclosures)


@pytest.mark.parametrize("region", ["110000", "133100"])
def test_an_id_does_not_tell_who_holds_it(nodes: Nodes, asking: Node, region: str) -> None:
    """Only a search names the holder: whoever has an id alone is not told whose it is."""
    license_id = register(nodes, region, person_type(2))
    found = licenses_of(search(asking, PERSON), region)[license_id]
    (holder,) = found["verdict"]["license"]["fields"]["holders"]
    assert holder["code"] == PERSON
    answer = fetch(asking, region, license_id)
    assert answer.json()["verdict"]["reason"] == "ok"
    bundle = parse_bundle(answer.json()["bundle"])
    assert "certificate_name" in bundle.disclosed()
    assert "holders" not in bundle.disclosed()
    assert PERSON not in answer.text
    firms = fetch(asking, region, register(nodes, region)).json()["verdict"]["license"]
    assert firms["fields"]["holders"][0]["code"] == FIRM, "an organisation is no secret"


def test_one_license_with_its_bundle(nodes: Nodes, asking: Node) -> None:
    license_id = register(nodes, "110000")
    answer = fetch(asking, "110000", license_id)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert (found["id"], found["region"], found["verdict"]["reason"]) == (
        license_id,
        "110000",
        "ok",
    )
    bundle = parse_bundle(found["bundle"])
    assert (bundle.entry.id, bundle.entry.region) == (license_id, "110000")


@pytest.mark.parametrize("region", ["110000", "133100"])
def test_the_file_from_another_region_and_from_here(
    nodes: Nodes, asking: Node, region: str
) -> None:
    content = PDF + region.encode() + bytes(300_000)
    license_id = register(nodes, region, content=content)
    answer = fetch(asking, region, license_id, "/file")
    assert answer.status_code == 200
    assert sha256(answer.content) == sha256(content)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["license-verdict"] == "valid;reason=ok"
    assert f'filename="{region}-{license_id}.pdf"' in answer.headers["content-disposition"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_revoked_license_is_found_and_its_file_says_so(nodes: Nodes, asking: Node) -> None:
    license_id = register(nodes, "110000")
    region = nodes["110000"].region
    region.status.change(
        license_id,
        StatusAction.REVOKE,
        StatusReason.COURT_ORDER,
        "示例",
        office=region.office,
    )
    nodes.chain.anchor(region)
    found = licenses_of(search(asking), "110000")[license_id]
    assert (found["verdict"]["verdict"], found["verdict"]["reason"]) == ("invalid", "revoked")
    answer = fetch(asking, "110000", license_id, "/file")
    assert answer.headers["license-verdict"] == "invalid;reason=revoked"


def test_a_license_that_waits_for_its_anchor_is_unknown_and_not_invalid(
    nodes: Nodes, asking: Node
) -> None:
    region = nodes["110000"].region
    draft = region.draft(organization_type())
    license_id = region.issuance.register(draft, office=region.office).record.id
    found = licenses_of(search(asking), "110000")[license_id]
    assert (found["verdict"]["verdict"], found["verdict"]["reason"]) == (
        "unknown",
        "not_anchored",
    )


def test_there_is_no_such_license(asking: Node) -> None:
    nowhere = "0193ffff-0000-7000-8000-000000000000"
    for part in ("", "/file"):
        assert problem(fetch(asking, "110000", nowhere, part), 404)["code"] == "not_found"
    assert problem(fetch(asking, "110000", "not-an-id"), 404)["code"] == "not_found"


def test_a_file_held_back_by_rule_says_which(nodes: Nodes, asking: Node) -> None:
    license_id = register(nodes, "110000", person_type(2))
    refused = problem(fetch(asking, "110000", license_id, "/file"), 403)
    assert refused["reason"] == "authorization_required"


def test_the_purpose_is_required_where_there_is_no_body(nodes: Nodes, asking: Node) -> None:
    license_id = register(nodes, "110000")
    path = f"/v1/exchange/licenses/110000/{license_id}"
    for field in (None, "", "not base64!", "e30", "W10", "bm8ganNvbg"):
        headers = {} if field is None else {"License-Purpose": field}
        for url in (path, f"{path}/file"):
            refused = problem(asking.http.get(url, headers=headers), 422)
            assert refused["errors"]


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("system", ""),
        ("matter_code", "  "),
        ("case_number", "x" * 201),
        ("case_number", "line\nbreak"),
        ("handler", {"name": "王示例", "id_digest": "5E" * 32, "office": "x"}),
        ("handler", {"name": "王示例"}),
        ("handler", None),
    ],
)
def test_an_incomplete_purpose_is_named_by_field(asking: Node, member: str, value: object) -> None:
    body = {"holder": {"code": FIRM}, "purpose": purpose(asking, **{member: value})}
    refused = problem(asking.http.post("/v1/exchange/search", json=body), 422)
    assert any(fault["field"].startswith(f"purpose.{member}") for fault in refused["errors"])
    assert FIRM not in str(refused)


def test_a_clerk_asks_for_the_own_office_only(nodes: Nodes, asking: Node) -> None:
    handler = {"name": "王示例", "id_digest": "5e" * 32, "office": nodes["110000"].region.office}
    body = {"holder": {"code": FIRM}, "purpose": purpose(asking, handler=handler)}
    refused = problem(asking.http.post("/v1/exchange/search", json=body), 422)
    assert refused["errors"][0]["code"] == "wrong_office"
    license_id = register(nodes, "110000")
    answer = fetch(asking, "110000", license_id, handler=handler)
    assert problem(answer, 422)["errors"][0]["code"] == "wrong_office"


@pytest.mark.parametrize(
    "change",
    [
        {"holder": {"code": ""}},
        {"holder": {"code": f" {FIRM}"}},
        {"holder": {"code": f"{FIRM}\n"}},
        {"holder": {"code": "x" * 201}},
        {"holder": {}},
        {"holder": FIRM},
        {"type": "x"},
        {"types": ["x"]},
        {"types": [organization_type().code] * 201},
        {"regions": ["beijing"]},
        {"regions": "110000"},
        {"extra": 1},
    ],
)
def test_a_search_of_another_form(asking: Node, change: dict[str, object]) -> None:
    body = {"holder": {"code": FIRM}, "purpose": purpose(asking)} | change
    assert problem(asking.http.post("/v1/exchange/search", json=body), 422)["errors"]


def test_an_unknown_region(asking: Node) -> None:
    body = {"holder": {"code": FIRM}, "purpose": purpose(asking), "regions": ["999999"]}
    assert "999999" in problem(asking.http.post("/v1/exchange/search", json=body), 404)["detail"]


@pytest.mark.parametrize(("role", "status"), [("auditor", 403), ("operator", 403), (None, 401)])
def test_without_the_scope(asking: Node, role: str | None, status: int) -> None:
    headers = {"Authorization": ""}
    if role is not None:
        headers = {"Authorization": f"Bearer {asking.region.token(role).secret}"}
    body = {"holder": {"code": FIRM}, "purpose": purpose(asking)}
    problem(asking.http.post("/v1/exchange/search", json=body, headers=headers), status)
    path = "/v1/exchange/licenses/110000/0193ffff-0000-7000-8000-000000000000"
    problem(asking.http.get(path, headers=headers), status)
