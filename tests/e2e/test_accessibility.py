"""Every page against axe (WCAG 2.2 AA), in both languages, at a desk and on a phone.

axe runs through the browser's own debugging door: the pages' policy lets no script in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.support import (
    DESK,
    PHONE,
    Issued,
    breaches,
    context_of,
    issue,
    search,
    sign_in,
)
from tests.support.nodes import Node, Nodes

Visit = Callable[[Page, Node, Issued], object]


@pytest.fixture(scope="module")
def issued(nodes: Nodes) -> Issued:
    return issue(nodes, "110000", b"%PDF-1.7 example")


def _faulty(page: Page, *_: object) -> None:
    page.goto("/")
    page.locator("form:has(#file) button").click()


def _code(page: Page, _: Node, issued: Issued) -> None:
    page.goto(f"/v/{issued.check_code}")
    for one in page.locator("details").all():
        one.locator("summary").click()


def _unsigned(page: Page, *_: object) -> None:
    page.goto("/clerk")
    page.locator("#token").fill("x")
    page.locator("form:has(#token) button").click()


def _clerk(page: Page, here: Node, _: Issued) -> None:
    sign_in(page, here)
    page.locator("details.types summary").click()


def _answer(page: Page, here: Node, _: Issued) -> None:
    sign_in(page, here)
    search(page)
    for summary in page.locator(".found").first.locator("> details > summary").all():
        summary.click()
    page.locator(".region > details > summary").first.click()


def _faulty_search(page: Page, here: Node, _: Issued) -> None:
    sign_in(page, here)
    search(page, "")


VISITS: Mapping[str, Visit] = {
    "form": lambda page, *_: page.goto("/"),
    "faulty form": _faulty,
    "valid": _code,
    "unknown": lambda page, *_: page.goto("/v/" + "A" * 22),
    "no such code": lambda page, *_: page.goto("/v/x"),
    "no such address": lambda page, *_: page.goto("/nowhere"),
    "manual": lambda page, *_: page.goto("/docs"),
    "sign-in": _unsigned,
    "look-up": _clerk,
    "answer": _answer,
    "faulty look-up": _faulty_search,
}


@pytest.fixture(params=[("zh-CN", PHONE), ("en", DESK), ("en", PHONE)], ids=str)
def reader(
    request: pytest.FixtureRequest, browser: Browser, here: Node
) -> Iterator[tuple[Page, str, int]]:
    """A visitor's page, language and width. axe needs JavaScript; the pages have none."""
    language, viewport = request.param
    context = context_of(browser, here, language=language, script=True, viewport=viewport)
    yield context.new_page(), language, viewport["width"]
    context.close()


@pytest.mark.parametrize("name", VISITS)
def test_axe_finds_nothing(
    reader: tuple[Page, str, int], here: Node, issued: Issued, name: str
) -> None:
    page, language, width = reader
    VISITS[name](page, here, issued)
    assert page.locator("html").get_attribute("lang") == language
    assert breaches(page) == []
    shown = page.evaluate("document.documentElement.scrollWidth")
    assert shown <= width, "something sticks out to the side"


def test_axe_sees_what_it_is_here_for(browser: Browser, here: Node) -> None:
    context = context_of(browser, here, script=True)
    page = context.new_page()
    page.goto("/")
    page.evaluate("document.querySelector('label').remove()")
    assert any(one.startswith("label:") for one in breaches(page))
    context.close()
