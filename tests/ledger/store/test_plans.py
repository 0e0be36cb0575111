"""Query plans: no look-up walks through a large table, and none sorts one."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Select
from sqlalchemy.dialects import sqlite

from ledger.store import accounts, log
from ledger.store.licenses import answers, lookups, progress, status_changes
from ledger.store.mirror import authority, blocks, heads, statuses
from ledger.store.outbox import reader as outbox

MODULES = (
    accounts,
    answers,
    authority,
    blocks,
    heads,
    log,
    lookups,
    outbox,
    progress,
    status_changes,
    statuses,
)
LISTS = {
    "accounts._OFFICES": "a list of everything",
    "accounts._TOKENS": "a list of everything",
    "authority._TYPES": "a few rows per type",
    "blocks._FOLLOWING": "one row",
    "blocks._POSITION": "one row, with two blocks by their keys",
    "outbox._WAITING_HEADS": "heads since the last final one",
    "progress._COUNT": "counts everything, for metrics",
    "status_changes._ALL": "never run itself",
}
"""Statements that read a whole table, and why they may."""
WALKS_AN_INDEX = {
    "blocks._NEWEST": "stops at the first row",
    "blocks._OLDEST": "stops at the first row",
    "outbox._HIGHEST_NONCE": "stops at the first row",
    "progress._OLDEST_PENDING": "stops at the first row",
    "progress._PENDING": "only pending licenses are in the index",
    "progress._PENDING_COUNT": "only pending licenses are in the index",
    "status_changes._UNFINISHED": "only open changes are in the index",
    "status_changes._WAITING": "only open changes are in the index",
}
"""Statements that read an index in its order, and why that is cheap."""


def statements(module: ModuleType) -> Iterator[tuple[str, Select[*tuple[Any, ...]]]]:
    for name, value in vars(module).items():
        if isinstance(value, Select):
            yield f"{outbox_name(module)}.{name}", value


def outbox_name(module: ModuleType) -> str:
    return "outbox" if module is outbox else module.__name__.rpartition(".")[2]


EVERY = [pair for module in MODULES for pair in statements(module)]


def plan(connection: sqlite3.Connection, statement: Select[*tuple[Any, ...]]) -> list[str]:
    dialect = sqlite.dialect(paramstyle="named")
    expanding = {
        name: ["a", "b"]
        for name, bind in statement.compile(dialect=dialect).binds.items()
        if bind.expanding
    }
    # Every parameter needs some value; which one does not change the plan.
    compiled = statement.compile(dialect=dialect)
    missing = {name: 1 for name, bind in compiled.binds.items() if bind.required}
    state = compiled.construct_expanded_state({**missing, **expanding})
    rows = connection.execute("EXPLAIN QUERY PLAN " + state.statement, state.parameters)
    return [detail for *_, detail in rows]


@pytest.mark.parametrize(("name", "statement"), EVERY, ids=[name for name, _ in EVERY])
def test_it_searches(sqlite_url: str, name: str, statement: Select[*tuple[Any, ...]]) -> None:
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"))) as connection:
        steps = plan(connection, statement)
    scans = [step for step in steps if step.startswith("SCAN") and "CONSTANT ROW" not in step]
    if name in LISTS:
        return
    if name in WALKS_AN_INDEX:
        assert all("USING" in step or "mirror_block" in step for step in scans)
        assert not any("TEMP B-TREE" in step for step in steps)
    else:
        assert scans == []


def test_the_exceptions_are_still_there() -> None:
    assert (LISTS.keys() | WALKS_AN_INDEX.keys()) <= {name for name, _ in EVERY}
