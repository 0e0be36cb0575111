"""Fixtures that several packages of tests share; costly ones are made once for each process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.real_chain import RealChain, found_chain


@pytest.fixture(scope="session")
def founded_chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealChain]:
    """A real chain with a founded consortium. Take `real_chain`, which undoes what a test did."""
    with found_chain(tmp_path_factory.mktemp("founded")) as chain:
        yield chain


@pytest.fixture
def real_chain(founded_chain: RealChain) -> Iterator[RealChain]:
    """The founding, untouched."""
    with founded_chain.untouched():
        yield founded_chain
