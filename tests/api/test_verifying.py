"""Anyone verifies: what each thing presented shows, and how often one may ask."""

from __future__ import annotations

import json

import pytest

from ledger.hashing import sha256
from tests.api.support import PDF, Node, code_of
from tests.support.region import organization_type, person_type

VERIFY = "/v1/verify"


@pytest.fixture
def firm(node: Node) -> dict[str, object]:
    """An organisation's license of an open type, with what its office has of it."""
    client = node.client("business")
    sound = node.json(node.region.draft(organization_type(1)))
    registered = node.register(client, **sound)
    bundle = client.get(registered["links"]["bundle"]).json()
    return sound | registered | {"bundle": bundle}


def number_of(firm: dict[str, object], **changes: object) -> dict[str, object]:
    fields, holders = firm["fields"], firm["holders"]
    assert isinstance(fields, dict)
    assert isinstance(holders, list)
    return {
        "type": firm["type"],
        "number": fields["certificate_number"],
        "holder_name": holders[0]["name"],
    } | changes


def test_everything_that_can_be_presented_is_found(node: Node, firm: dict[str, object]) -> None:
    client = node.client()
    for query in (
        {"sha256": sha256(PDF).hex()},
        {"check_code": firm["check_code"]},
        {"identifier": firm["identifier"]},
        {"number": number_of(firm)},
        {"bundle": firm["bundle"]},
    ):
        verdict = client.post(VERIFY, json=query).json()
        assert (verdict["verdict"], verdict["reason"]) == ("valid", "ok"), query
        assert verdict["license"]["id"] == firm["id"]
        assert [check["number"] for check in verdict["checks"]] == list(range(1, 9))
        assert verdict["chain"]["chain_id"] == 31337


def test_file_and_bundle_file_in_a_form(node: Node, firm: dict[str, object]) -> None:
    client = node.client()
    canonical = node.client("business").get(f"/v1/licenses/{firm['id']}/bundle").content
    for content in (PDF, canonical):
        verdict = client.post(VERIFY, files={"file": ("任意.pdf", content)}).json()
        assert (verdict["verdict"], verdict["license"]["id"]) == ("valid", firm["id"])


def test_other_bytes_are_unknown_and_not_invalid(node: Node, firm: dict[str, object]) -> None:
    verdict = node.client().post(VERIFY, files={"file": ("x.pdf", PDF + b"!")}).json()
    assert (verdict["verdict"], verdict["reason"]) == ("unknown", "unknown_hash")
    assert str(firm["id"]) not in json.dumps(verdict)


def test_changed_bundle_is_invalid(node: Node, firm: dict[str, object]) -> None:
    bundle = firm["bundle"]
    assert isinstance(bundle, dict)
    bundle = bundle | {"entry": bundle["entry"] | {"valid_until": "2099-12-31"}}
    verdict = node.client().post(VERIFY, json={"bundle": bundle}).json()
    assert (verdict["verdict"], verdict["reason"]) == ("invalid", "not_in_log")


def test_anonymous_caller_sees_open_fields_only(node: Node, firm: dict[str, object]) -> None:
    verdict = node.client().post(VERIFY, json={"sha256": sha256(PDF).hex()}).json()
    shown = verdict["license"]["fields"]
    assert "certificate_number" in shown
    assert "principal_name" not in shown
    assert "check_code" not in shown


def test_persons_and_higher_levels_are_as_if_absent(node: Node) -> None:
    client = node.client("business")
    for type_ in (person_type(2), organization_type(2)):
        sound = node.json(node.region.draft(type_))
        registered = client.post("/v1/licenses", json=sound).json()
        node.chain.anchor()
        for query in (
            {"identifier": sound["identifier"]},
            {"number": number_of(sound)},
        ):
            verdict = node.client().post(VERIFY, json=query).json()
            assert (verdict["reason"], verdict["license"]) == ("unknown_hash", None)
        code = {"check_code": registered["check_code"]}
        assert node.client().post(VERIFY, json=code).json()["verdict"] == "valid"


