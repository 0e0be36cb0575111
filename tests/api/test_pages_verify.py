"""The public page over HTTP: what each thing presented shows, and what is wrong beside its control.

What a person sees and does in a browser is in tests/e2e.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import Any

import pytest
from httpx2 import Response

from ledger.hashing import sha256
from tests.api.support import PDF, Node
from tests.support.region import organization_type, person_type

VERIFY = "/verify"
OFD_LESS_ZIP = b"PK\x03\x04" + bytes(60)


@pytest.fixture
def firm(node: Node) -> dict[str, Any]:
    """An organisation's license of an open type, with what its office has of it."""
    sound = node.json(node.region.draft(organization_type(1)))
    client = node.client("business")
    registered = node.register(client, **sound)
    bundle = client.get(registered["links"]["bundle"]).text
    return sound | registered | {"bundle": bundle}


def text_form(text: str) -> dict[str, Any]:
    return {"text": (None, text)}


def verdict_of(answer: Response) -> str:
    """The value that the page's one verdict shows."""
    (value,) = re.findall(r'class="verdict is-(\w+)" role="status"', answer.text)
    return str(value)


def fault_of(answer: Response) -> tuple[str, str]:
    """Which control is marked, and the words beside it."""
    (found,) = re.findall(r'role="alert" id="(\w+)-wrong">([^<]+)<', answer.text)
    assert f'aria-describedby="{found[0]}-wrong ' in answer.text
    return str(found[0]), str(found[1])


def test_everything_that_can_be_presented(node: Node, firm: dict[str, Any]) -> None:
    client = node.client()
    for form in (
        {"file": ("证照.pdf", PDF, "application/pdf")},
        {"file": ("x.license.json", firm["bundle"].encode())},
        text_form(sha256(PDF).hex()),
        text_form(f" {sha256(PDF).hex().upper()}\n"),
        text_form(firm["check_code"]),
        text_form(f"https://example.invalid/v/{firm['check_code']}"),
        text_form(firm["identifier"]),
        text_form(firm["bundle"]),
    ):
        answer = client.post(VERIFY, files=form)
        assert (answer.status_code, verdict_of(answer)) == (200, "valid"), form
        assert answer.text.count('class="check-name"') == 8
        assert firm["identifier"] in answer.text


def test_without_a_file_the_page_claims_nothing_of_one(node: Node, firm: dict[str, Any]) -> None:
    client = node.client()
    of_file = client.post(VERIFY, files={"file": ("x.pdf", PDF, "application/pdf")}).text
    of_digest = client.post(VERIFY, files=text_form(sha256(PDF).hex())).text
    for page in (of_file, of_digest):
        assert "The file and the values shown are those" in page
        assert "Compare the paper" not in page
    of_link = client.get(f"/v/{firm['check_code']}").text
    of_bundle = client.post(VERIFY, files=text_form(firm["bundle"])).text
    for page in (of_link, of_bundle):
        assert "No file was checked" in page
        assert "Compare the paper with what stands here" in page
    for page in (of_file, of_link, of_bundle):
        assert "the person in front of you" not in page, "an organisation has no person to compare"


def test_a_person_is_compared_only_where_the_holder_is_shown(node: Node) -> None:
    client = node.client("business")
    sound = node.json(node.region.draft(person_type(2)))
    registered = node.register(client, **sound)
    compare = "compare the holder with the person"
    bundle = client.get(registered["links"]["bundle"]).text
    assert compare in client.post(VERIFY, files=text_form(bundle)).text
    assert compare not in client.get(f"/v/{registered['check_code']}").text


def test_the_link_of_a_qr(node: Node, firm: dict[str, Any]) -> None:
    answer = node.client().get(f"/v/{firm['check_code']}")
    assert verdict_of(answer) == "valid"
    # The code opens the license: nothing of the page carries it on.
    assert firm["check_code"] not in answer.text
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_pages_load_nothing_from_elsewhere_and_run_nothing(
    node: Node, firm: dict[str, Any]
) -> None:
    client = node.client()
    for path in ("/", "/verify", "/clerk", f"/v/{firm['check_code']}", "/v/x"):
        answer = client.get(path)
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert re.search(r"<script|<style|\sstyle=|\son\w+=|//", answer.text[15:]) is None, path
        for asset in re.findall(r'href="(/static/[^"]+)"', answer.text):
            loaded = client.get(asset)
            assert loaded.status_code == 200
            assert "immutable" in loaded.headers["cache-control"]
    assert client.get("/static/pages.css").status_code == 404


def test_unknown_and_invalid_are_never_the_same(node: Node, firm: dict[str, Any]) -> None:
    client = node.client()
    other = client.post(VERIFY, files={"file": ("x.pdf", PDF + b"!")})
    assert verdict_of(other) == "unknown"
    assert firm["id"] not in other.text
    bundle = json.loads(firm["bundle"])
    bundle["entry"]["valid_until"] = "2099-12-31"
    changed = json.dumps(bundle, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    answer = client.post(VERIFY, files=text_form(changed))
    assert verdict_of(answer) == "invalid"
    assert "not_in_log" in answer.text


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"file": ("", b"", "application/octet-stream")}, "file", "No file was chosen"),
        ({"file": ("x.pdf", b"", "application/pdf")}, "file", "is empty"),
        ({"file": ("x.docx", OFD_LESS_ZIP)}, "file", "not a license"),
        ({"file": ("x.exe", b"MZ\x90")}, "file", "not a license"),
        ({"text": (None, "  ")}, "text", "Nothing was entered"),
        ({"text": (None, "00" * 31)}, "text", "none of the known codes"),
        ({"text": (None, "x" * 100_000)}, "text", "none of the known codes"),
        ({"text": (None, b"\xff\xfe")}, "text", "none of the known codes"),
        ({"text": (None, "1.2.156.3005.2.1")}, "text", "does not hold"),
        ({"other": (None, "x")}, "file", "No file was chosen"),
    ],
)
def test_what_is_wrong_stands_beside_its_control(
    node: Node, form: dict[str, Any], field: str, words: str
) -> None:
    answer = node.client().post(VERIFY, files=form)
    assert answer.status_code == 422
    control, said = fault_of(answer)
    assert control == field
    assert words in said


