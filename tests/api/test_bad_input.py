"""Every line of "Bad input" of the issue: a precise problem, nothing stored, never a 5xx."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest

from ledger.chain_events import GrantSet
from ledger.hashing import type_hash
from tests.api.support import PDF, Node, code_of, form
from tests.support.region import FIRM, organization_type

POST = "/v1/licenses"


def refused(node: Node, metadata: object, *, status: int = 422) -> str:
    answered = node.client("business").post(POST, json=metadata)
    assert answered.status_code == status, answered.text
    assert node.stored() == 0
    return code_of(answered)


def test_unknown_identifier_is_unknown_to_the_public(node: Node) -> None:
    answered = node.client().post("/v1/verify", json={"identifier": node.json()["identifier"]})
    assert answered.status_code == 200
    assert answered.json()["verdict"] == "unknown"


@pytest.mark.parametrize("text", ["", "x", "1.2.156.3005.2", "1.2.156.3005.2.a.b.c.d.e", "\x00"])
def test_malformed_identifier(node: Node, text: str) -> None:
    assert refused(node, node.json(identifier=text)) == "malformed_identifier"


def test_wrong_check_character(node: Node) -> None:
    sound = node.json()
    right = sound["identifier"][-1]
    answered = node.client("business").post(
        POST, json=sound | {"identifier": sound["identifier"][:-1] + ("A" if right != "A" else "B")}
    )
    (fault,) = answered.json()["errors"]
    assert fault["field"] == "identifier"
    assert f"must be {right}" in fault["problem"]
    assert node.stored() == 0


def test_unknown_type(node: Node) -> None:
    answered = node.client("business").post(POST, json=node.json(type="11100000000013338W999"))
    faults = {fault["code"]: fault["field"] for fault in answered.json()["errors"]}
    assert answered.status_code == 422
    assert faults["unknown_type"] == "type"


def test_type_not_granted_to_the_region(node: Node) -> None:
    kind = organization_type()
    since = node.chain.newest.number + 2
    node.chain.block(
        [
            GrantSet(
                region=node.region.code,
                type_hash=type_hash(kind.code),
                granted=False,
                since_block=since,
            )
        ]
    )
    node.chain.block()
    assert refused(node, node.json()) == "type_not_granted"


def test_dates_reversed(node: Node) -> None:
    assert refused(node, node.json(valid_until="2025-12-31")) == "dates_reversed"


@pytest.mark.parametrize(
    "text", ["2026-1-1", "2026-02-30", "2026-01-01T00:00:00Z", "1700-01-01", 5]
)
def test_malformed_date(node: Node, text: object) -> None:
    answered = node.client("business").post(POST, json=node.json(valid_from=text))
    (fault,) = answered.json()["errors"]
    assert answered.status_code == 422
    assert fault["field"] == "valid_from"
    assert node.stored() == 0


def test_holder_code_that_fails_its_check(node: Node) -> None:
    wrong = FIRM[:-1] + ("A" if FIRM[-1] != "A" else "B")
    holders = [{"name": "示例科技有限公司", "code": wrong, "code_type": "001"}]
    assert refused(node, node.json(holders=holders)) == "holder_code_check_failed"
    answered = node.client("business").post(
        POST, json=node.json(holders=holders, holder_code_unchecked=True)
    )
    assert answered.status_code == 201


def test_file_too_large_in_a_form(node: Node) -> None:
    client = node.client("business", max_file_bytes=1000)
    answered = client.post(POST, files=form(node.json(), PDF + bytes(1000)))
    assert answered.status_code == 413
    assert code_of(answered) == "file_too_large"
    assert node.stored() == 0


def test_file_too_large_in_json(node: Node) -> None:
    content = base64.b64encode(PDF + bytes(1000)).decode()
    client = node.client("business", max_file_bytes=1000)
    file = {"content": content, "media_type": "application/pdf"}
    answered = client.post(POST, json=node.json(file=file))
    assert answered.status_code == 413
    assert code_of(answered) == "file_too_large"


def test_body_beyond_any_license_is_cut_off_unread(node: Node) -> None:
    client = node.client("business", max_file_bytes=1000, max_json_bytes=1000)
    answered = client.post(POST, files=form(node.json(), bytes(5000)))
    assert answered.status_code == 413
    assert code_of(answered) == "too_large"


def test_body_without_a_stated_length_is_counted(node: Node) -> None:
    client = node.client("business", max_json_bytes=1000)
    answered = client.post(
        "/v1/licenses/search",
        content=(b"[" * 600 for _ in range(3)),
        headers={"Content-Type": "application/json"},
    )
    assert answered.status_code == 413


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"MZ\x90\x00", "application/pdf"),
        (b"", "application/pdf"),
        (b"<html>", "text/html"),
        (PDF, "image/png"),
        (b"\xff\xd8\xff\xe0 jpeg", "application/pdf"),
        (b"PK\x03\x04 no archive", "application/ofd"),
    ],
)
def test_file_of_the_wrong_type(node: Node, content: bytes, declared: str) -> None:
    answered = node.client("business").post(POST, files=form(node.json(), content, declared))
    assert answered.status_code == 422
    assert code_of(answered) == "wrong_file_type"
    assert node.stored() == 0


def test_zip_bomb_is_never_unpacked(node: Node) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("big", bytes(50_000_000))
    answered = node.client("business").post(
        POST, files=form(node.json(), packed.getvalue(), "application/ofd")
    )
    assert code_of(answered) == "wrong_file_type"


def test_path_traversal_in_a_file_name_decides_nothing(node: Node) -> None:
    client = node.client("business")
    registered = node.register(client)
    kept = [path.name for path in node.region.folder.rglob("*") if path.is_file()]
    assert not any("passwd" in name for name in kept)
    disposition = client.get(registered["links"]["file"]).headers["content-disposition"]
    assert "passwd" not in disposition
    assert "/" not in disposition.replace("UTF-8''", "")


def test_same_identifier_with_other_content(node: Node) -> None:
    client = node.client("business")
    sound = node.json()
    assert client.post(POST, json=sound).status_code == 201
    answered = client.post(POST, json=sound | {"valid_until": "2031-01-01"})
    assert answered.status_code == 409
    assert code_of(answered) == "conflict"
    assert "identifier" in answered.json()["detail"]
    assert node.stored() == 1


def test_identifier_of_another_office(node: Node) -> None:
    answered = node.other_office().post(POST, json=node.json())
    assert answered.status_code == 422
    assert code_of(answered) == "identifier_issuer_differs"
    assert node.stored() == 0


@pytest.mark.parametrize(
    "body",
    [
        b"\xff\xfe",
        b'{"identifier": "\xc3\x28"}',
        b"\xef\xbb\xbf{}",
        b'{"identifier": "\\ud800"}',
        b"{",
        b"",
        b"nul",
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"type": "a", "type": "b"}',
        b"[" * 100_000,
        b"[" * 100_000 + b"]" * 100_000,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    ],
    ids=lambda body: repr(body[:20]),
)
@pytest.mark.parametrize("path", [POST, "/v1/licenses/batch", "/v1/licenses/search", "/v1/verify"])
def test_bad_utf8_and_bad_deep_or_huge_json(node: Node, path: str, body: bytes) -> None:
    answered = node.client("business").post(
        path, content=body, headers={"Content-Type": "application/json"}
    )
    assert answered.status_code == 400, answered.text
    assert code_of(answered) == "malformed_body"


@pytest.mark.parametrize("levels", [60, 61, 62, 63, 64, 90])
def test_json_deep_inside_a_field(node: Node, levels: int) -> None:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    client = node.client("business")
    answered = client.post(POST, json=node.json(fields={"note": value}))
    if answered.status_code == 201:  # then everything that is made of it can be read again
        node.chain.anchor()
        links = answered.json()["links"]
        assert client.get(links["self"]).json()["fields"]["note"] == value
        assert client.get(links["bundle"]).status_code == 200
    else:
        assert code_of(answered) in {"malformed_body", "malformed_field"}
        assert node.stored() == 0


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("POST", POST, {"type": "a\x00"}, "type"),
        ("POST", POST, {"supersedes": "a\x00"}, "supersedes"),
        ("POST", f"{POST}/search", {"holder": {"code": "x"}, "types": ["\x00"]}, "types[0]"),
        ("POST", "/v1/tokens", {"office": "\x00"}, "office"),
        ("PUT", "/v1/offices/11110000MB0000001Y", {"name": "a\x00"}, "name"),
    ],
)
def test_character_that_not_every_database_keeps(
    node: Node, method: str, path: str, body: dict[str, object], field: str
) -> None:
    role = "operator" if "licenses" not in path else "business"
    answered = node.client(role).request(method, path, json=body)
    faults = {fault["field"]: fault["code"] for fault in answered.json()["errors"]}
    assert answered.status_code == 422
    assert faults[field] == "malformed_text"


def test_huge_field(node: Node) -> None:
    assert refused(node, node.json(fields={"note": "长" * 9000})) == "malformed_field"


def test_float_in_a_field_is_kept_exactly_or_refused(node: Node) -> None:
    answered = node.client("business").post(POST, json=node.json(fields={"area": 12.5}))
    assert answered.status_code in {201, 422}


@pytest.mark.parametrize(
    "metadata", [[], "x", 5, {}, {"unknown": 1}, {"holders": {}}, {"fields": []}]
)
def test_json_of_another_shape(node: Node, metadata: object) -> None:
    answered = node.client("business").post(POST, json=metadata)
    members = answered.json()
    assert answered.status_code == 422
    assert members["errors"]
    assert all(fault["next_step"] for fault in members["errors"])


def test_unknown_member_is_named_and_its_value_is_not(node: Node) -> None:
    answered = node.client("business").post(POST, json=node.json(holder_nmae="王五"))
    (fault,) = answered.json()["errors"]
    assert (fault["field"], fault["code"]) == ("holder_nmae", "unknown_member")
    assert "王五" not in answered.text


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x" * 40, "x" * 40),
        ("x" * 41, "(another name)"),
        ("110101199003070731", "(another name)"),
        ("王五", "(another name)"),
        ("a b", "(another name)"),
        ("name\n", "(another name)"),
        ("", "(another name)"),
    ],
)
def test_a_name_that_looks_like_no_members_is_not_repeated(
    node: Node, name: str, said: str
) -> None:
    answered = node.client("business").post(POST, json=node.json() | {name: "x"})
    (fault,) = answered.json()["errors"]
    assert (fault["field"], fault["code"]) == (said, "unknown_member")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer llt_wrong", "Bearer \u00e9", "Basic eDp5", "llt_x", "Bearer  "],
)
def test_wrong_token(node: Node, header: str) -> None:
    client = node.client()
    for method, path in (("GET", POST), ("POST", POST), ("POST", "/v1/verify")):
        answered = client.request(
            method,
            path,
            json={"sha256": "00"},
            headers={b"Authorization": header.encode("latin-1")},
        )
        assert answered.status_code == 401
        assert code_of(answered) == "not_authenticated"
        assert answered.headers["www-authenticate"].startswith("Bearer")


def test_no_token(node: Node) -> None:
    answered = node.client().get(POST)
    assert answered.status_code == 401
    assert code_of(answered) == "not_authenticated"


def test_expired_and_revoked_token(node: Node) -> None:
    client = node.client("business")
    assert client.get(POST).status_code == 200
    node.region.clock.advance(timedelta(days=2).total_seconds())
    assert "expired" in client.get(POST).json()["detail"]
    made = node.region.token("business")
    node.region.accounts.revoke_token(made.record.id)
    answered = node.client().get(POST, headers={"Authorization": f"Bearer {made.secret}"})
    assert (answered.status_code, "revoked" in answered.json()["detail"]) == (401, True)


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("clerk", "POST", "/v1/licenses"),
        ("clerk", "POST", "/v1/licenses/batch"),
        ("clerk", "POST", "/v1/licenses/01930001-0000-7000-8000-000000000000/status"),
        ("clerk", "POST", "/v1/licenses/01930001-0000-7000-8000-000000000000/replace"),
        ("verifier", "GET", "/v1/licenses"),
        ("verifier", "POST", "/v1/licenses/search"),
        ("operator", "GET", "/v1/licenses/01930001-0000-7000-8000-000000000000"),
        ("business", "GET", "/v1/tokens"),
        ("auditor", "POST", "/v1/tokens"),
        ("business", "PUT", "/v1/offices/11110000MB0000001Y"),
    ],
)
def test_missing_scope(node: Node, role: str, method: str, path: str) -> None:
    answered = node.client(role).request(method, path, json={})
    assert answered.status_code == 403
    assert code_of(answered) == "not_permitted"
    assert answered.json()["reason"] == "missing_scope"


@pytest.mark.parametrize(
    ("file", "code"),
    [
        ({"media_type": "application/pdf"}, "file_incomplete"),
        ({"media_type": "application/pdf", "content": "%%%"}, "malformed_base64"),
        ({"media_type": "application/pdf", "content": "é"}, "malformed_base64"),
        ({"media_type": "application/pdf", "content": "eA==", "size": 1}, "file_twice"),
        (
            {"media_type": "application/pdf", "sha256": "AB" * 32, "sm3": "ab" * 32, "size": 1},
            "malformed_hex",
        ),
        (
            {"media_type": "text/plain", "sha256": "ab" * 32, "sm3": "ab" * 32, "size": 1},
            "wrong_file_type",
        ),
    ],
)
def test_file_that_is_not_one(node: Node, file: dict[str, object], code: str) -> None:
    assert refused(node, node.json(file=file)) == code


def test_form_without_metadata_twice_or_cut_off(node: Node) -> None:
    client = node.client("business")
    whole = client.build_request("POST", POST, files=form(node.json()))
    content, kind = whole.read(), whole.headers["content-type"]
    boundary = kind.partition("boundary=")[2]
    twice = content.replace(b"--" + boundary.encode() + b"--", content, 1)
    for body, declared in (
        (content[:-20], kind),
        (twice, kind),
        (content, "multipart/form-data"),
        (content, f"multipart/form-data; boundary={'x' * 100}"),
        (b"", kind),
    ):
        answered = client.post(POST, content=body, headers={"Content-Type": declared})
        assert answered.status_code == 400, answered.text
        assert code_of(answered) == "malformed_body"
    answered = client.post(POST, files={"file": ("x.pdf", PDF, "application/pdf")})
    assert answered.status_code == 400
    assert node.stored() == 0


@pytest.mark.parametrize("media_type", ["text/plain", "application/xml", ""])
def test_body_of_another_media_type(node: Node, media_type: str) -> None:
    answered = node.client("business").post(
        POST, content=json.dumps(node.json()), headers={"Content-Type": media_type}
    )
    assert answered.status_code == 415
    assert code_of(answered) == "unsupported_media_type"


def test_compressed_body(node: Node) -> None:
    answered = node.client("business").post(
        POST, json=node.json(), headers={"Content-Encoding": "gzip"}
    )
    assert answered.status_code == 415


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "cursor=x",
        "cursor=WzFd",
        "cursor=%00",
        "cursor=WyJhXHUwMDAwIl0",
        "type=x",
        "type=%00",
        "status=gone",
        "registered_from=yesterday",
        "valid_on=2026-13-01",
    ],
)
def test_list_parameters(node: Node, query: str) -> None:
    answered = node.client("business").get(f"{POST}?{query}")
    assert answered.status_code == 422
    (fault,) = answered.json()["errors"]
    assert fault["field"] == query.partition("=")[0]


@pytest.mark.parametrize("key", ["x" * 201, "a b", "\u00e9"])
def test_malformed_idempotency_key(node: Node, key: str) -> None:
    answered = node.client("business").post(
        POST, json=node.json(), headers={b"Idempotency-Key": key.encode("latin-1")}
    )
    assert answered.status_code == 422
    assert node.stored() == 0
