"""Three nodes and a browser for each module: a browser's loop must not outlive its tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.support import CODES, HERE, context_of, running_browser
from tests.support.nodes import Node, Nodes, serve_nodes


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process runs them all, one after the other: each browser wants a core."""
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with serve_nodes(tmp_path_factory.mktemp("nodes"), CODES) as served:
        yield served


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with running_browser(tmp_path_factory.mktemp("browser")) as running:
        yield running


@pytest.fixture
def here(nodes: Nodes) -> Node:
    return nodes[HERE]


@pytest.fixture
def page(browser: Browser, here: Node) -> Iterator[Page]:
    """A visitor who reads Chinese, without JavaScript."""
    context = context_of(browser, here)
    yield context.new_page()
    context.close()
