"""Anyone verifies in a real browser that runs no JavaScript."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from ledger.hashing import sha256
from ledger.services.status import StatusAction, StatusReason
from tests.e2e.support import Issued, context_of, drop_file, issue
from tests.support.nodes import Node, Nodes

FORGERY = b"%PDF-1.7 a file that nobody registered"


@pytest.fixture(scope="module")
def issued(nodes: Nodes) -> Issued:
    """A license of another region: the node asks for it there and verifies it here."""
    return issue(nodes, "110000", b"%PDF-1.7 the registered file")


@pytest.fixture
def file(issued: Issued, tmp_path: Path) -> Path:
    path = tmp_path / "营业执照.pdf"
    path.write_bytes(issued.content)
    return path


@pytest.fixture
def english(browser: Browser, here: Node) -> Iterator[Page]:
    context = context_of(browser, here, language="en")
    yield context.new_page()
    context.close()


def verdict(page: Page, value: str, word: str) -> None:
    """The page shows this one verdict, announced as such, with eight numbered checks."""
    shown = page.get_by_role("status")
    expect(shown).to_have_class(f"verdict is-{value}")
    expect(shown.locator(".word")).to_have_text(word)
    numbers = page.locator(".checks .number")
    expect(numbers).to_have_text([str(number) for number in range(1, 9)])


def test_choose_a_file(page: Page, file: Path) -> None:
    page.goto("/")
    page.get_by_label("证照文件").set_input_files(file)
    page.get_by_role("button", name="核验此文件").click()
    verdict(page, "valid", "有效")
    expect(page.locator(".line")).to_have_text("这是真实的证照，目前有效。")
    expect(page.locator(".when")).to_contain_text("北京时间")
    expect(page.locator("main")).to_contain_text("颁发地区")
    expect(page.locator("main")).to_contain_text("北京 110000")


def test_drop_a_file(page: Page, file: Path) -> None:
    page.goto("/")
    drop_file(page, "#file", file)
    page.get_by_role("button", name="核验此文件").click()
    verdict(page, "valid", "有效")


def test_a_bundle_as_a_file(page: Page, issued: Issued, tmp_path: Path) -> None:
    path = tmp_path / "x.license.json"
    path.write_bytes(issued.bundle)
    page.goto("/")
    page.get_by_label("证照文件").set_input_files(path)
    page.get_by_role("button", name="核验此文件").click()
    verdict(page, "valid", "有效")


def test_paste_each_kind_of_code(page: Page, issued: Issued) -> None:
    for text in (
        sha256(issued.content).hex(),
        issued.check_code,
        f"https://example.invalid/v/{issued.check_code}",
        issued.bundle.decode(),
    ):
        page.goto("/verify")
        page.get_by_label("核验码、文件摘要").fill(text)
        page.get_by_role("button", name="核验", exact=True).click()
        verdict(page, "valid", "有效")


def test_the_qrs_address(page: Page, issued: Issued) -> None:
    page.goto(f"/v/{issued.check_code}")
    verdict(page, "valid", "有效")
    page.get_by_role("link", name="再核验一份").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("核验证照真伪")


def test_invalid_and_unknown_differ_in_shape_and_word(
    page: Page, nodes: Nodes, tmp_path: Path
) -> None:
    revoked = issue(nodes, "130000", b"%PDF-1.7 soon revoked")
    region = nodes["130000"].region
    region.status.change(
        revoked.id, StatusAction.REVOKE, StatusReason.COURT_ORDER, "x", office=region.office
    )
    nodes.chain.anchor(region)
    page.goto(f"/v/{revoked.check_code}")
    verdict(page, "invalid", "无效")
    expect(page.locator("li.is-failed")).to_contain_text("6 状态 未通过")
    invalid_shape = page.locator(".verdict .sign").inner_html()

    path = tmp_path / "x.pdf"
    path.write_bytes(FORGERY)
    page.goto("/")
    page.get_by_label("证照文件").set_input_files(path)
    page.get_by_role("button", name="核验此文件").click()
    verdict(page, "unknown", "无法确认")
    expect(page.locator(".line")).to_contain_text("这不等于它是假的")
    assert page.locator(".verdict .sign").inner_html() != invalid_shape
    expect(page.get_by_text("无效", exact=True)).to_have_count(0)


def test_evidence_opens_without_a_script(page: Page, issued: Issued) -> None:
    page.goto(f"/v/{issued.check_code}")
    fourth = page.locator(".checks li").nth(3)
    expect(fourth.get_by_text("出块时间")).to_be_hidden()
    fourth.locator("summary").click()
    expect(fourth.get_by_text("出块时间")).to_be_visible()
    expect(fourth.locator("dd").nth(1)).to_contain_text("北京时间")


def test_what_is_wrong_is_said_beside_the_control(page: Page, tmp_path: Path) -> None:
    wrong, large = tmp_path / "x.docx", tmp_path / "large.pdf"
    wrong.write_bytes(b"PK\x03\x04 no license")
    large.write_bytes(b"%PDF-1.7" + bytes(24 << 20))
    page.goto("/")
    page.get_by_role("button", name="核验此文件").click()
    expect(page.get_by_role("alert")).to_contain_text("还没有选择文件")
    for path, words in ((wrong, "这不是证照文件"), (large, "文件超过 20 MB")):
        page.get_by_label("证照文件").set_input_files(path)
        page.get_by_role("button", name="核验此文件").click()
        expect(page.get_by_role("alert")).to_contain_text(words)
        expect(page.get_by_label("证照文件")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("还没有填写内容")
    page.get_by_label("核验码、文件摘要").fill("hello")
    page.get_by_role("button", name="核验", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("看不出这是哪一种编码")
    expect(page.get_by_label("核验码、文件摘要")).to_have_value("hello")


def test_the_visitors_language_and_the_switch(english: Page, issued: Issued) -> None:
    english.goto("/")
    expect(english.locator("html")).to_have_attribute("lang", "en")
    english.get_by_label("Check code").fill(issued.check_code)
    english.get_by_role("button", name="Verify", exact=True).click()
    verdict(english, "valid", "Valid")
    english.get_by_role("button", name="中文").click()
    expect(english.locator("html")).to_have_attribute("lang", "zh-CN")
    verdict(english, "valid", "有效")
    english.goto("/")
    expect(english.get_by_role("heading", level=1)).to_have_text("核验证照真伪")
    english.get_by_role("link", name="English").click()
    expect(english.get_by_role("heading", level=1)).to_have_text("Is this license genuine?")


def test_by_keyboard_alone(page: Page, issued: Issued) -> None:
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    expect(page.get_by_role("link", name="跳到正文")).to_be_in_viewport()
    page.keyboard.press("Enter")
    for name in ("#file", "form:has(#file) button", "#text"):
        page.keyboard.press("Tab")
        expect(page.locator(name)).to_be_focused()
    outline = page.locator("#text").evaluate("node => getComputedStyle(node).outlineWidth")
    assert outline == "3px"
    page.keyboard.type(issued.check_code)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    verdict(page, "valid", "有效")


def test_nothing_of_the_address_is_sent_on(page: Page, issued: Issued) -> None:
    page.goto(f"/v/{issued.check_code}")
    with page.expect_request("**/verify") as sent:
        page.get_by_role("link", name="再核验一份").click()
    assert "referer" not in sent.value.all_headers()


def test_print_shows_the_evidence_and_not_the_controls(page: Page, issued: Issued) -> None:
    page.goto(f"/v/{issued.check_code}")
    page.emulate_media(media="print")
    expect(page.get_by_role("link", name="再核验一份")).to_be_hidden()
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.locator(".verdict .word")).to_be_visible()
    expect(page.locator(".checks li").nth(3).get_by_text("出块时间")).to_be_visible()


def test_head_on_a_real_server(page: Page) -> None:
    for path in ("/", "/verify", "/docs", "/healthz", "/readyz"):
        answer = page.request.head(path)
        assert (answer.status, answer.body()) == (200, b""), path
