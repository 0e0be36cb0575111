"""A clerk looks up and downloads in a real browser that runs no JavaScript."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ledger.bundle import parse_bundle_bytes
from ledger.catalogue import LicenseType
from tests.e2e.support import (
    HERE,
    PURPOSE,
    Issued,
    flip_a_byte,
    issue,
    region_part,
    search,
    sign_in,
    unreachable,
)
from tests.support.nodes import Node, Nodes
from tests.support.region import CATALOGUE, FIRM, PERSON, person_type


@pytest.fixture(scope="module")
def issued(nodes: Nodes) -> Issued:
    return issue(nodes, "110000", b"%PDF-1.7 a file of Beijing")


def another_type() -> LicenseType:
    """An open type of organisations that no other test here issues."""
    return [one for one in CATALOGUE if one.holder == "organization" and one.level == 1][1]


def test_sign_in_search_and_download(
    page: Page, here: Node, issued: Issued, tmp_path: Path
) -> None:
    sign_in(page, here)
    search(page)
    expect(page.get_by_role("status")).to_contain_text("已询问 3 个地区，3 个作出应答")
    found = region_part(page, "110000").get_by_role("article").first
    expect(found.locator("h4")).to_contain_text("有效")
    expect(found).to_contain_text("示例科技有限公司")
    with page.expect_download() as downloading:
        found.get_by_role("button", name="下载文件").click()
    path = tmp_path / "got"
    downloading.value.save_as(path)
    assert path.read_bytes() == issued.content
    assert downloading.value.suggested_filename == f"110000-{issued.id}.pdf"
    with page.expect_download() as downloading:
        found.get_by_role("button", name="下载证明包").click()
    downloading.value.save_as(path)
    assert parse_bundle_bytes(path.read_bytes()).entry.id == issued.id
    assert FIRM not in page.url


def test_the_next_search_keeps_the_purpose(page: Page, here: Node) -> None:
    sign_in(page, here)
    search(page)
    for name in ("system", "matter_code", "case_number", "handler_name"):
        expect(page.locator(f"#{name}")).to_have_value(PURPOSE[name])
    expect(page.locator("#handler_number")).to_have_value("")
    page.locator("#holder_code").fill("91110000MA0000999X")
    page.get_by_role("checkbox", name="北京 110000").check()
    page.get_by_role("button", name="查询", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已询问 1 个地区")
    expect(region_part(page, "110000")).to_contain_text("没有这个持证主体的可查证照")
    expect(region_part(page, "130000")).to_have_count(0)
    expect(page.get_by_role("checkbox", name="北京 110000")).to_be_checked()


def test_verified_and_unreachable_regions_look_different(
    page: Page, nodes: Nodes, here: Node, issued: Issued
) -> None:
    sign_in(page, here)
    with unreachable(nodes, "130000"):
        search(page)
    silent, answered = region_part(page, "130000"), region_part(page, "110000")
    expect(silent.locator("h3")).to_contain_text("无法连接")
    expect(answered.locator("h3")).to_contain_text("已应答")
    expect(page.get_by_role("status")).to_contain_text("结果不完整：河北 130000 没有应答。")
    shapes = {part.locator("h3 .sign").inner_html() for part in (silent, answered)}
    assert len(shapes) == 2


def test_withheld_fields_and_types_are_explained(page: Page, nodes: Nodes, here: Node) -> None:
    fields = {"certificate_name": "示例", "home_address": "示例路1号"}
    issue(nodes, "110000", b"%PDF-1.7 of a person", kind=person_type(2), fields=fields)
    sign_in(page, here)
    search(page, PERSON)
    part = region_part(page, "110000")
    expect(part).to_contain_text("另有 1 项内容没有出示")
    expect(part).not_to_contain_text("示例路1号")
    part.get_by_text("按规定不提供的类型").click()
    expect(part).to_contain_text("三级（敏感）：需要持证人授权。")
    expect(part).to_contain_text("四级（核心）：只回答是或否，不提供内容。")
    expect(part.get_by_role("button", name="下载文件")).to_have_count(0)
    expect(part.get_by_role("article")).to_contain_text("文件不能下载")


def test_a_damaged_file_is_refused_with_the_check_named(
    page: Page, nodes: Nodes, here: Node
) -> None:
    damaged = issue(nodes, "110000", b"%PDF-1.7 damaged later", kind=another_type())
    flip_a_byte(nodes["110000"], damaged.id)
    sign_in(page, here)
    search(page)
    found = region_part(page, "110000").get_by_role("article", name=another_type().name_zh)
    found.get_by_role("button", name="下载文件").click()
    refused = page.get_by_role("alert")
    expect(refused).to_contain_text("第 2 项核验“内容”未通过，所以没有提供任何内容。")
    expect(refused).to_have_class("verdict is-invalid")
    page.get_by_role("link", name="返回查询").click()
    expect(page.locator("#case_number")).to_have_value(PURPOSE["case_number"])


def test_what_is_missing_is_said_beside_its_control(page: Page, here: Node) -> None:
    sign_in(page, here)
    search(page, "", {"case_number": ""})
    expect(page.locator("#holder_code-wrong")).to_have_text("请填写这一项。")
    expect(page.locator("#case_number-wrong")).to_have_text("请填写这一项。")
    expect(page.locator("#holder_code")).to_have_attribute("aria-invalid", "true")
    expect(page.locator("#system")).to_have_value(PURPOSE["system"])


def test_a_wrong_token_and_signing_out(page: Page, here: Node) -> None:
    page.goto("/clerk")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_have_text("请填写令牌。")
    page.get_by_label("机构令牌").fill("llt_wrong")
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("alert")).to_contain_text("令牌只在发放它的地区的节点上有效")
    sign_in(page, here)
    expect(page.get_by_text(f"已登录：{HERE} 示例局")).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_label("机构令牌")).to_be_visible()
    page.go_back()
    page.goto("/clerk")
    expect(page.get_by_label("机构令牌")).to_be_visible()


def test_types_and_regions_are_chosen_by_keyboard(page: Page, here: Node) -> None:
    sign_in(page, here)
    page.locator("details.types summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("input[name=type]").first).to_be_checked()
    page.locator("#holder_code").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("input[name=region]").first).to_be_checked()


def test_a_form_of_another_site_does_nothing(page: Page, here: Node) -> None:
    """A page on another origin posts to the clerk's page: the browser sends no cookie along."""
    sign_in(page, here)
    page.goto("about:blank")
    page.set_content(
        f"<form method='post' action='{here.url}/clerk/sign-out'>"
        "<input name='form_token' value='x'><button>退出</button></form>"
    )
    page.get_by_role("button").click()
    expect(page.get_by_label("机构令牌")).to_be_visible()
    page.goto("/clerk")
    expect(page.get_by_text("已登录")).to_be_visible()
