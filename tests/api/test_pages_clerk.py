"""The clerk's page over HTTP: sessions, forms from elsewhere, searches and downloads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from ledger.bundle import parse_bundle_bytes
from tests.api.support import ORIGIN, PDF, Node
from tests.support.region import FIRM, organization_type, person_type

FORM = {
    "holder_code": FIRM,
    "system": "雄安新区一网通办",
    "matter_code": "M-0001",
    "case_number": "2026-001234",
    "handler_name": "王示例",
    "handler_number": "H-778899",
}


def token_in(page: str) -> str:
    """The form token that the page carries."""
    found = re.search(r'name="form_token" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def sign_in(node: Node, role: str = "clerk", **settings: Any) -> tuple[TestClient, str]:
    """A browser that has signed in, and its form token."""
    client = node.client(**settings)
    page = client.get("/clerk").text
    secret = node.region.token(role).secret
    answer = client.post("/clerk/sign-in", data={"token": secret, "form_token": token_in(page)})
    assert answer.status_code == 200, answer.text
    return client, token_in(answer.text)


def search(client: TestClient, form_token: str, **changes: Any) -> Response:
    return client.post("/clerk/search", data={**FORM, "form_token": form_token, **changes})


def download(client: TestClient, page: str, part: str = "file", **changes: str) -> Response:
    """Press the first download button on the page."""
    names = ("form_token", "case", "region", "license_id")
    data = {name: hidden(page, name) for name in names} | {"part": part} | changes
    return client.post("/clerk/file", data=data)


def faults(page: str) -> set[str]:
    return set(re.findall(r'role="alert" id="(\w+)-wrong"', page))


@pytest.fixture
def registered(node: Node) -> dict[str, Any]:
    sound = node.json(node.region.draft(organization_type(1)))
    return node.register(node.client("business"), **sound)


def test_search_then_download_the_file_and_the_bundle(
    node: Node, registered: dict[str, Any]
) -> None:
    client, form_token = sign_in(node)
    page = search(client, form_token).text
    assert 'class="found is-valid"' in page
    assert "示例科技有限公司" in page
    got = download(client, page)
    assert got.content == PDF
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["license-verdict"] == "valid;reason=ok"
    assert f'filename="110000-{registered["id"]}.pdf"' in got.headers["content-disposition"]
    bundle = parse_bundle_bytes(download(client, page, "bundle").content)
    assert bundle.entry.id == registered["id"]


def test_the_purpose_stays_and_the_number_of_the_handler_does_not(node: Node) -> None:
    client, form_token = sign_in(node)
    page = search(client, form_token).text
    for name in ("system", "matter_code", "case_number", "handler_name"):
        assert f'name="{name}" value="{FORM[name]}"' in page
    assert FORM["handler_number"] not in page
    case = hidden(page, "case")
    again = search(client, form_token, case=case, handler_number="", case_number="2026-2")
    assert again.status_code == 200
    assert hidden(again.text, "case") not in ("", case), "another case has its own reference"
    fresh = client.get("/clerk").text
    assert 'name="case_number" value="2026-2"' in fresh
    other = search(client, form_token, case=case, handler_number="", handler_name="李示例")
    assert faults(other.text) == {"handler_number"}, "another handler has a number of their own"


def test_the_handlers_digest_is_the_offices_and_not_the_bare_number(node: Node) -> None:
    digest = node.region.look_up.handler_digest
    office, other = node.region.office, "11110000MB00000025"
    assert digest(office, "H-1") == digest(office, "H-1")
    assert len({digest(office, "H-1"), digest(office, "H-2"), digest(other, "H-1")}) == 3


def test_a_search_without_what_it_needs(node: Node) -> None:
    client, form_token = sign_in(node)
    for name in FORM:
        for value, status in ((" ", 422), ("x" * 201, 422), ("a\nb", 422), ("\x00x", 422)):
            answer = search(client, form_token, **{name: value})
            assert (answer.status_code, faults(answer.text)) == (status, {name}), (name, value)
    for field, value in (("type", "x"), ("region", "999999")):
        answer = search(client, form_token, **{field: value})
        assert answer.status_code == 422
        assert "no longer there" in answer.text


def test_a_mistyped_code_is_doubted_and_searched_all_the_same(node: Node) -> None:
    client, form_token = sign_in(node)
    words = "fails its check character"
    assert words not in search(client, form_token).text
    mistyped = FIRM[:-1] + ("A" if FIRM[-1] != "A" else "B")
    answer = search(client, form_token, holder_code=mistyped)
    assert answer.status_code == 200
    assert words in answer.text


def test_types_held_back_are_named_by_reason_whether_or_not_there_is_one(node: Node) -> None:
    client, form_token = sign_in(node)
    chosen = [person_type(level).code for level in (3, 4)]
    page = search(client, form_token, type=chosen).text
    assert "Types held back by rule: 2" in page
    assert "the holder has to authorize it" in page
    assert "answers yes or no only" in page


def test_what_does_not_hold_is_not_served(node: Node, registered: dict[str, Any]) -> None:
    client, form_token = sign_in(node)
    before = search(client, form_token).text
    node.edit("UPDATE license SET valid_until = '2099-12-31' WHERE id = :id", id=registered["id"])
    page = search(client, form_token).text
    assert 'class="found is-invalid"' in page
    assert "Check 2, Content, failed" in page
    assert registered["id"] not in page
    answer = download(client, before)
    assert answer.status_code == 409
    assert "Check 2, Content, failed. Nothing was served." in answer.text
    assert PDF not in answer.content


def test_the_telling_rows_stand_outside_and_nothing_is_said_twice(node: Node) -> None:
    kind = organization_type(1)
    fields = {
        "certificate_name": kind.name_zh,
        "certificate_number": "证字第1号",
        "holder_name": "示例科技有限公司",
        "issuing_authority_name": "示例局",
        "validity_scope": "自2026年01月01日至2030年12月31日",
    }
    node.register(node.client("business"), **node.json(node.region.draft(kind, fields=fields)))
    client, form_token = sign_in(node)
    page = client.post(
        "/clerk/search?lang=zh-CN", data={**FORM, "form_token": form_token, "type": kind.code}
    ).text
    outside, _, folded = page.partition("其余内容")
    outside = outside.partition('class="found')[2]
    shown = re.findall("<dt>([^<]+)</dt>", outside)
    assert shown == ["持证主体", "证照编号", "颁发机构", "有效期起始日期", "有效期截止日期"]
    assert "<dt>证照类型</dt>" in folded
    assert "<dt>证照标识</dt>" in folded
    for label in ("证照名称", "持证主体名称", "有效期范围"):
        assert f"<dt>{label}</dt>" not in page


@pytest.mark.parametrize(
    "fields",
    [
        {"certificate_name": "另一名称"},
        {"holder_name": "另一公司"},
        {"validity_scope": "自2026年01月01日至2031年12月31日"},
        {"validity_scope": "自2026年01月01日至2030年12月31日，仅限本市"},
    ],
)
def test_what_says_something_else_stays(node: Node, fields: dict[str, str]) -> None:
    node.register(node.client("business"), **node.json(node.region.draft(fields=fields)))
    client, form_token = sign_in(node)
    (value,) = fields.values()
    assert f"<dd>{value}</dd>" in search(client, form_token).text


def test_a_file_above_the_clearance_is_refused_in_words(node: Node) -> None:
    sound = node.json(node.region.draft(person_type(2)))
    node.register(node.client("business"), **sound)
    client, form_token = sign_in(node)
    page = search(client, form_token, holder_code="11010519491231002x").text
    assert 'class="found is-valid"' in page, "the check character may be typed in lower case"
    assert 'name="part" value="file"' not in page
    assert "The file cannot be downloaded" in page
    answer = download(client, page)
    assert answer.status_code == 403
    assert "Level 3, sensitive" in answer.text
    assert "No other token opens it" in answer.text
    assert "Use a token" not in answer.text


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"license_id": "0193ffff-0000-7000-8000-000000000000"}, 404),
        ({"license_id": "../../x"}, 404),
        ({"region": "999999"}, 404),
        ({"region": "x"}, 404),
        ({"case": "x"}, 403),
        ({"form_token": "x"}, 403),
        ({"form_token": "\u00e9"}, 403),
    ],
)
def test_a_download_that_is_not_what_the_page_offered(
    node: Node, registered: dict[str, Any], changes: dict[str, str], status: int
) -> None:
    client, form_token = sign_in(node)
    page = search(client, form_token).text
    answer = download(client, page, **changes)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert PDF not in answer.content


@pytest.mark.parametrize(
    ("secret", "status", "words"),
    [("", 422, "Enter the token"), ("llt_x", 401, "is wrong"), ("\ud7ff", 401, "is wrong")],
)
def test_a_token_that_opens_nothing(node: Node, secret: str, status: int, words: str) -> None:
    client = node.client()
    page = client.get("/clerk").text
    answer = client.post("/clerk/sign-in", data={"token": secret, "form_token": token_in(page)})
    assert answer.status_code == status
    assert words in answer.text
    assert "holder_code" not in client.get("/clerk").text


def test_a_token_without_the_right(node: Node) -> None:
    client = node.client()
    page = client.get("/clerk").text
    data = {"token": node.region.token("verifier").secret, "form_token": token_in(page)}
    assert client.post("/clerk/sign-in", data=data).status_code == 403


def test_the_cookie_says_nothing_and_goes_nowhere_else(node: Node) -> None:
    secret = node.region.token("clerk").secret
    client = node.client(public_url="https://testserver")
    page = client.get("/clerk")
    cookie = page.headers["set-cookie"].lower()
    for attribute in ("httponly", "samesite=strict", "path=/clerk", "secure"):
        assert attribute in cookie
    plain = node.client()
    before = plain.get("/clerk")
    answer = plain.post(
        "/clerk/sign-in",
        data={"token": secret, "form_token": token_in(before.text)},
        follow_redirects=False,
    )
    assert answer.status_code == 303
    after = answer.headers["set-cookie"]
    assert secret not in after
    assert after.split(";")[0] != before.headers["set-cookie"].split(";")[0], "a fresh id"


def test_a_visit_from_elsewhere_does_not_end_the_session(node: Node) -> None:
    """From another site the browser brings no cookie: what is set then must not be the session."""
    client, _ = sign_in(node)
    session = dict(client.cookies)
    brought = node.client().get("/clerk").headers["set-cookie"].split("=")[0]
    assert "ledger_clerk" not in brought
    assert brought in session, "the visitor's own cookie, beside the session's"
    assert len(session) == 2


def elsewhere(**headers: str) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({}, True),
        (elsewhere(sec_fetch_site="same-origin", origin="null"), True),
        (elsewhere(origin=ORIGIN), True),
        (elsewhere(origin="null"), True),
        (elsewhere(sec_fetch_site="same-site"), False),
        (elsewhere(sec_fetch_site="cross-site", origin=ORIGIN), False),
        (elsewhere(origin="http://evil.invalid"), False),
        (elsewhere(origin="http://testserver.evil.invalid"), False),
        (elsewhere(origin="http://[x"), False),
    ],
)
def test_forms_from_elsewhere(node: Node, headers: Mapping[str, str], is_taken: bool) -> None:
    client, form_token = sign_in(node)
    data = {**FORM, "form_token": form_token}
    answer = client.post("/clerk/search", data=data, headers=dict(headers))
    assert answer.status_code == (200 if is_taken else 403)
    assert ("Results" in answer.text) is is_taken


def test_a_token_of_another_visitor(node: Node) -> None:
    _, of_another = sign_in(node)
    client, _ = sign_in(node)
    assert search(client, of_another).status_code == 403
    client.post("/clerk/sign-out", data={"form_token": of_another})
    assert "holder_code" in client.get("/clerk").text, "nobody else can sign a clerk out"


def test_signing_out_ends_the_session_on_the_server(node: Node) -> None:
    client, form_token = sign_in(node)
    cookies = dict(client.cookies)
    client.post("/clerk/sign-out", data={"form_token": form_token})
    assert search(client, form_token).status_code == 401
    stolen = node.client()
    stolen.cookies.update(cookies)
    assert "holder_code" not in stolen.get("/clerk").text


@pytest.mark.parametrize(
    ("steps", "is_over"),
    [((29, 29, 29), False), ((31,), True), ((29,) * 21, True)],
)
def test_sessions_end(node: Node, steps: tuple[int, ...], is_over: bool) -> None:
    client, _ = sign_in(node)
    for minutes in steps:
        node.region.clock.advance(timedelta(minutes=minutes).total_seconds())
        page = client.get("/clerk").text
    assert ("holder_code" not in page) is is_over


def test_revoking_the_token_ends_the_session_at_once(node: Node) -> None:
    client, form_token = sign_in(node)
    (used,) = [one for one in node.region.accounts.tokens() if one.label == "clerk"]
    node.region.accounts.revoke_token(used.id)
    answer = search(client, form_token)
    assert answer.status_code == 401
    assert "Your session has ended" in answer.text


def test_the_holders_number_stands_in_no_address(node: Node) -> None:
    client, form_token = sign_in(node)
    answer = search(client, form_token)
    assert answer.url.query == b""
    for link in re.findall(r'(?:href|action)="([^"]*)"', answer.text):
        assert FIRM not in link
        assert FORM["case_number"] not in link


def test_addresses_of_forms_lead_to_the_form(node: Node) -> None:
    client, _ = sign_in(node)
    for path in ("/clerk/search", "/clerk/file", "/clerk/sign-in"):
        assert "holder_code" in client.get(path).text
