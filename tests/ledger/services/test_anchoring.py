"""From integrated to final, and back to it from everything that can go wrong in between."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ledger.errors import ConflictError, IntegrityError, OutcomeUnknownError, RevertedError
from ledger.ports.log import LogName
from ledger.ports.outbox import TransactionState
from ledger.services.reconciling import NONCE_TAKEN
from ledger.types import LicenseState, LicenseStatus, LogKind
from tests.support.pipeline import FINAL, STUCK, Pipeline, open_pipeline


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    return open_pipeline(tmp_path)


def test_a_head_goes_through_every_state(pipeline: Pipeline) -> None:
    (record,) = pipeline.register()
    assert pipeline.state(record) is LicenseState.INTEGRATED
    assert len(pipeline.submit().sent) == 1
    assert [one.state for one in pipeline.under_way()] == [TransactionState.SENT]
    pipeline.block()
    assert pipeline.state(record) is LicenseState.ANCHORED
    assert len(pipeline.submit().mined) == 1
    pipeline.block()
    assert pipeline.state(record) is LicenseState.FINAL
    assert len(pipeline.submit().settled) == 1
    assert pipeline.states() == [FINAL]
    assert not pipeline.waits()


def test_several_heads_become_one_anchor_while_one_is_on_its_way(pipeline: Pipeline) -> None:
    pipeline.register(3)
    pipeline.submit()
    pipeline.register(2)
    pipeline.register(4)
    assert pipeline.submit().sent == ()
    pipeline.settle()
    assert pipeline.anchored_sizes() == [3, 9]


def test_a_new_head_follows_before_the_last_one_is_final(pipeline: Pipeline) -> None:
    pipeline.register()
    pipeline.submit()
    pipeline.block()
    pipeline.register()
    done = pipeline.submit()
    assert (len(done.mined), len(done.sent)) == (1, 1)
    pipeline.settle()
    assert pipeline.anchored_sizes() == [1, 2]


def test_a_status_change_without_a_new_head(pipeline: Pipeline) -> None:
    first, second = pipeline.register(2)
    pipeline.settle()
    pipeline.revoke(first)
    pipeline.settle()
    assert pipeline.status(first) is LicenseStatus.REVOKED
    assert pipeline.status(second) is LicenseStatus.IN_FORCE
    assert pipeline.anchored_sizes() == [2]
    assert not pipeline.waits()


@pytest.mark.parametrize("when", ["waiting", "sent", "mined"])
def test_a_change_that_the_cold_key_overtook_is_ended_and_told(
    pipeline: Pipeline, when: str
) -> None:
    first, second = pipeline.register(2)
    pipeline.settle()
    pipeline.suspend(first)
    pipeline.suspend(second)
    if when != "waiting":
        pipeline.submit()
    if when == "mined":
        pipeline.block()
    pipeline.revoke_by_cold_key(first)
    pipeline.block()
    with capture_logs() as lines:
        pipeline.settle()
    assert pipeline.status(first) is LicenseStatus.REVOKED
    assert pipeline.status(second) is LicenseStatus.SUSPENDED
    assert not pipeline.waits()
    (told,) = [line for line in lines if "overtaken" in line["event"]]
    assert (told["license_id"], told["asked_for"]) == (first.id, "suspended")


def test_a_change_is_not_ended_before_the_block_that_overtook_it_is_final(tmp_path: Path) -> None:
    pipeline = open_pipeline(tmp_path, depth=3)
    (record,) = pipeline.register()
    pipeline.settle(10)
    pipeline.suspend(record)
    pipeline.revoke_by_cold_key(record)
    pipeline.submit()
    pipeline.submit()
    assert pipeline.waits()
    pipeline.settle(4)
    assert not pipeline.waits()


def test_a_replacement_and_its_superseding_are_one_transaction(pipeline: Pipeline) -> None:
    (old,) = pipeline.register()
    pipeline.settle()
    new = pipeline.replace(old)
    pipeline.submit()
    (transaction,) = pipeline.under_way()
    assert transaction.new_head.tree_size == 2
    assert [word.values for word in transaction.status_words] == [LicenseStatus.SUPERSEDED]
    pipeline.settle()
    assert pipeline.status(old) is LicenseStatus.SUPERSEDED
    assert pipeline.state(new) is LicenseState.FINAL


def test_more_replacements_than_fit_split_the_head_not_the_pairs(tmp_path: Path) -> None:
    pipeline = open_pipeline(tmp_path)
    pipeline.max_words = 1
    pipeline.start()
    records = pipeline.register(300)
    pipeline.settle()
    # In three status words: each transaction takes one of them.
    for record in (records[0], records[130], records[299]):
        pipeline.replace(record)
    pipeline.settle(12)
    assert pipeline.anchored_sizes() == [300, 301, 302, 303]
    assert not pipeline.waits()


def test_a_head_waits_for_replacements_that_were_not_looked_at(tmp_path: Path) -> None:
    pipeline = open_pipeline(tmp_path)
    pipeline.max_changes = 2
    pipeline.start()
    records = pipeline.register(5)
    pipeline.settle()
    for record in records[:3]:
        pipeline.replace(record)
    pipeline.settle(12)
    assert pipeline.anchored_sizes()[-1] == 8
    assert all(pipeline.status(record) is LicenseStatus.SUPERSEDED for record in records[:3])


@pytest.mark.parametrize("applied", [False, True])
@pytest.mark.parametrize("restart", [False, True])
def test_a_lost_answer_anchors_once(pipeline: Pipeline, applied: bool, restart: bool) -> None:
    pipeline.register()
    pipeline.chain.fail_send = [applied]
    pipeline.submit()
    assert [one.state for one in pipeline.under_way()] == [TransactionState.SIGNED]
    if restart:
        pipeline.start()
    pipeline.settle()
    assert pipeline.anchored_sizes() == [1]
    assert pipeline.states() == [FINAL]
    assert len(set(pipeline.chain.sent)) == 1


def test_what_was_stored_but_not_sent_is_sent_after_a_restart(pipeline: Pipeline) -> None:
    pipeline.register()
    pipeline.chain.fail_send = [False, False, False]
    for _ in range(3):
        pipeline.submit()
        pipeline.start()
    pipeline.settle()
    assert pipeline.states() == [FINAL]


def test_a_forgotten_transaction_is_sent_again_unchanged(pipeline: Pipeline) -> None:
    pipeline.register()
    pipeline.submit()
    pipeline.chain.drop_pool()
    pipeline.block(6)
    pipeline.settle()
    assert pipeline.anchored_sizes() == [1]
    assert len(set(pipeline.chain.sent)) == 1


def test_a_stuck_transaction_is_bumped_by_a_tenth_where_gas_has_a_price(tmp_path: Path) -> None:
    pipeline = open_pipeline(tmp_path, gas_price=1000)
    pipeline.register()
    pipeline.submit()
    pipeline.region.clock.advance(STUCK.total_seconds())
    pipeline.submit()
    (transaction,) = pipeline.under_way()
    assert [copy.gas_price for copy in transaction.copies] == [1000, 1126]
    pipeline.settle()
    assert pipeline.states() == [FINAL]


def test_the_first_copy_may_be_the_one_that_is_mined(tmp_path: Path) -> None:
    pipeline = open_pipeline(tmp_path, gas_price=1000)
    pipeline.register()
    pipeline.submit()
    pipeline.region.clock.advance(STUCK.total_seconds())
    pipeline.chain.fail_send = [False]
    pipeline.submit()
    pipeline.settle()
    assert (pipeline.anchored_sizes(), pipeline.states()) == ([1], [FINAL])


def test_a_reverted_append_is_made_anew_with_its_changes(pipeline: Pipeline) -> None:
    (record,) = pipeline.register()
    pipeline.settle()
    pipeline.register()
    pipeline.revoke(record)
    pipeline.submit()
    pipeline.chain.refuse_next = "RegionInactive"
    pipeline.block()
    assert len(pipeline.submit().reverted) == 1
    pipeline.settle()
    assert pipeline.states() == [FINAL, "reverted", FINAL]
    assert pipeline.status(record) is LicenseStatus.REVOKED
    assert not pipeline.waits()


def test_nothing_is_stored_when_the_contract_would_refuse(pipeline: Pipeline) -> None:
    pipeline.register()

    def refuse(*_: object) -> None:
        raise RevertedError("RegionInactive", {"region": 110000})

    pipeline.chain.would_refuse = refuse  # type: ignore[method-assign]
    with pytest.raises(RevertedError):
        pipeline.submit()
    assert pipeline.states() == []


def test_a_reorg_sends_the_same_bytes_again_in_nonce_order(tmp_path: Path) -> None:
    pipeline = open_pipeline(tmp_path, depth=3)
    pipeline.register()
    pipeline.submit()
    pipeline.block()
    pipeline.register()
    pipeline.submit()
    pipeline.block()
    pipeline.submit()
    first = [one.copies[0].hash for one in pipeline.under_way()]
    pipeline.chain.reorg(2, keep=False)
    pipeline.follow()
    assert [one.state for one in pipeline.under_way()] == [TransactionState.SENT] * 2
    pipeline.region.clock.advance(60)
    pipeline.submit()
    assert pipeline.chain.sent[-2:] == first
    pipeline.settle(8)
    assert pipeline.anchored_sizes() == [1, 2]
    assert pipeline.states() == [FINAL, FINAL]


def test_a_development_chain_that_lost_final_blocks_is_anchored_again(pipeline: Pipeline) -> None:
    (record,) = pipeline.register()
    pipeline.settle()
    pipeline.revoke(record)
    pipeline.register()
    pipeline.settle()
    sizes = pipeline.anchored_sizes()
    pipeline.chain.lose(12)
    assert pipeline.anchored_sizes() == []
    pipeline.follow()
    pipeline.settle(10)
    assert pipeline.anchored_sizes() == sizes
    assert pipeline.status(record) is LicenseStatus.REVOKED
    assert set(pipeline.states()) == {FINAL}


def test_a_submitter_ahead_of_the_mirror_waits_when_the_chain_lost_blocks(
    pipeline: Pipeline,
) -> None:
    pipeline.register()
    pipeline.settle()
    pipeline.register()
    pipeline.chain.lose(9)
    assert pipeline.submit().sent == ()
    pipeline.follow()
    pipeline.settle(10)
    assert pipeline.anchored_sizes() == [1, 2]


def test_a_nonce_used_elsewhere_frees_the_head(pipeline: Pipeline) -> None:
    pipeline.register()
    pipeline.chain.fail_send = [False]
    pipeline.submit()
    pipeline.anchor.send(pipeline.anchor.sign_nothing(nonce=0))
    pipeline.block()
    pipeline.submit()
    assert [one.state for one in pipeline.under_way()] == [TransactionState.SIGNED]
    pipeline.region.clock.advance(STUCK.total_seconds())
    pipeline.submit()
    pipeline.settle()
    assert pipeline.states() == ["reverted", FINAL]
    assert pipeline.failures() == [NONCE_TAKEN, None]
    assert pipeline.anchored_sizes() == [1]


def test_a_nonce_that_no_stored_transaction_has_is_filled(pipeline: Pipeline) -> None:
    pipeline.register()
    pipeline.chain.fail_send = [False]
    pipeline.submit()
    pipeline.anchor.send(pipeline.anchor.sign_nothing(nonce=0))
    pipeline.block()
    pipeline.region.clock.advance(STUCK.total_seconds())
    pipeline.settle()
    assert pipeline.states() == ["reverted", FINAL]
    pipeline.chain.lose(len(pipeline.chain.blocks_made) - 3)
    pipeline.follow()
    assert [one.nonce for one in pipeline.under_way()] == [1]
    pipeline.settle()
    assert pipeline.anchored_sizes() == [1]
    assert not pipeline.waits()


def test_a_reverted_transaction_of_lost_blocks_has_its_nonce_again(pipeline: Pipeline) -> None:
    pipeline.register()
    pipeline.submit()
    pipeline.chain.refuse_next = "RegionInactive"
    pipeline.block()
    pipeline.settle()
    assert pipeline.states() == ["reverted", FINAL]
    pipeline.chain.lose(len(pipeline.chain.blocks_made) - 3)
    pipeline.follow()
    pipeline.settle(12)
    assert pipeline.anchored_sizes() == [1]
    assert not pipeline.waits()


def test_a_head_that_is_not_this_log_stops_everything(pipeline: Pipeline) -> None:
    pipeline.register(3)
    pipeline.settle()
    pipeline.register()
    log = LogName(pipeline.region.code, LogKind.LICENSES)
    with pipeline.region.database.write() as session:
        tile = bytearray(session.log.tile(log, 0, 0))
        tile[5] ^= 1
        session.log.put_tiles(log, {(0, 0): bytes(tile)})
    sent = len(pipeline.chain.sent)
    with pytest.raises(IntegrityError) as caught:
        pipeline.submit()
    assert caught.value.check == 4
    assert len(pipeline.chain.sent) == sent


def test_a_lost_lease_stores_nothing(pipeline: Pipeline) -> None:
    pipeline.register()
    lease = pipeline.region.sequencer.take_lease()
    assert lease is not None
    with pipeline.region.database.write() as session:
        session.accounts.release_lease(lease)
        session.accounts.take_lease(lease.name, "another", now=pipeline.region.clock(), seconds=60)
    with pytest.raises(ConflictError):
        pipeline.submitter.round(lease)
    assert pipeline.states() == []


def test_a_send_that_fails_is_not_an_error_of_the_round(pipeline: Pipeline) -> None:
    pipeline.register()
    pipeline.chain.fail_send = [True]
    assert len(pipeline.submit().sent) == 1
    with pytest.raises(OutcomeUnknownError):
        pipeline.chain.fail_send = [True]
        pipeline.anchor.send(pipeline.under_way()[0].copies[0])
