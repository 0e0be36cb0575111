"""An office reads its licenses; what does not verify is refused with the check named."""

from __future__ import annotations

import pytest

from ledger.errors import NotFoundError
from tests.api.support import PDF, Node, code_of
from tests.support.region import FIRM, PERSON, organization_type, person_type

LIST = "/v1/licenses"
UNKNOWN = "01930001-0000-7000-8000-000000000000"


def test_one_license_whole(node: Node) -> None:
    client = node.client("business")
    sound = node.json()
    registered = node.register(client, **sound)
    members = client.get(registered["links"]["self"]).json()
    for name in ("identifier", "type", "holders", "fields", "valid_from", "valid_until"):
        assert members[name] == sound[name]
    assert (members["state"], members["status"]) == ("final", "in_force")
    assert members["check_code"] == registered["check_code"]
    assert members["verdict"]["verdict"] == "valid"
    assert [check["number"] for check in members["verdict"]["checks"]] == list(range(1, 9))
    assert members["file"]["size"] == len(PDF)


def test_another_offices_license_is_as_absent(node: Node) -> None:
    registered = node.register(node.client("business"))
    other = node.other_office()
    for path in ("", "/file", "/bundle"):
        there = other.get(f"{LIST}/{registered['id']}{path}")
        absent = other.get(f"{LIST}/{UNKNOWN}{path}")
        assert there.status_code == absent.status_code == 404
        assert there.json().keys() == absent.json().keys()
        assert there.json()["detail"].replace(registered["id"], UNKNOWN) == absent.json()["detail"]
    assert other.get(LIST).json()["licenses"] == []


@pytest.mark.parametrize("name", ["x", "..", "%2e%2e%2f", "1" * 300, "%00", "0193000A" * 4])
def test_id_that_is_none_is_not_found(node: Node, name: str) -> None:
    answered = node.client("clerk").get(f"{LIST}/{name}")
    assert answered.status_code == 404
    assert code_of(answered) == "not_found"


def test_file_arrives_whole_and_is_named_in_chinese(node: Node) -> None:
    client = node.client("business")
    registered = node.register(client)
    answered = client.get(registered["links"]["file"])
    assert answered.content == PDF
    assert answered.headers["content-type"] == "application/pdf"
    assert answered.headers["x-content-type-options"] == "nosniff"
    assert "filename*=UTF-8''%E7" in answered.headers["content-disposition"]
    etag = answered.headers["etag"]
    again = client.get(registered["links"]["file"], headers={"If-None-Match": etag})
    assert (again.status_code, again.content) == (304, b"")


def test_flipped_byte_in_a_file_is_refused(node: Node) -> None:
    client = node.client("business")
    registered = node.register(client)
    (path,) = (one for one in (node.region.folder / "files").rglob("*") if one.is_file())
    sealed = bytearray(path.read_bytes())
    sealed[-1] ^= 1
    path.chmod(0o600)
    path.write_bytes(sealed)
    answered = client.get(registered["links"]["file"])
    members = answered.json()
    assert answered.status_code == 409
    assert (members["reason"], members["check"]) == ("content_mismatch", 2)
    assert client.get(registered["links"]["self"]).status_code == 200


def test_missing_file_is_named_and_not_absent(node: Node) -> None:
    client = node.client("business")
    registered = node.register(client)
    node.region.files.delete(registered["id"])
    with pytest.raises(NotFoundError):
        node.region.files.get(registered["id"])
    answered = client.get(registered["links"]["file"])
    assert (answered.status_code, answered.json()["check"]) == (409, 2)


def test_edited_row_is_refused_and_listed_without_content(node: Node) -> None:
    client = node.client("business")
    sound = node.register(client)
    damaged = node.register(client)
    node.edit(
        "UPDATE license SET valid_until = '2099-12-31' WHERE id = :id",
        id=damaged["id"],
    )
    answered = client.get(damaged["links"]["self"])
    members = answered.json()
    assert answered.status_code == 409
    assert (members["code"], members["check"]) == ("integrity_failed", 2)
    assert client.get(damaged["links"]["bundle"]).status_code == 409
    listed = {one["id"]: one for one in client.get(LIST).json()["licenses"]}
    assert listed[damaged["id"]]["holders"] is None
    assert listed[damaged["id"]]["verdict"]["reason"] == "content_mismatch"
    assert listed[sound["id"]]["verdict"]["verdict"] == "valid"


def test_pages_give_every_license_once(node: Node) -> None:
    client = node.client("business")
    ids = [client.post(LIST, json=node.json()).json()["id"] for _ in range(5)]
    seen: list[str] = []
    url = f"{LIST}?limit=2"
    while True:
        answered = client.get(url)
        members = answered.json()
        seen += [one["id"] for one in members["licenses"]]
        if members["next"] is None:
            assert "link" not in answered.headers
            break
        url = answered.headers["link"].partition(">")[0].removeprefix("<")
        assert members["next"] in url
    assert seen == sorted(ids)


def test_list_by_type_status_and_dates(node: Node) -> None:
    client = node.client("business")
    kind, other = organization_type(1), person_type(2)
    first = node.register(client, **node.json(node.region.draft(kind)))
    second = node.register(client, **node.json(node.region.draft(other), valid_until="2026-06-30"))
    client.post(
        f"{LIST}/{first['id']}/status",
        json={"action": "suspend", "reason": "inspection", "note": "检查"},
    )
    node.chain.anchor()

    def listed(query: str) -> list[str]:
        return [one["id"] for one in client.get(f"{LIST}?{query}").json()["licenses"]]

    assert listed(f"type={kind.code}") == [first["id"]]
    assert listed("status=suspended") == [first["id"]]
    assert listed("status=in_force") == [second["id"]]
    assert listed("valid_on=2027-01-01") == [first["id"]]
    assert listed("registered_from=2027-01-01T00:00:00Z") == []
    assert listed("registered_before=2027-01-01T00:00:00Z") == [first["id"], second["id"]]


def test_search_by_holder_keeps_the_number_out_of_the_url(node: Node) -> None:
    client = node.client("clerk")
    writer = node.client("business")
    firm = node.register(writer, **node.json(node.region.draft(organization_type())))
    person = node.register(writer, **node.json(node.region.draft(person_type())))

    def found(code: str, types: list[str]) -> list[str]:
        answered = client.post(f"{LIST}/search", json={"holder": {"code": code}, "types": types})
        assert answered.status_code == 200
        assert code not in str(answered.url)
        return [one["id"] for one in answered.json()["licenses"]]

    assert found(FIRM, []) == [firm["id"]]
    assert found(PERSON, []) == [person["id"]]
    assert found(PERSON, [organization_type().code]) == []
    assert found("nobody", []) == []
    assert node.other_office("clerk").post(
        f"{LIST}/search", json={"holder": {"code": FIRM}}
    ).json() == {"licenses": [], "next": None, "warnings": []}


def test_the_media_type_is_the_licenses_own(node: Node) -> None:
    """A column that someone changed says nothing: the verified license does."""
    client = node.client("business")
    registered = node.register(client)
    node.edit("UPDATE license SET media_type = 'text/html' WHERE id = :id", id=registered["id"])
    served = client.get(registered["links"]["file"])
    assert (served.status_code, served.headers["content-type"]) == (200, "application/pdf")
