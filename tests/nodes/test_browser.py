"""The browser of the end-to-end tests runs, with a text that needs its fonts."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from ledger.errors import ConfigurationError
from nodes.devnet.browser import find_browser
from nodes.devnet.tools import Places


async def test_it_shows_a_page_and_follows_a_click() -> None:
    browser = find_browser()
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=browser.executable,
            args=list(browser.arguments),
            env={**os.environ, **browser.environment},
        )
        page = await running.new_page()
        await page.set_content("<button onclick='document.title = this.textContent'>核验</button>")
        await page.click("button")
        assert await page.title() == "核验"
        await running.close()


def test_a_missing_browser_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make test"):
        find_browser(Places(tmp_path, str(tmp_path)))
