"""Finding licenses by what identifies them. Each look-up is one search in one index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

from sqlalchemy import bindparam, select

from ledger.ports.licenses import LicenseRecord
from ledger.store.licenses.records import COLUMNS, to_record
from ledger.store.prepared import AnySelect
from ledger.store.repository import Repository
from ledger.store.tables.licenses import HOLDER, LICENSE
from ledger.types import Digest, Position

_BY_ID: Final = select(*COLUMNS).where(LICENSE.c.id == bindparam("key"))
_BY_IDENTIFIER: Final = select(*COLUMNS).where(LICENSE.c.identifier_digest == bindparam("key"))
_BY_CHECK_CODE: Final = select(*COLUMNS).where(LICENSE.c.check_code_digest == bindparam("key"))
_BY_LEAF: Final = select(*COLUMNS).where(LICENSE.c.leaf_hash == bindparam("key"))
_BY_FILE: Final = (
    select(*COLUMNS)
    .where(LICENSE.c.file_sha256 == bindparam("key"))
    .order_by(LICENSE.c.id.desc())
    .limit(1)
)
_BY_NUMBER: Final = (
    select(*COLUMNS)
    .where(LICENSE.c.number_digest == bindparam("key"))
    .order_by(LICENSE.c.id.desc())
)
_SUCCESSOR: Final = (
    select(*COLUMNS)
    .where(LICENSE.c.supersedes_id == bindparam("key"))
    .order_by(LICENSE.c.id.desc())
    .limit(1)
)
_AT: Final = select(*COLUMNS).where(
    LICENSE.c.leaf_index == bindparam("leaf_index"), LICENSE.c.epoch == bindparam("epoch")
)
_BY_HOLDER: Final = (
    select(*COLUMNS)
    .join_from(HOLDER, LICENSE, HOLDER.c.license_id == LICENSE.c.id)
    .where(HOLDER.c.holder_digest == bindparam("key"))
    .order_by(HOLDER.c.license_id.desc())
    .limit(bindparam("count"))
)
_BY_HOLDER_AND_TYPE: Final = _BY_HOLDER.where(
    HOLDER.c.type_code.in_(bindparam("type_codes", expanding=True))
)
_IDENTIFIERS: Final = select(*COLUMNS).where(
    LICENSE.c.identifier_digest.in_(bindparam("keys", expanding=True))
)
_CHECK_CODES: Final = select(LICENSE.c.check_code_digest).where(
    LICENSE.c.check_code_digest.in_(bindparam("keys", expanding=True))
)
_CHUNK: Final = 5_000
"""Values in one IN list; both databases take several times as many."""


class LicenseLookups(Repository):
    """Look-ups by id, digest, position and holder."""

    __slots__ = ()

    def get(self, license_id: str) -> LicenseRecord | None:
        return self._one(_BY_ID, key=license_id)

    def by_identifier(self, identifier_digest: bytes) -> LicenseRecord | None:
        return self._one(_BY_IDENTIFIER, key=identifier_digest)

    def by_check_code(self, check_code_digest: bytes) -> LicenseRecord | None:
        return self._one(_BY_CHECK_CODE, key=check_code_digest)

    def by_file(self, sha256: bytes) -> LicenseRecord | None:
        return self._one(_BY_FILE, key=sha256)

    def by_leaf(self, leaf_hash: Digest) -> LicenseRecord | None:
        return self._one(_BY_LEAF, key=leaf_hash)

    def at(self, position: Position) -> LicenseRecord | None:
        return self._one(_AT, leaf_index=position.index, epoch=position.epoch)

    def successor(self, license_id: str) -> LicenseRecord | None:
        return self._one(_SUCCESSOR, key=license_id)

    def by_number(self, number_digest: bytes) -> tuple[LicenseRecord, ...]:
        return self._all(_BY_NUMBER, key=number_digest)

    def by_holder(
        self, holder_digest: bytes, type_codes: Sequence[str] = (), limit: int = 200
    ) -> tuple[LicenseRecord, ...]:
        if not type_codes:
            return self._all(_BY_HOLDER, key=holder_digest, count=limit)
        return self._all(
            _BY_HOLDER_AND_TYPE, key=holder_digest, count=limit, type_codes=list(type_codes)
        )

    def existing_identifiers(
        self, identifier_digests: Sequence[bytes]
    ) -> dict[bytes, LicenseRecord]:
        found: dict[bytes, LicenseRecord] = {}
        for keys in _chunks(identifier_digests):
            for record in self._all(_IDENTIFIERS, keys=keys):
                found[record.identifier_digest] = record
        return found

    def existing_check_codes(self, check_code_digests: Sequence[bytes]) -> set[bytes]:
        found: set[bytes] = set()
        for keys in _chunks(check_code_digests):
            found.update(self._connection.execute(_CHECK_CODES, {"keys": keys}).scalars())
        return found

    def _one(self, statement: AnySelect, **values: object) -> LicenseRecord | None:
        row = self._first(statement, **values)
        return None if row is None else to_record(row)

    def _all(self, statement: AnySelect, **values: object) -> tuple[LicenseRecord, ...]:
        return tuple(map(to_record, self._connection.execute(statement, values)))


def _chunks(values: Sequence[bytes]) -> Iterator[list[bytes]]:
    rest = iter(values)
    while chunk := list(islice(rest, _CHUNK)):
        yield chunk