def test_what_a_number_does_not_find_is_told_truly_and_always_alike(node: Node) -> None:
    """No other region was asked, and what is held back reads as what never was."""
    held_back = node.json(node.region.draft(person_type(2)))
    assert node.client("business").post("/v1/licenses", json=held_back).status_code == 201
    never = node.json(node.region.draft(person_type(2)))
    details = set()
    for sound in (held_back, never):
        for query in ({"identifier": sound["identifier"]}, {"number": number_of(sound)}):
            verdict = node.client().post(VERIFY, json=query).json()
            assert (verdict["reason"], verdict["license"]) == ("unknown_hash", None)
            details.add(verdict["checks"][1]["detail"])
    details.add(node.client().post(VERIFY, json={"identifier": "x"}).json()["checks"][1]["detail"])
    (detail,) = details
    assert f"region {node.region.code} itself issued" in detail
    assert "file, bundle or check code" in detail
    assert "no region that answered" not in detail


def test_as_of_an_earlier_instant(node: Node, firm: dict[str, object]) -> None:
    before = node.region.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    node.client("business").post(
        f"/v1/licenses/{firm['id']}/status",
        json={"action": "revoke", "reason": "inspection", "note": "x"},
    )
    node.chain.anchor()
    query = {"check_code": firm["check_code"]}
    client = node.client()
    assert client.post(VERIFY, json=query).json()["reason"] == "revoked"
    assert client.post(VERIFY, json=query | {"as_of": before}).json()["verdict"] == "valid"


def test_as_of_an_instant_between_registration_and_anchor(node: Node) -> None:
    """The promise was running then: not anchored yet is unknown, and not a forgery."""
    then = node.region.clock().strftime("%Y-%m-%dT%H:%M:%SZ")
    registered = node.register(
        node.client("business"), **node.json(node.region.draft(organization_type(1)))
    )
    query = {"check_code": registered["check_code"]}
    assert node.client().post(VERIFY, json=query).json()["reason"] == "ok"
    verdict = node.client().post(VERIFY, json=query | {"as_of": then}).json()
    assert (verdict["verdict"], verdict["reason"]) == ("unknown", "not_anchored")


def test_a_bundle_from_before_its_anchor_says_how_things_are_now(node: Node) -> None:
    client = node.client("business")
    sound = node.json(node.region.draft(organization_type(1)))
    registered = client.post("/v1/licenses", json=sound).json()
    query = {"bundle": client.get(registered["links"]["bundle"]).json()}
    assert node.client().post(VERIFY, json=query).json()["reason"] == "not_anchored"
    node.chain.anchor()
    assert node.client().post(VERIFY, json=query).json()["reason"] == "ok"
    forged = query["bundle"] | {"promise": query["bundle"]["promise"] | {"signature": "A" * 86}}
    forged_verdict = node.client().post(VERIFY, json={"bundle": forged}).json()
    assert forged_verdict["reason"] == "root_not_on_chain"
    node.client("business").post(
        f"/v1/licenses/{registered['id']}/status",
        json={"action": "revoke", "reason": "inspection", "note": "x"},
    )
    node.chain.anchor()
    assert node.client().post(VERIFY, json=query).json()["reason"] == "revoked"


def test_as_of_the_last_hours_of_the_calendar(node: Node, firm: dict[str, object]) -> None:
    query = {"check_code": firm["check_code"], "as_of": "9999-12-31T23:59:59Z"}
    verdict = node.client().post(VERIFY, json=query).json()
    assert (verdict["verdict"], verdict["reason"]) == ("invalid", "expired")


def test_a_changed_index_answers_for_no_other_number(node: Node, firm: dict[str, object]) -> None:
    """Scenario 49, by the database: the index of one printed number leads to another license."""
    other = node.json(node.region.draft(organization_type(1)))
    registered = node.register(node.client("business"), **other)
    node.edit(
        "UPDATE license SET number_digest = (SELECT number_digest FROM license WHERE id = :other) "
        "WHERE id = :id",
        other=registered["id"],
        id=firm["id"],
    )
    node.edit("UPDATE license SET number_digest = NULL WHERE id = :id", id=registered["id"])
    verdict = node.client().post(VERIFY, json={"number": number_of(other)}).json()
    assert (verdict["verdict"], verdict["license"]) == ("unknown", None)


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"as_of": "2026-01-01T00:00:00Z"},
        {"sha256": "00" * 32, "check_code": "x"},
        {"sha256": "00"},
        {"sha256": "AB" * 32},
        {"sha256": 5},
        {"check_code": ["x"]},
        {"number": {"type": "x"}},
        {"bundle": "x"},
        {"identifier": "x" * 201},
        {"sha256": "00" * 32, "as_of": "yesterday"},
        {"sha256": "00" * 32, "unknown": 1},
    ],
)
def test_malformed_query(node: Node, query: dict[str, object]) -> None:
    answered = node.client().post(VERIFY, json=query)
    assert answered.status_code == 422
    assert answered.json()["errors"]


