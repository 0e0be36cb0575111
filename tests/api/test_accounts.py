"""Operators make and revoke tokens, and keep the offices."""

from __future__ import annotations

from tests.api.support import Node, code_of


def test_token_is_shown_once_works_and_is_revoked(node: Node) -> None:
    operator = node.client("operator")
    body = {"office": node.region.office, "label": "窗口3", "role": "clerk", "life_days": 7}
    answered = operator.post("/v1/tokens", json=body)
    made = answered.json()
    assert answered.status_code == 201
    assert made["token"].startswith("llt_")
    assert made["scopes"] == ["exchange", "licenses:read"]
    assert answered.headers["cache-control"] == "no-store"
    client = node.client()
    client.headers["Authorization"] = f"Bearer {made['token']}"
    assert client.get("/v1/licenses").status_code == 200
    listed = operator.get(f"/v1/tokens?office={node.region.office}")
    assert made["token"] not in listed.text
    assert made["id"] in [one["id"] for one in listed.json()["tokens"]]
    assert operator.delete(f"/v1/tokens/{made['id']}").status_code == 204
    assert operator.delete(f"/v1/tokens/{made['id']}").status_code == 204
    assert client.get("/v1/licenses").status_code == 401


def test_token_that_cannot_be_made(node: Node) -> None:
    operator = node.client("operator")
    sound = {"office": node.region.office, "label": "x", "role": "clerk"}
    for changes, code in (
        ({"role": "king"}, "invalid_value"),
        ({"role": None}, "not_exactly_one"),
        ({"scopes": []}, "not_exactly_one"),
        ({"role": None, "scopes": ["everything"]}, "unknown_scope"),
        ({"life_days": 0}, "invalid_value"),
        ({"life_days": 400}, "invalid_value"),
        ({"label": "  "}, "malformed_label"),
    ):
        answered = operator.post("/v1/tokens", json=sound | changes)
        assert answered.status_code == 422, changes
        assert code_of(answered) == code
    answered = operator.post("/v1/tokens", json=sound | {"office": "11110000MB000000XX"})
    assert answered.status_code == 404
    assert operator.delete("/v1/tokens/0193ffff-0000-7000-8000-000000000000").status_code == 404
    assert operator.delete("/v1/tokens/x").status_code == 422


def test_offices(node: Node) -> None:
    operator = node.client("operator")
    path = f"/v1/offices/{node.region.office}"
    assert operator.put(path, json={"name": "改名局"}).json()["name"] == "改名局"
    assert operator.get("/v1/offices").json() == {
        "offices": [{"office": node.region.office, "name": "改名局"}]
    }
    answered = operator.put("/v1/offices/11110000MB0000001X", json={"name": "x"})
    assert answered.status_code == 422
    assert code_of(answered) == "malformed_office"
