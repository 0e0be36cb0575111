"""A real browser at the pages of real nodes, and the words that tests of it share."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ledger.chain_events import EndpointSet
from ledger.draft import DraftFile
from ledger.services.lookup import digest_file
from nodes.devnet.browser import find_browser
from nodes.devnet.tools import PROJECT_ROOT, find_document_font
from tests.support.nodes import Node, Nodes
from tests.support.region import FIRM, organization_type

HERE: Final = "133100"
CODES: Final = (HERE, "110000", "130000")
PATIENCE_MS: Final = 20_000
PHONE: Final = {"width": 360, "height": 740}
DESK: Final = {"width": 1100, "height": 900}

PURPOSE: Final = {
    "system": "雄安新区一网通办",
    "matter_code": "M-0001",
    "case_number": "2026-001234",
    "handler_name": "王示例",
    "handler_number": "H-778899",
}
_AXE: Final = PROJECT_ROOT / "node_modules" / "axe-core" / "axe.min.js"
_RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_FONTS: Final = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{chinese}</dir><dir>{packed}</dir><cachedir>{cache}</cachedir></fontconfig>
"""


@dataclass(frozen=True)
class Issued:
    """One license of a region, as its office and its holder have it."""

    id: str
    check_code: str
    identifier: str
    content: bytes
    bundle: bytes


@contextmanager
def running_browser(folder: Path) -> Iterator[Browser]:
    """Chromium with a Chinese font, which the packed one lacks."""
    found = find_browser()
    fonts = folder / "fonts.conf"
    fonts.write_text(
        _FONTS.format(
            chinese=find_document_font().parent,
            packed=found.executable.parent / "fonts",
            cache=folder / "font-cache",
        )
    )
    environment: dict[str, str | float | bool] = {
        **os.environ,
        **found.environment,
        "FONTCONFIG_FILE": str(fonts),
    }
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found.executable, args=list(found.arguments), env=environment
        )
        yield browser
        browser.close()


def context_of(
    browser: Browser, node: Node, *, language: str = "zh-CN", script: bool = False, **options: Any
) -> BrowserContext:
    """A visitor with nothing in store; without JavaScript unless `script`."""
    context = browser.new_context(
        base_url=node.url,
        locale=language,
        java_script_enabled=script,
        viewport=options.pop("viewport", DESK),
        **options,
    )
    context.set_default_timeout(PATIENCE_MS)
    return context


def issue(nodes: Nodes, code: str, content: bytes, **changes: Any) -> Issued:
    """Register a license of the region with its file, and bring it to final."""
    region = nodes[code].region
    facts = digest_file(content, "application/pdf")
    draft = replace(
        region.draft(changes.pop("kind", organization_type()), **changes),
        file=DraftFile(facts=facts, content=content),
    )
    registered = region.issuance.register(draft, office=region.office)
    nodes.chain.anchor(region)
    with region.database.read() as session:
        record = session.licenses.get(registered.record.id)
        assert record is not None
        bundle = region.evidence.build(session, record)
    return Issued(
        id=record.id,
        check_code=str(bundle.disclosed()["check_code"]),
        identifier=draft.identifier,
        content=content,
        bundle=bundle.encode(),
    )


def sign_in(page: Page, node: Node, role: str = "clerk") -> None:
    """Sign in at the clerk's page with a token of the node's office."""
    page.goto("/clerk")
    page.locator("#token").fill(node.region.token(role).secret)
    page.locator("form:has(#token) button").click()


def search(page: Page, holder: str = FIRM, changes: Mapping[str, str] | None = None) -> None:
    """Fill in the look-up form and send it."""
    for name, value in {"holder_code": holder, **PURPOSE, **(changes or {})}.items():
        page.locator(f"#{name}").fill(value)
    page.locator("form[action='/clerk/search'] > button").click()


def region_part(page: Page, code: str) -> Any:
    """One region's part of the answer."""
    return page.locator(f"section.region[aria-label*='{code}']")


def breaches(page: Page) -> Sequence[str]:
    """What axe finds wrong with the page as it stands (WCAG 2.2 AA and its best practices)."""
    page.evaluate(_axe())
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", _RULES
    )
    return [
        f"{one['id']}: {node['target']} {node.get('failureSummary', '')}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


@cache
def _axe() -> str:
    return _AXE.read_text(encoding="utf-8")


def drop_file(page: Page, selector: str, path: Path) -> None:
    """Drag a file from the desktop onto a control and let it go, as the browser itself does."""
    box = page.locator(selector).bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send(
            "Input.dispatchDragEvent",
            {
                "type": kind,
                "x": box["x"] + box["width"] / 2,
                "y": box["y"] + box["height"] / 2,
                "data": {"items": [], "files": [str(path)], "dragOperationsMask": 1},
            },
        )


@contextmanager
def unreachable(nodes: Nodes, code: str) -> Iterator[None]:
    """The chain names an address at which nobody listens, until the end of the block."""
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        _move(nodes, code, f"http://127.0.0.1:{nobody.getsockname()[1]}")
        yield
    _move(nodes, code, nodes[code].url)


def flip_a_byte(node: Node, license_id: str) -> None:
    """Change the stored file of a license outside the software."""
    (stored,) = [
        path
        for path in (node.region.folder / "files").rglob("*")
        if path.is_file() and license_id in str(path)
    ]
    sealed = bytearray(stored.read_bytes())
    sealed[len(sealed) // 2] ^= 1
    stored.chmod(0o600)
    stored.write_bytes(sealed)


def _move(nodes: Nodes, code: str, url: str) -> None:
    since = nodes.chain.newest.number + 2
    nodes.chain.block([EndpointSet(region=nodes[code].code, url=url, since_block=since)])
    nodes.chain.block()
