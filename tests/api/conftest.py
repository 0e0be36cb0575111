"""One node on a real region for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tests.api.support import Node, open_node


@pytest.fixture(autouse=True)
def _plain_logs() -> None:
    """Log lines without local variables, as a node writes them."""
    structlog.configure(processors=[structlog.processors.JSONRenderer()])


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    built = open_node(tmp_path)
    yield built
    built.region.database.close()
