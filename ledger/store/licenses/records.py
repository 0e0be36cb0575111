"""Between a license's row and its record."""

from __future__ import annotations

from typing import Any, Final

from ledger.ports.licenses import LicenseRecord, NewLicense
from ledger.store.repository import PlacedRow
from ledger.store.tables.licenses import LICENSE
from ledger.types import Digest, Index, Position

COLUMNS: Final = (
    LICENSE.c.id,
    LICENSE.c.type_code,
    LICENSE.c.office,
    LICENSE.c.valid_from,
    LICENSE.c.valid_until,
    LICENSE.c.entry,
    LICENSE.c.leaf_hash,
    LICENSE.c.sealed,
    LICENSE.c.promise,
    LICENSE.c.registered_at,
    LICENSE.c.epoch,
    LICENSE.c.leaf_index,
    LICENSE.c.supersedes_id,
    LICENSE.c.file_sha256,
    LICENSE.c.file_size,
    LICENSE.c.media_type,
    LICENSE.c.file_kept,
    LICENSE.c.identifier_digest,
    LICENSE.c.check_code_digest,
    LICENSE.c.content_digest,
)
"""What `to_record` takes, in its order."""


_NO_NUMBER: Final = -1
"""Stands for a number that an outsider overwrote with something else: no log has such a place."""


def to_record(row: PlacedRow) -> LicenseRecord:
    """The record of a row of `COLUMNS`."""
    epoch, leaf_index = row[10], row[11]
    return LicenseRecord(
        id=row[0],
        type_code=row[1],
        office=row[2],
        valid_from=row[3],
        valid_until=row[4],
        entry=_bytes(row[5]),
        leaf_hash=Digest(_bytes(row[6])),
        sealed=_bytes(row[7]),
        promise=_bytes(row[8]),
        registered_at=row[9],
        position=None if leaf_index is None else Position(_int(epoch), Index(_int(leaf_index))),
        supersedes_id=row[12],
        file_sha256=None if row[13] is None else _bytes(row[13]),
        file_size=_int(row[14]),
        media_type=row[15],
        file_kept=row[16],
        identifier_digest=row[17],
        check_code_digest=row[18],
        content_digest=row[19],
    )


def _bytes(value: object) -> bytes:
    """SQLite keeps what an outsider writes in whatever type it comes. Text becomes its bytes, so
    that a changed row is refused by a check of its own and spoils no other."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


def _int(value: object) -> int:
    return value if isinstance(value, int) else _NO_NUMBER


def to_row(new: NewLicense) -> dict[str, Any]:
    """The row that stores `new`, without its holders."""
    record = new.record
    position = record.position
    return {
        "id": record.id,
        "type_code": record.type_code,
        "office": record.office,
        "valid_from": record.valid_from,
        "valid_until": record.valid_until,
        "entry": record.entry,
        "leaf_hash": record.leaf_hash,
        "sealed": record.sealed,
        "promise": record.promise,
        "registered_at": record.registered_at,
        "epoch": None if position is None else position.epoch,
        "leaf_index": None if position is None else position.index,
        "supersedes_id": record.supersedes_id,
        "file_sha256": record.file_sha256,
        "file_size": record.file_size,
        "media_type": record.media_type,
        "file_kept": record.file_kept,
        "identifier_digest": record.identifier_digest,
        "check_code_digest": record.check_code_digest,
        "content_digest": record.content_digest,
        "number_digest": new.number_digest,
    }


def holder_rows(new: NewLicense) -> list[dict[str, Any]]:
    """One row for each different holder of `new`."""
    record = new.record
    return [
        {"holder_digest": digest, "license_id": record.id, "type_code": record.type_code}
        for digest in dict.fromkeys(new.holder_digests)
    ]
