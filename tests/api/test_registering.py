"""An office registers licenses: alone, in batches, again, and their next versions."""

from __future__ import annotations

import base64

from ledger import canonical, identifier
from ledger.encoding import b64url_encode
from ledger.promise import parse_promise
from ledger.services.lookup import digest_file
from tests.api.support import ORIGIN, PDF, Node, code_of, form

POST = "/v1/licenses"


def test_answer_is_durable_promised_and_located(node: Node) -> None:
    answered = node.client("business").post(POST, files=form(node.json()))
    members = answered.json()
    assert answered.status_code == 201
    assert answered.headers["location"] == f"/v1/licenses/{members['id']}"
    assert members["state"] == "pending"
    assert members["verify_url"] == f"{ORIGIN}/v/{members['check_code']}"
    promise = parse_promise(members["promise"])
    promise.verify(node.region.signing_key.public)
    with node.region.database.read() as session:
        record = session.licenses.get(members["id"])
    assert record is not None
    assert promise.leaf_hash == record.leaf_hash


def test_check_code_minted_before_the_file_was_rendered(node: Node) -> None:
    code = b64url_encode(bytes(range(16)))
    answered = node.client("business").post(POST, json=node.json(check_code=code))
    assert answered.json()["check_code"] == code


def test_repeat_is_the_same_license_and_promise(node: Node) -> None:
    client = node.client("business")
    sound = node.json()
    first = client.post(POST, files=form(sound))
    node.chain.anchor()
    again = client.post(POST, files=form(sound))
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["promise"] == first.json()["promise"]
    assert (first.json()["state"], again.json()["state"]) == ("pending", "final")
    assert node.stored() == 1


def test_json_with_the_file_is_the_same_license_as_the_form(node: Node) -> None:
    client = node.client("business")
    sound = node.json()
    form_id = client.post(POST, files=form(sound)).json()["id"]
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        file = {"content": encode(PDF).decode(), "media_type": "application/pdf"}
        answered = client.post(POST, json=sound | {"file": file})
        assert (answered.status_code, answered.json()["id"]) == (200, form_id)


def test_file_that_the_office_keeps_is_known_by_its_digests(node: Node) -> None:
    client = node.client("business")
    facts = digest_file(PDF, "application/pdf").to_json()
    registered = client.post(POST, json=node.json(file=facts)).json()
    node.chain.anchor()
    assert registered["links"]["file"] is None
    assert client.get(f"/v1/licenses/{registered['id']}/file").status_code == 404
    verdict = client.post("/v1/verify", files={"file": ("x", PDF, "application/pdf")}).json()
    assert (verdict["verdict"], verdict["license"]["id"]) == ("valid", registered["id"])


def test_idempotency_key_gives_the_first_answer_again(node: Node) -> None:
    client = node.client("business")
    sound, key = node.json(), {"Idempotency-Key": "0001"}
    first = client.post(POST, files=form(sound), headers=key)
    again = client.post(POST, files=form(sound), headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    other = client.post(POST, files=form(node.json()), headers=key)
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]
    assert node.stored() == 1


def test_idempotency_keys_of_two_offices_do_not_meet(node: Node) -> None:
    sound, key = node.json(), {"Idempotency-Key": "0001"}
    assert node.client("business").post(POST, json=sound, headers=key).status_code == 201
    assert node.other_office().post(POST, json=sound, headers=key).status_code == 422


def test_batch_answers_row_by_row_in_order(node: Node) -> None:
    client = node.client("business")
    known, changed = node.json(), node.json()
    for one in (known, changed):
        client.post(POST, json=one)
    file = {"content": base64.b64encode(PDF).decode(), "media_type": "image/png"}
    rows = [
        node.json(),
        known,
        changed | {"valid_until": "2031-01-01"},
        {"identifier": 5},
        None,
        node.json(valid_until="2020-01-01"),
        node.json(file=file),
        node.json(),
    ]
    answered = client.post(f"{POST}/batch", json={"licenses": rows})
    members = answered.json()
    assert answered.status_code == 200
    assert [one["row"] for one in members["results"]] == list(range(8))
    assert [one["status"] for one in members["results"]] == [
        "registered",
        "repeated",
        *["refused"] * 5,
        "registered",
    ]
    assert (members["registered"], members["repeated"], members["refused"]) == (2, 1, 5)
    codes = [[fault["code"] for fault in one["errors"]] for one in members["results"]]
    assert codes[2] == ["identifier_taken"]
    assert "wrong_type" in codes[3]
    assert codes[5] == ["dates_reversed"]
    assert codes[6] == ["wrong_file_type"]
    assert all(fault["row"] == one["row"] for one in members["results"] for fault in one["errors"])
    assert node.stored() == 4


