"""Which of two files a chain goes on from after a kill."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import ConfigurationError
from nodes.devnet import chain_state

DUMP = json.dumps({"block": {"number": "0x5"}, "accounts": {"0x11": {"nonce": 1}}}).encode()


@given(st.integers(min_value=0, max_value=len(DUMP) - 1))
def test_every_beginning_of_a_dump_is_seen_as_such(length: int) -> None:
    assert chain_state.is_whole(DUMP)
    assert not chain_state.is_whole(DUMP[:length])


def test_a_damaged_state_is_replaced_by_the_copy(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(DUMP)
    assert chain_state.keep_good_copy(state)
    state.write_bytes(b"")
    assert not chain_state.keep_good_copy(state)
    assert chain_state.restore(state)
    assert state.read_bytes() == DUMP


def test_a_lost_state_is_replaced_by_the_copy(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(DUMP)
    chain_state.keep_good_copy(state)
    state.unlink()
    assert chain_state.restore(state)
    assert state.read_bytes() == DUMP


def test_a_copy_is_made_once_for_each_dump(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(DUMP)
    assert chain_state.keep_good_copy(state)
    assert not chain_state.keep_good_copy(state)
    later = state.stat().st_mtime_ns + 10**12
    os.utime(state, ns=(later, later))
    assert chain_state.keep_good_copy(state)


def test_a_new_chain_has_nothing_to_restore(tmp_path: Path) -> None:
    assert not chain_state.restore(tmp_path / "state.json")


def test_two_damaged_files_are_for_a_person_to_decide(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_bytes(DUMP[:9])
    chain_state.good_copy_of(state).write_bytes(DUMP[:20])
    with pytest.raises(ConfigurationError, match=r"damaged.*Move"):
        chain_state.restore(state)
    assert state.read_bytes() == DUMP[:9]
