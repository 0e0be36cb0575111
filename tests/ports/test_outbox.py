"""The outbox: heads that wait, transactions under way, copies that are never forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.errors import ConflictError, NotFoundError
from ledger.ports.database import Database
from ledger.ports.outbox import TransactionState
from ledger.types import LogKind
from tests.ports.samples import NOW, head, signed_copy, transaction

LICENSES, ACCESS = LogKind.LICENSES, LogKind.ACCESS
SIGNED, SENT, MINED = TransactionState.SIGNED, TransactionState.SENT, TransactionState.MINED
FINAL, REVERTED = TransactionState.FINAL, TransactionState.REVERTED


def test_the_newest_announced_head_is_due_per_log(database: Database) -> None:
    with database.write() as session:
        assert session.outbox.due_head(LICENSES) is None
        for size in (3, 9, 6):
            session.outbox.announce_head(LICENSES, head(size), NOW)
        session.outbox.announce_head(ACCESS, head(4), NOW)
        assert session.outbox.due_head(LICENSES) == head(9)
        assert session.outbox.due_head(ACCESS) == head(4)
        session.outbox.announce_head(LICENSES, head(2, epoch=1), NOW)
        assert session.outbox.due_head(LICENSES) == head(2, epoch=1)


@pytest.mark.parametrize("state", TransactionState)
def test_a_head_is_due_until_a_transaction_that_did_not_fail_carries_it(
    database: Database, state: TransactionState
) -> None:
    with database.write() as session:
        session.outbox.announce_head(LICENSES, head(9), NOW)
        session.outbox.create(transaction(0, 9, state=state))
        assert session.outbox.due_head(LICENSES) == (head(9) if state is REVERTED else None)
        session.outbox.announce_head(LICENSES, head(10), NOW)
        assert session.outbox.due_head(LICENSES) == head(10)


def test_a_transaction_of_the_other_log_carries_nothing(database: Database) -> None:
    with database.write() as session:
        session.outbox.announce_head(ACCESS, head(9), NOW)
        session.outbox.create(transaction(0, 9))
        assert session.outbox.due_head(ACCESS) == head(9)


def test_transactions_come_back_whole_and_in_nonce_order(database: Database) -> None:
    made = [
        transaction(7, 30, state=MINED, block_number=5, block_hash=b"h" * 32),
        transaction(5, 10),
        transaction(6, 20, state=SENT, status_words=()),
        transaction(3, 1, state=FINAL),
        transaction(4, 2, state=REVERTED, failure="NotAnchorKey"),
    ]
    with database.write() as session:
        assert session.outbox.highest_nonce() is None
        for each in made:
            session.outbox.create(each)
        assert session.outbox.unfinished() == (made[1], made[2], made[0])
        assert session.outbox.highest_nonce() == 7


def test_every_copy_is_kept_in_the_order_it_was_made(database: Database) -> None:
    copies = tuple(signed_copy(1, attempt) for attempt in range(3))
    with database.write() as session:
        session.outbox.create(transaction(1, 9, copies=copies[:1]))
        session.outbox.add_copy("transaction-1", copies[1])
        session.outbox.add_copy("transaction-1", replace(copies[2], gas_price=2**100))
        session.outbox.note_sent("transaction-1", copies[1].hash, NOW)
        found = session.outbox.unfinished()[0].copies
    assert found == (
        copies[0],
        replace(copies[1], sent_at=NOW),
        replace(copies[2], gas_price=2**100),
    )


def test_what_exists_or_is_unknown_is_refused(database: Database) -> None:
    with database.write() as session:
        session.outbox.create(transaction(1, 9))
    with pytest.raises(ConflictError), database.write() as session:
        session.outbox.create(transaction(1, 9))
    with pytest.raises(ConflictError), database.write() as session:
        session.outbox.add_copy("transaction-1", signed_copy(1))
    with pytest.raises(ConflictError), database.write() as session:
        session.outbox.add_copy("nothing", signed_copy(2))
    with pytest.raises(NotFoundError), database.write() as session:
        session.outbox.note_sent("transaction-1", b"other", NOW)


def test_states_swap_only_from_the_state_that_is_stored(database: Database) -> None:
    with database.write() as session:
        session.outbox.create(transaction(1, 9))
        session.outbox.replace_state("transaction-1", SIGNED, SENT)
    with pytest.raises(ConflictError), database.write() as session:
        session.outbox.replace_state("transaction-1", SIGNED, SENT)
    with pytest.raises(ConflictError), database.write() as session:
        session.outbox.replace_state("nothing", SIGNED, SENT)


def test_a_transaction_is_in_a_block_until_a_reorg_takes_it_out(database: Database) -> None:
    sent = transaction(1, 9, state=SENT)
    with database.write() as session:
        session.outbox.create(sent)
        swap = session.outbox.replace_state
        swap(sent.id, SENT, MINED, block_number=4, block_hash=b"b" * 32)
        assert session.outbox.unfinished() == (
            replace(sent, state=MINED, block_number=4, block_hash=b"b" * 32),
        )
        swap(sent.id, MINED, SENT)
        assert session.outbox.unfinished() == (sent,)
        swap(sent.id, SENT, MINED, block_number=5, block_hash=b"c" * 32)
        swap(sent.id, MINED, FINAL)
        assert session.outbox.unfinished() == ()
        swap(sent.id, FINAL, MINED)
        assert session.outbox.unfinished()[0].block_number == 5
        swap(sent.id, MINED, REVERTED, failure="StaleHead")
        swap(sent.id, REVERTED, MINED)
        assert session.outbox.unfinished()[0].failure == "StaleHead"


def test_settled_heads_no_longer_wait(database: Database) -> None:
    with database.write() as session:
        for size in (3, 6, 9):
            session.outbox.announce_head(LICENSES, head(size), NOW)
        session.outbox.announce_head(LICENSES, head(1, epoch=1), NOW)
        session.outbox.announce_head(ACCESS, head(3), NOW)
        assert session.outbox.depth() == 5
        session.outbox.settle_heads(LICENSES, 0, 6)
        assert session.outbox.depth() == 3
        session.outbox.settle_heads(LICENSES, 1, 0)
        assert session.outbox.depth() == 2
        session.outbox.drop_unanchored(LICENSES)
        assert session.outbox.due_head(LICENSES) is None
        assert session.outbox.due_head(ACCESS) == head(3)


def test_depth_counts_what_waits_once(database: Database) -> None:
    with database.write() as session:
        session.outbox.announce_head(LICENSES, head(9), NOW)
        assert session.outbox.depth() == 1
        session.outbox.create(transaction(1, 9))
        assert session.outbox.depth() == 1
        session.outbox.replace_state("transaction-1", SIGNED, FINAL)
        assert session.outbox.depth() == 0


def test_dropped_transactions_free_their_copies(database: Database) -> None:
    with database.write() as session:
        session.outbox.create(transaction(1, 9))
        session.outbox.create(transaction(2, 12))
        session.outbox.drop_transactions(["transaction-1", "nothing"])
        session.outbox.drop_transactions([])
        assert session.outbox.unfinished() == (transaction(2, 12),)
        session.outbox.create(transaction(1, 9))
        assert session.outbox.unfinished() == (transaction(1, 9), transaction(2, 12))


def test_transactions_mined_above_a_block_are_found_finished_or_not(database: Database) -> None:
    mined = [
        transaction(3, 30, state=MINED, block_number=7, block_hash=b"h" * 32),
        transaction(1, 10, state=FINAL, block_number=5, block_hash=b"h" * 32),
        transaction(2, 20, state=REVERTED, block_number=6, block_hash=b"h" * 32),
    ]
    with database.write() as session:
        for each in (*mined, transaction(4, 40)):
            session.outbox.create(each)
        assert session.outbox.mined_above(4) == (mined[1], mined[2], mined[0])
        assert session.outbox.mined_above(5) == (mined[2], mined[0])
        assert session.outbox.mined_above(7) == ()
