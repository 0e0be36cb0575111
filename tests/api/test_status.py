"""An office suspends, resumes and revokes."""

from __future__ import annotations

import pytest

from tests.api.support import Node, code_of


def change(node: Node, license_id: str, action: str, role: str = "business") -> tuple[int, str]:
    answered = node.client(role).post(
        f"/v1/licenses/{license_id}/status",
        json={"action": action, "reason": "inspection", "note": "现场检查"},
    )
    return answered.status_code, answered.text


def test_suspend_resume_revoke(node: Node) -> None:
    client = node.client("business")
    license_id = node.register(client)["id"]
    for action, status, reason in (
        ("suspend", "suspended", "suspended"),
        ("resume", "in_force", "ok"),
        ("revoke", "revoked", "revoked"),
    ):
        assert change(node, license_id, action)[0] == 202
        assert change(node, license_id, action)[0] == 202
        pending = client.get(f"/v1/licenses/{license_id}").json()["change"]
        assert pending["to"] == status
        node.chain.anchor()
        members = client.get(f"/v1/licenses/{license_id}").json()
        assert (members["status"], members["change"]) == (status, None)
        assert members["verdict"]["reason"] == reason
        assert change(node, license_id, action)[0] == 200


def test_change_that_the_status_does_not_allow(node: Node) -> None:
    license_id = node.register(node.client("business"))["id"]
    status, text = change(node, license_id, "resume")
    assert status in {200, 409}
    change(node, license_id, "revoke")
    node.chain.anchor()
    status, text = change(node, license_id, "resume")
    assert status == 409
    assert "revoked" in text


def test_second_change_waits_for_the_first(node: Node) -> None:
    license_id = node.register(node.client("business"))["id"]
    assert change(node, license_id, "suspend")[0] == 202
    assert change(node, license_id, "revoke")[0] == 409


def test_license_without_a_position_yet(node: Node) -> None:
    client = node.client("business")
    license_id = client.post("/v1/licenses", json=node.json()).json()["id"]
    answered = client.post(
        f"/v1/licenses/{license_id}/status",
        json={"action": "suspend", "reason": "inspection", "note": "x"},
    )
    assert answered.status_code == 503
    assert "retry-after" in answered.headers


def test_another_offices_license(node: Node) -> None:
    license_id = node.register(node.client("business"))["id"]
    answered = node.other_office().post(
        f"/v1/licenses/{license_id}/status",
        json={"action": "revoke", "reason": "court_order", "note": "x"},
    )
    assert answered.status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [("action", "delete"), ("reason", "whim"), ("note", ""), ("note", "x" * 1001), ("action", 1)],
)
def test_malformed_change(node: Node, name: str, value: object) -> None:
    license_id = node.register(node.client("business"))["id"]
    body = {"action": "suspend", "reason": "inspection", "note": "x", name: value}
    answered = node.client("business").post(f"/v1/licenses/{license_id}/status", json=body)
    assert answered.status_code == 422
    code_of(answered)
    assert answered.json()["errors"][0]["field"] == name
