"""Everything that can be written of licenses (`ledger.ports.licenses.LicenseWriter`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, insert, update
from sqlalchemy.exc import IntegrityError

from ledger.errors import ConflictError, StoreError
from ledger.ports.licenses import NewLicense
from ledger.store.failures import cause_of, violated_value
from ledger.store.licenses.answers import AnswerWriter
from ledger.store.licenses.reader import SqlLicenseReader
from ledger.store.licenses.records import holder_rows, to_row
from ledger.store.licenses.status_changes import StatusChangeWriter
from ledger.store.tables.licenses import HOLDER, LICENSE
from ledger.types import Index

_INSERT: Final = insert(LICENSE)
_INSERT_HOLDER: Final = insert(HOLDER)
_ASSIGN: Final = (
    update(LICENSE)
    .where(LICENSE.c.id == bindparam("key"), LICENSE.c.leaf_index.is_(None))
    .values(epoch=bindparam("new_epoch"), leaf_index=bindparam("new_index"))
)
_RESET: Final = (
    update(LICENSE)
    .where(LICENSE.c.leaf_index >= bindparam("first"))
    .values(epoch=None, leaf_index=None)
)


class SqlLicenseWriter(SqlLicenseReader, StatusChangeWriter, AnswerWriter):
    """Writes licenses in bulk: a thousand cost a thousand inserts, not a thousand statements."""

    __slots__ = ()

    def create(self, licenses: Sequence[NewLicense]) -> None:
        if not licenses:
            return
        try:
            self._many(_INSERT, [to_row(new) for new in licenses])
        except IntegrityError as error:
            value = violated_value(error)
            if value is None:
                raise StoreError(f"a license cannot be stored: {cause_of(error)}") from error
            raise ConflictError(
                f"a license with this {value} is registered already; nothing was stored"
            ) from error
        holders = [row for new in licenses for row in holder_rows(new)]
        if holders:
            self._many(_INSERT_HOLDER, holders)

    def assign_positions(self, epoch: int, first_index: Index, ids: Sequence[str]) -> None:
        rows = [
            {"key": license_id, "new_epoch": epoch, "new_index": index}
            for index, license_id in enumerate(ids, first_index)
        ]
        try:
            changed = self._many(_ASSIGN, rows) if rows else 0
        except IntegrityError as error:
            raise StoreError(
                f"a position from {first_index} of epoch {epoch} is taken already"
            ) from error
        if changed != len(rows):
            raise StoreError(
                f"{len(rows) - changed} of {len(rows)} licenses have a position already or are"
                " unknown; the sequencer must start over from what is stored"
            )

    def reset_positions(self, from_index: Index) -> int:
        return self._connection.execute(_RESET, {"first": from_index}).rowcount