def test_batch_repeated_by_key_is_done_once(node: Node) -> None:
    client = node.client("business")
    body = {"licenses": [node.json(), node.json()]}
    key = {"Idempotency-Key": "batch-1"}
    first = client.post(f"{POST}/batch", json=body, headers=key).json()
    again = client.post(f"{POST}/batch", json=body, headers=key).json()
    assert first["registered"] == again["registered"] == 2
    assert first["results"] == again["results"]


def test_batch_of_too_many_or_no_rows(node: Node) -> None:
    client = node.client("business", max_batch_rows=2)
    bodies: list[object] = [
        {"licenses": []},
        {"licenses": [None] * 3},
        [],
        {"licenses": [], "x": 1},
    ]
    for body in bodies:
        answered = client.post(f"{POST}/batch", json=body)
        assert code_of(answered) == "malformed_batch"


def test_replacement_supersedes_the_old_version(node: Node) -> None:
    client = node.client("business")
    sound = node.json()
    old = node.register(client, **sound)
    parsed = identifier.parse(sound["identifier"])
    following = identifier.make(parsed.type_code, parsed.issuer, parsed.serial, 2)
    answered = client.post(
        f"/v1/licenses/{old['id']}/replace",
        json=sound | {"identifier": str(following)},
        headers={"Idempotency-Key": "next"},
    )
    assert answered.status_code == 201, answered.text
    node.chain.anchor()
    new = client.get(answered.json()["links"]["self"]).json()
    assert (new["supersedes"], new["status"]) == (old["id"], "in_force")
    was = client.get(old["links"]["self"]).json()
    assert (was["status"], was["verdict"]["reason"]) == ("superseded", "superseded")


def test_replacement_of_nothing_of_another_license_or_of_another_office(node: Node) -> None:
    client = node.client("business")
    old = node.register(client)
    path = "/v1/licenses/{}/replace"
    unknown = "01930001-0000-7000-8000-000000000000"
    assert client.post(path.format(unknown), json=node.json()).status_code == 404
    assert node.other_office().post(path.format(old["id"]), json=node.json()).status_code == 404
    answered = client.post(path.format(old["id"]), json=node.json(supersedes=unknown))
    assert code_of(answered) == "supersedes_differs"


def test_edited_promise_is_not_given_again(node: Node) -> None:
    client = node.client("business")
    sound = node.json()
    registered = client.post(POST, json=sound).json()
    node.edit("UPDATE license SET promise = '{' WHERE id = :id", id=registered["id"])
    answered = client.post(POST, json=sound)
    assert (answered.status_code, answered.json()["check"]) == (409, 1)


def test_registrations_are_refused_while_the_chain_lags(node: Node) -> None:
    client = node.client("business")
    client.post(POST, json=node.json())
    node.region.clock.advance(3600)
    answered = client.post(POST, json=node.json())
    assert answered.status_code == 503
    assert answered.json()["code"] == "busy"
    assert int(answered.headers["retry-after"]) > 0


def test_flood_of_large_bodies_is_refused_and_small_ones_are_not(node: Node) -> None:
    client = node.client("business", max_concurrent_uploads=0, max_json_bytes=2000)
    large = client.post(POST, files=form(node.json(), PDF + bytes(4000)))
    assert large.status_code == 503
    assert client.post(POST, json=node.json()).status_code == 201


def test_bundle_is_the_canonical_file(node: Node) -> None:
    client = node.client("business")
    registered = node.register(client)
    answered = client.get(registered["links"]["bundle"])
    assert answered.content == canonical.encode(answered.json())
    assert f"{registered['id']}.license.json" in answered.headers["content-disposition"]
