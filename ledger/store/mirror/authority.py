"""Who may anchor and issue what: facts effective in a block (check 5).

A fact is effective in every block from its `since_block` on, until the next one of its kind.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table, bindparam, select

from ledger.store.prepared import AnySelect
from ledger.store.repository import Repository
from ledger.store.tables.mirror_membership import AUTHORITY, GRANT, TYPE
from ledger.types import Digest, Region


def _newest(table: Table, column: str, *keys: str) -> AnySelect:
    """The value of `column` in the newest row effective in `at_block`, by `keys`."""
    return (
        select(table.c[column])
        .where(
            *(table.c[key] == bindparam(f"of_{key}") for key in keys),
            table.c.since_block <= bindparam("at_block"),
        )
        .order_by(table.c.since_block.desc(), table.c.block_number.desc(), table.c.ordinal.desc())
        .limit(1)
    )


_ACTIVE: Final = _newest(AUTHORITY, "active", "region")
_LEVEL: Final = _newest(TYPE, "level", "type_hash")
_GRANTED: Final = select(
    _newest(GRANT, "granted", "region", "type_hash").scalar_subquery(),
    _newest(TYPE, "active", "type_hash").scalar_subquery(),
)
_GRANTS: Final = (
    select(GRANT.c.type_hash, GRANT.c.granted)
    .where(GRANT.c.region == bindparam("of_region"), GRANT.c.since_block <= bindparam("at_block"))
    .order_by(GRANT.c.since_block, GRANT.c.block_number, GRANT.c.ordinal)
)
_TYPES: Final = (
    select(TYPE.c.type_hash, TYPE.c.active)
    .where(TYPE.c.since_block <= bindparam("at_block"))
    .order_by(TYPE.c.since_block, TYPE.c.block_number, TYPE.c.ordinal)
)
_BY_ANCHOR_KEY: Final = (
    select(AUTHORITY.c.region)
    .where(
        AUTHORITY.c.anchor_key == bindparam("address"),
        AUTHORITY.c.block_number <= bindparam("as_of"),
    )
    .order_by(AUTHORITY.c.block_number.desc(), AUTHORITY.c.ordinal.desc())
    .limit(1)
)
_ANCHOR_KEY: Final = (
    select(AUTHORITY.c.anchor_key)
    .where(
        AUTHORITY.c.region == bindparam("of_region"),
        AUTHORITY.c.block_number <= bindparam("as_of"),
    )
    .order_by(AUTHORITY.c.block_number.desc(), AUTHORITY.c.ordinal.desc())
    .limit(1)
)


class AuthorityReader(Repository):
    """What nobody announced does not hold: no row means no."""

    __slots__ = ()

    def region_active(self, region: Region, *, at_block: int) -> bool:
        row = self._first(_ACTIVE, of_region=region, at_block=at_block)
        return row is not None and bool(row[0])

    def type_granted(self, region: Region, type_hash: Digest, *, at_block: int) -> bool:
        row = self._first(_GRANTED, of_region=region, of_type_hash=type_hash, at_block=at_block)
        return row is not None and bool(row[0]) and bool(row[1])

    def type_level(self, type_hash: Digest, *, at_block: int) -> int | None:
        values = {"of_type_hash": type_hash, "at_block": at_block}
        return self._connection.execute(_LEVEL, values).scalar()

    def granted_types(self, region: Region, *, at_block: int) -> frozenset[Digest]:
        # In order of effect the last row of a type is the one that holds.
        execute = self._connection.execute
        grants = dict(execute(_GRANTS, {"of_region": region, "at_block": at_block}).all())
        types = dict(execute(_TYPES, {"at_block": at_block}).all())
        return frozenset(
            Digest(type_hash)
            for type_hash, granted in grants.items()
            if granted and types.get(type_hash)
        )

    def region_by_anchor_key(self, address: str, *, as_of: int) -> Region | None:
        """The region whose present anchor key is `address`; one that it gave up finds none."""
        values = {"address": address, "as_of": as_of}
        region = self._connection.execute(_BY_ANCHOR_KEY, values).scalar()
        if region is None:
            return None
        key = self._connection.execute(_ANCHOR_KEY, {"of_region": region, "as_of": as_of})
        return Region(region) if key.scalar() == address else None
