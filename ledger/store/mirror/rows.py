"""Which rows an announcement of the chain becomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Table

from ledger.chain_events import (
    Anchored,
    AuthoritySet,
    ChainEvent,
    EndpointSet,
    GovernanceNoted,
    GrantSet,
    LogReopened,
    RegionKeySet,
    StatusWordSet,
    TypeSet,
)
from ledger.store.tables.mirror_chain import ANCHOR, REOPENING
from ledger.store.tables.mirror_membership import (
    AUTHORITY,
    ENDPOINT,
    GOVERNANCE,
    GRANT,
    REGION_KEY,
    TYPE,
)
from ledger.store.tables.mirror_status import STATUS_WORD
from ledger.types import BlockRef

TABLES: Final[Mapping[type[ChainEvent], Table]] = {
    Anchored: ANCHOR,
    LogReopened: REOPENING,
    StatusWordSet: STATUS_WORD,
    AuthoritySet: AUTHORITY,
    RegionKeySet: REGION_KEY,
    EndpointSet: ENDPOINT,
    TypeSet: TYPE,
    GrantSet: GRANT,
    GovernanceNoted: GOVERNANCE,
}
"""Where each kind of event is kept; a rewind clears them all."""


def to_row(event: ChainEvent, block: BlockRef, ordinal: int) -> dict[str, Any]:
    """The row for `event`, announced as number `ordinal` in `block`.

    Columns are named like the event's attributes; an enum is stored as its number.
    """
    row = {name: getattr(event, name) for name in event.__slots__}
    row |= {"block_number": block.number, "ordinal": ordinal}
    adapt = _ADAPTED.get(type(event))
    return adapt(row, block) if adapt else row


def _anchored(row: dict[str, Any], block: BlockRef) -> dict[str, Any]:
    return {**row, "kind": int(row["kind"]), "block_time": block.time}


def _reopened(row: dict[str, Any], _block: BlockRef) -> dict[str, Any]:
    return {**row, "kind": int(row["kind"])}


def _status_word(row: dict[str, Any], _block: BlockRef) -> dict[str, Any]:
    statuses = row.pop("values")
    return {**row, "statuses": statuses}


_ADAPTED: Final[Mapping[type[ChainEvent], Callable[[dict[str, Any], BlockRef], dict[str, Any]]]] = {
    Anchored: _anchored,
    LogReopened: _reopened,
    StatusWordSet: _status_word,
}
