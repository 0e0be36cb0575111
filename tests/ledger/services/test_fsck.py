"""What `fsck` compares with the contract, and what it says when it cannot."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.errors import WrongChainError
from ledger.ports.log import LogName
from ledger.types import LogKind
from tests.support.fsck import check
from tests.support.pipeline import Pipeline, open_pipeline


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return open_pipeline(tmp_path)


def sql(pipeline: Pipeline, statement: str, *values: object) -> None:
    with closing(sqlite3.connect(pipeline.region.folder / "region.sqlite")) as connection:
        assert connection.execute(statement, values).rowcount > 0
        connection.commit()


def codes(pipeline: Pipeline) -> list[str]:
    report = check(pipeline.region, pipeline.chain)
    assert report.chain_compared
    return [one.code for one in report.findings]


def test_at_every_step_of_an_anchor_there_is_nothing_to_find(pipeline: Pipeline) -> None:
    assert codes(pipeline) == []
    pipeline.register(3)
    assert codes(pipeline) == []
    pipeline.submit()
    pipeline.chain.mine()
    report = check(pipeline.region, pipeline.chain)
    assert (report.findings, report.tree_size) == ((), 3)
    assert report.anchored_size == 3, "the contract is ahead of the mirror"
    pipeline.follow()
    assert codes(pipeline) == []
    pipeline.settle()
    assert codes(pipeline) == []


def test_a_client_that_is_away_is_said_and_is_no_finding(pipeline: Pipeline) -> None:
    pipeline.register(2)
    pipeline.settle()
    pipeline.chain.away = True
    report = check(pipeline.region, pipeline.chain)
    assert (report.chain_compared, report.findings, report.anchored_size) == (False, (), 2)


def test_another_chain_is_refused_and_not_compared(pipeline: Pipeline) -> None:
    pipeline.chain.replace_genesis()
    with pytest.raises(WrongChainError):
        check(pipeline.region, pipeline.chain)


def test_a_log_cut_back_with_its_mirror_is_behind_the_contract(pipeline: Pipeline) -> None:
    """An old copy of the database agrees with itself."""
    pipeline.register(2)
    pipeline.settle()
    with pipeline.region.database.read() as session:
        old = session.log.head(LogName(pipeline.region.code, LogKind.LICENSES))
    pipeline.register(1)
    pipeline.settle()
    sql(
        pipeline,
        "UPDATE log_head SET tree_size = 2, root_hash = ? WHERE kind = 0",
        old.root_hash,
    )
    sql(pipeline, "DELETE FROM mirror_anchor WHERE tree_size = 3")
    assert set(codes(pipeline)) >= {"behind_the_chain", "mirror_differs"}


def test_an_anchor_that_only_the_mirror_has_is_found(pipeline: Pipeline) -> None:
    pipeline.register(2)
    pipeline.settle()
    sql(pipeline, "UPDATE mirror_anchor SET tree_size = 3 WHERE tree_size = 2")
    assert set(codes(pipeline)) >= {"mirror_differs"}


@pytest.mark.parametrize("digest", [None, b"another"])
def test_a_license_that_its_printed_number_no_longer_finds(
    pipeline: Pipeline, digest: bytes | None
) -> None:
    first, _ = pipeline.register(2)
    pipeline.settle()
    sql(pipeline, "UPDATE license SET number_digest = ? WHERE id = ?", digest, first.id)
    report = check(pipeline.region, pipeline.chain)
    (finding,) = report.findings
    assert (finding.code, finding.where) == ("not_findable", f"license {first.id}")
    assert "printed number" in finding.detail