@pytest.mark.parametrize("bundle", [{}, {"v": 1}, {"entry": {}}])
def test_bundle_of_another_form_is_a_verdict(node: Node, bundle: dict[str, object]) -> None:
    verdict = node.client().post(VERIFY, json={"bundle": bundle}).json()
    assert (verdict["verdict"], verdict["reason"]) == ("invalid", "malformed")


def test_form_without_a_file(node: Node) -> None:
    client = node.client()
    assert client.post(VERIFY, files={"file": ("x.pdf", b"")}).status_code == 422
    assert client.post(VERIFY, files={"other": ("x.pdf", PDF)}).status_code == 400
    answered = client.post(VERIFY, files={"file": ("x", PDF), "as_of": (None, "yesterday")})
    assert code_of(answered) == "malformed_instant"


def test_asking_too_often(node: Node) -> None:
    client = node.client(verify_rate="2/minute")
    query = {"check_code": "x"}
    assert [client.post(VERIFY, json=query).status_code for _ in range(3)] == [200, 200, 429]
    refused = client.post(VERIFY, json=query)
    assert code_of(refused) == "too_many_requests"
    assert 0 < int(refused.headers["retry-after"]) <= 60


def test_token_of_a_verifier_lifts_the_limit(node: Node) -> None:
    client = node.client("verifier", verify_rate="1/minute")
    query = {"check_code": "x"}
    assert {client.post(VERIFY, json=query).status_code for _ in range(4)} == {200}


def test_guessing_tokens_too_often(node: Node) -> None:
    """Refused before any token is looked up; what is counted is wrong tokens and nothing else."""
    client = node.client("verifier", verify_rate="2/minute")
    query = {"check_code": "x"}
    right = client.headers["authorization"]
    sent = ["Bearer wrong", right, right, right, "Basic wrong", "Bearer wrong", right]
    answers = [client.post(VERIFY, json=query, headers={"Authorization": one}) for one in sent]
    assert [one.status_code for one in answers] == [401, 200, 200, 200, 401, 429, 429]
    assert code_of(answers[-1]) == "too_many_requests"
    assert "wrong tokens" in answers[-1].json()["detail"]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 60
    del client.headers["authorization"]
    assert client.post(VERIFY, json=query).status_code == 200


def test_token_after_too_many_anonymous_calls(node: Node) -> None:
    client = node.client("verifier", verify_rate="1/minute")
    token = client.headers.pop("authorization")
    query = {"check_code": "x"}
    assert [client.post(VERIFY, json=query).status_code for _ in range(2)] == [200, 429]
    assert client.post(VERIFY, json=query, headers={"Authorization": token}).status_code == 200


def test_inline_reads_give_the_same_verdict(node: Node, firm: dict[str, object]) -> None:
    query = {"sha256": sha256(PDF).hex()}
    in_thread = node.client(reads_inline=False).post(VERIFY, json=query).json()
    inline = node.client(reads_inline=True).post(VERIFY, json=query).json()
    assert inline == in_thread
    assert inline["license"]["id"] == firm["id"]


def test_edited_row_is_named_by_its_check(node: Node, firm: dict[str, object]) -> None:
    node.edit("UPDATE license SET valid_until = '2099-12-31' WHERE id = :id", id=firm["id"])
    verdict = node.client().post(VERIFY, json={"check_code": firm["check_code"]}).json()
    assert (verdict["verdict"], verdict["reason"]) == ("invalid", "content_mismatch")
    assert verdict["license"] is None