def test_a_file_that_is_too_large(node: Node) -> None:
    client = node.client(max_file_bytes=1000, max_json_bytes=1000)
    for size in (1001, 3000, 10_000):
        answer = client.post(VERIFY, files={"file": ("x.pdf", PDF + bytes(size))})
        assert answer.status_code == 413
        assert fault_of(answer)[0] == "file"
    assert client.post(VERIFY, files={"file": ("x.pdf", bytes(40_000))}).status_code == 413


def test_text_is_shown_again_and_stays_text(node: Node) -> None:
    answer = node.client().post(VERIFY, files=text_form('"><script>alert(1)</script>'))
    assert "<script>" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_a_license_cannot_put_markup_into_the_page(node: Node) -> None:
    fields = {"certificate_name": "<b onclick=x>名</b>", "certificate_number": "<i>1</i>"}
    sound = node.json(node.region.draft(organization_type(1), fields=fields))
    registered = node.register(node.client("business"), **sound)
    answer = node.client().get(f"/v/{registered['check_code']}")
    assert verdict_of(answer) == "valid"
    assert "&lt;i&gt;1&lt;/i&gt;" in answer.text
    assert "<i>1" not in answer.text


def test_persons_fields_are_not_shown(node: Node) -> None:
    sound = node.json(node.region.draft(person_type(2)))
    registered = node.register(node.client("business"), **sound)
    page = node.client().get(f"/v/{registered['check_code']}").text
    assert "张示例" not in page
    assert "李示例" not in page
    assert "Not shown: " in page


def test_the_result_can_be_had_in_the_other_language(node: Node, firm: dict[str, Any]) -> None:
    client = node.client()
    answer = client.post(VERIFY, files=text_form(firm["check_code"]))
    assert 'lang="en"' in answer.text[:40]
    assert re.search(r'action="/verify\?lang=zh-CN"', answer.text)
    again = client.post(f"{VERIFY}?lang=zh-CN", files=text_form(firm["check_code"]))
    assert '<html lang="zh-CN">' in again.text
    assert "这是真实的证照，目前有效。" in again.text
    assert '<html lang="zh-CN">' in client.get("/").text, "the choice is remembered"


@pytest.mark.parametrize("code", ["xyzzy", "A" * 23, "A" * 5000, "%00", "..%2f..%2fetc"])
def test_an_address_that_is_no_qrs(node: Node, code: str) -> None:
    answer = node.client().get(f"/v/{code}")
    assert answer.status_code == 404
    assert code not in answer.text


def test_asking_too_often_is_said_in_words(node: Node) -> None:
    client = node.client(verify_rate="1/minute")
    client.post(VERIFY, files=text_form("A" * 22))
    answer = client.post(VERIFY, files=text_form("A" * 22))
    assert answer.status_code == 429
    assert re.search(r'role="alert">Try again in \d+ seconds\.', answer.text)
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("path", ["/nowhere", "/v/a/b", "/static"])
def test_a_browser_gets_a_page_for_an_address_that_leads_nowhere(node: Node, path: str) -> None:
    client = node.client()
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "zh-CN"}
    page = client.get(path, headers=browser)
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "请检查网址" in page.text
    assert client.get(path).headers["content-type"] == "application/problem+json"
    of_api = client.get("/v1/nowhere", headers=browser)
    assert of_api.headers["content-type"] == "application/problem+json"
    wrong_method = client.put("/verify", headers=browser)
    assert wrong_method.status_code == 405
    assert wrong_method.headers["content-type"].startswith("text/html")
    assert "GET" in wrong_method.headers["allow"]


@pytest.mark.parametrize("path", ["/", "/verify", "/docs", "/healthz", "/readyz"])
def test_head_answers_as_get_does_without_a_body(node: Node, path: str) -> None:
    client = node.client()
    head, got = client.head(path), client.get(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length"):
        assert head.headers[name] == got.headers[name]


def test_the_manual_is_a_page_like_the_others(node: Node) -> None:
    page = node.client().get("/docs").text
    assert 'href="/verify"' in page
    assert "/static/pages-" in page
    assert "`" not in page
    levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    problem = node.client().get("/problems/not_found").text
    assert 'href="/docs"' in problem


def test_a_form_that_cannot_be_read(node: Node) -> None:
    client = node.client()
    for content, media_type in (
        (b"x", "text/plain"),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x"),
        (b"", "multipart/form-data"),
    ):
        answer = client.post(VERIFY, content=content, headers={"Content-Type": media_type})
        assert answer.status_code in (400, 415)
        assert answer.headers["content-type"].startswith("text/html")
        assert 'role="alert"' in answer.text


def test_an_edited_row_is_named_by_its_check(node: Node, firm: dict[str, Any]) -> None:
    node.edit("UPDATE license SET valid_until = '2099-12-31' WHERE id = :id", id=firm["id"])
    answer = node.client().get(f"/v/{firm['check_code']}")
    assert verdict_of(answer) == "invalid"
    assert re.search(r'<li class="is-failed">.*?class="number">2<', answer.text, re.DOTALL)
    assert firm["identifier"] not in answer.text
