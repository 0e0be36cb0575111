"""Following the chain: forward, back, and not at all when it cannot be believed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from ledger.errors import (
    ChainUnavailableError,
    FinalityBrokenError,
    InconsistentChainError,
    WrongChainError,
)
from ledger.ports.mirror import MirrorPosition
from ledger.types import LicenseStatus, LogKind
from tests.support.pipeline import Pipeline, open_pipeline


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return open_pipeline(tmp_path)


def _position(pipeline: Pipeline) -> MirrorPosition:
    with pipeline.region.database.read() as session:
        position = session.mirror.position()
    assert position is not None
    return position


def test_it_follows_to_the_newest_block_and_knows_what_is_final(pipeline: Pipeline) -> None:
    pipeline.chain.mine(7)
    done = pipeline.mirror.round()
    assert (done.blocks, done.rewound, done.behind) == (7, 0, 0)
    position = _position(pipeline)
    assert position.newest == pipeline.chain.newest()
    assert position.final.number == position.newest.number - 1
    assert position.checked_at == pipeline.region.clock()


def test_a_long_way_is_gone_in_rounds(pipeline: Pipeline) -> None:
    pipeline.chain.mine(50)
    first = pipeline.mirror.round()
    assert (first.blocks, first.behind) == (20, 30)
    pipeline.follow()
    assert _position(pipeline).newest == pipeline.chain.newest()


def test_a_quiet_chain_is_noted_once_a_second(pipeline: Pipeline) -> None:
    pipeline.follow()
    noted = _position(pipeline).checked_at
    pipeline.region.clock.advance(0.3)
    pipeline.mirror.round()
    assert _position(pipeline).checked_at == noted
    pipeline.region.clock.advance(0.9)
    pipeline.mirror.round()
    assert _position(pipeline).checked_at == noted + timedelta(seconds=1.2)


def test_a_short_reorg_is_followed(tmp_path: Path) -> None:
    pipeline = open_pipeline(tmp_path, depth=3, survives_restart=True)
    pipeline.block(5)
    pipeline.chain.reorg(3)
    done = pipeline.mirror.round()
    assert (done.rewound, done.blocks) == (3, 4)
    assert _position(pipeline).newest == pipeline.chain.newest()


@pytest.mark.parametrize("survives_restart", [False, True])
def test_a_replaced_final_block_halts_durably(tmp_path: Path, survives_restart: bool) -> None:
    pipeline = open_pipeline(tmp_path, depth=2, survives_restart=survives_restart)
    pipeline.block(5)
    before = _position(pipeline)
    pipeline.chain.reorg(4)
    with pytest.raises(FinalityBrokenError, match="which was final"):
        pipeline.mirror.round()
    pipeline.start()
    with pytest.raises(FinalityBrokenError, match="stands still"):
        pipeline.mirror.round()
    after = _position(pipeline)
    assert after.newest == before.newest
    assert after.halted is not None


def test_a_restarted_development_chain_that_is_ahead_again_is_followed(
    pipeline: Pipeline,
) -> None:
    pipeline.block(5)
    pipeline.chain.lose(4)
    pipeline.chain.mine(9)
    done = pipeline.mirror.round()
    assert (done.rewound, done.blocks) == (4, 9)
    assert _position(pipeline).newest == pipeline.chain.newest()


def test_a_development_chain_behind_its_mirror_is_followed_back(pipeline: Pipeline) -> None:
    pipeline.block(5)
    pipeline.chain.lose(4)
    done = pipeline.mirror.round()
    assert (done.rewound, done.blocks) == (4, 0)
    position = _position(pipeline)
    assert position.newest == pipeline.chain.newest()
    assert position.final.number < position.newest.number + 1
    assert position.halted is None


def test_a_client_that_is_merely_behind_takes_nothing_back(tmp_path: Path) -> None:
    pipeline = open_pipeline(tmp_path, survives_restart=True)
    pipeline.block(5)
    before = _position(pipeline)
    held = pipeline.chain.blocks_made[-3:]
    del pipeline.chain.blocks_made[-3:]
    with pytest.raises(ChainUnavailableError, match="caught up"):
        pipeline.mirror.round()
    assert _position(pipeline).newest == before.newest
    pipeline.chain.blocks_made += held
    pipeline.block()
    assert _position(pipeline).newest == pipeline.chain.newest()


def test_another_chain_is_refused_and_nothing_taken_back(pipeline: Pipeline) -> None:
    before = _position(pipeline)
    pipeline.chain.replace_genesis()
    with pytest.raises(WrongChainError):
        pipeline.mirror.round()
    assert _position(pipeline).newest == before.newest


def test_receipts_that_contradict_are_not_advanced_over(pipeline: Pipeline) -> None:
    pipeline.register()
    pipeline.submit()
    before = _position(pipeline)
    pipeline.chain.contradict = True
    pipeline.chain.mine()
    for _ in range(2):
        with pytest.raises(InconsistentChainError):
            pipeline.mirror.round()
    assert _position(pipeline).newest == before.newest
    pipeline.chain.contradict = False
    pipeline.follow()
    assert _position(pipeline).newest == pipeline.chain.newest()


def test_a_client_that_is_away_changes_nothing(pipeline: Pipeline) -> None:
    before = _position(pipeline)
    pipeline.chain.away = True
    with pytest.raises(ChainUnavailableError):
        pipeline.mirror.round()
    pipeline.chain.away = False
    pipeline.block()
    assert _position(pipeline).newest.number == before.newest.number + 1


def test_a_hidden_revocation_is_found_by_the_proof(pipeline: Pipeline) -> None:
    (record,) = pipeline.register()
    pipeline.settle()
    before = _position(pipeline)
    pipeline.revoke(record)
    pipeline.submit()
    pipeline.chain.lie_about_word(pipeline.region.code, 0, 0, 0)
    pipeline.chain.mine()
    with pytest.raises(InconsistentChainError, match="status word 0"):
        pipeline.mirror.round()
    assert _position(pipeline).newest == before.newest
    assert pipeline.status(record) is LicenseStatus.IN_FORCE


def test_old_states_that_are_gone_are_proved_in_the_newest_block(pipeline: Pipeline) -> None:
    (record,) = pipeline.register()
    pipeline.settle()
    pipeline.revoke(record)
    pipeline.submit()
    pipeline.chain.keep_states = 1
    pipeline.chain.mine(30)
    first = pipeline.mirror.round()
    assert first.behind > 0
    # Blocks are applied, but none from the unproved change on is final.
    assert pipeline.status(record) is LicenseStatus.IN_FORCE
    pipeline.start()  # what is still to prove is found again
    pipeline.follow()
    assert pipeline.status(record) is LicenseStatus.REVOKED
    assert _position(pipeline).final.number == pipeline.chain.newest().number - 1


def test_a_lie_about_a_word_whose_state_is_gone_is_never_final(pipeline: Pipeline) -> None:
    (record,) = pipeline.register()
    pipeline.settle()
    pipeline.revoke(record)
    pipeline.submit()
    pipeline.chain.keep_states = 1
    pipeline.chain.mine(5)
    pipeline.chain.lie_about_word(pipeline.region.code, 0, 0, 1)
    for _ in range(3):
        with pytest.raises(InconsistentChainError):
            pipeline.follow()
        pipeline.chain.mine()
        pipeline.start()
    assert pipeline.status(record) is LicenseStatus.IN_FORCE


def test_what_the_chain_says_is_what_the_mirror_says(pipeline: Pipeline) -> None:
    records = pipeline.register(260)
    pipeline.settle()
    for record in records[::17]:
        pipeline.revoke(record)
    pipeline.settle()
    with pipeline.region.database.read() as session:
        at = _position(pipeline).newest.number
        for (region, epoch, index), word in pipeline.chain.state.words.items():
            assert session.mirror.status_word(region, epoch, index, as_of=at) == word
        head = session.mirror.newest_head(pipeline.region.code, LogKind.LICENSES, as_of=at)
    assert head is not None
    assert head.tree_size == 260
