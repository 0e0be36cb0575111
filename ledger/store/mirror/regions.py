"""Regions as they stand as of a block: activity, keys, endpoint."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Table, bindparam, select

from ledger.chain_events import RegionKeySet
from ledger.errors import StoreError
from ledger.ports.mirror import RegionFacts
from ledger.store.prepared import AnySelect
from ledger.store.repository import AnyRow, Repository
from ledger.store.tables.mirror_membership import AUTHORITY, ENDPOINT, REGION_KEY
from ledger.types import Region

_SIGNING, _ENCRYPTION = "signing", "encryption"


def _in_order(table: Table) -> AnySelect:
    """Rows announced up to `as_of`, in order: the last one of a region is the one that holds."""
    return (
        select(table)
        .where(table.c.block_number <= bindparam("as_of"))
        .order_by(table.c.block_number, table.c.ordinal)
    )


def _of_region(table: Table) -> AnySelect:
    return _in_order(table).where(table.c.region == bindparam("of_region"))


_ALL: Final = tuple(_in_order(table) for table in (AUTHORITY, ENDPOINT, REGION_KEY))
_ONE: Final = tuple(_of_region(table) for table in (AUTHORITY, ENDPOINT, REGION_KEY))
_KEY: Final = (
    select(REGION_KEY)
    .where(
        REGION_KEY.c.region == bindparam("of_region"),
        REGION_KEY.c.use == _SIGNING,
        REGION_KEY.c.number == bindparam("key_number"),
        REGION_KEY.c.block_number <= bindparam("as_of"),
    )
    .order_by(REGION_KEY.c.block_number.desc(), REGION_KEY.c.ordinal.desc())
    .limit(1)
)


class RegionReader(Repository):
    """Regions and their keys."""

    __slots__ = ()

    def regions(self, *, as_of: int) -> tuple[RegionFacts, ...]:
        return self._facts(_ALL, {"as_of": as_of})

    def region(self, code: Region, *, as_of: int) -> RegionFacts | None:
        return next(iter(self._facts(_ONE, {"as_of": as_of, "of_region": code})), None)

    def signing_key(self, region: Region, number: int, *, as_of: int) -> RegionKeySet | None:
        values = {"of_region": region, "key_number": number, "as_of": as_of}
        row = self._connection.execute(_KEY, values).first()
        return None if row is None else _to_key(row)

    def _facts(
        self, statements: tuple[AnySelect, ...], values: dict[str, Any]
    ) -> tuple[RegionFacts, ...]:
        authorities, endpoints, keys = (
            self._connection.execute(statement, values).all() for statement in statements
        )
        authority = {row.region: row for row in authorities}
        endpoint = {row.region: row for row in endpoints}
        key = {(row.region, row.use): row for row in keys}
        return tuple(
            _to_facts(
                authority[code],
                endpoint.get(code),
                key.get((code, _SIGNING)),
                key.get((code, _ENCRYPTION)),
            )
            for code in sorted(authority)
        )


def _to_facts(
    authority: AnyRow,
    endpoint: AnyRow | None,
    signing: AnyRow | None,
    encryption: AnyRow | None,
) -> RegionFacts:
    if endpoint is None or signing is None or encryption is None:
        # The contract admits a region together with its keys and endpoint: rows are missing here.
        raise StoreError(
            f"the mirror of region {authority.region} lacks its endpoint or a key; mirror again"
        )
    return RegionFacts(
        code=Region(authority.region),
        active=authority.active,
        anchor_key=authority.anchor_key,
        endpoint=endpoint.url,
        signing_key=_to_key(signing),
        encryption_key=_to_key(encryption),
    )


def _to_key(row: AnyRow) -> RegionKeySet:
    return RegionKeySet(
        region=Region(row.region),
        use=row.use,
        number=row.number,
        algorithm=row.algorithm,
        public=row.public,
        since_block=row.since_block,
    )
