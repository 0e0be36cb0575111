"""Records with made-up but well-formed values, each different by its number."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from ledger.hashing import sha256
from ledger.ports.licenses import LicenseRecord, NewLicense, StatusChange
from ledger.ports.outbox import (
    OutboxTransaction,
    SignedCopy,
    StatusWordUpdate,
    TransactionState,
)
from ledger.types import BlockRef, Digest, Head, Index, LicenseStatus, LogKind, Position

NOW = datetime(2026, 11, 24, 8, 30, 0, 123456, tzinfo=UTC)
OFFICE = "11110000000021135M"
TYPES = ("11100000000013338W001", "11100000000013338W002", "11100000000013338W003")


def digest(*parts: object) -> Digest:
    """A digest that differs for different parts."""
    return sha256(repr(parts).encode())


def license_id(number: int) -> str:
    """A UUIDv7 whose order is the order of the numbers."""
    return str(uuid.UUID(int=(0x0193_0000_0000 + number) << 80 | 0x7 << 76 | 0x8 << 60 | number))


def record(number: int, **changes: Any) -> LicenseRecord:
    made = LicenseRecord(
        id=license_id(number),
        type_code=TYPES[number % len(TYPES)],
        office=OFFICE,
        valid_from=date(2026, 1, 1),
        valid_until=date(2030, 12, 31),
        entry=b'{"v":1,"n":%d}' % number,
        leaf_hash=digest("leaf", number),
        sealed=b"sealed %d" % number,
        promise=b"{}",
        registered_at=NOW + timedelta(seconds=number),
        position=None,
        supersedes_id=None,
        file_sha256=digest("file", number),
        file_size=1000 + number,
        media_type="application/pdf",
        file_kept=True,
        identifier_digest=digest("identifier", number),
        check_code_digest=digest("check code", number),
        content_digest=digest("content", number),
    )
    return replace(made, **changes)


def new_license(
    number: int, *holders: str, number_digest: bytes | None = None, **changes: Any
) -> NewLicense:
    return NewLicense(
        record=record(number, **changes),
        holder_digests=tuple(digest("holder", holder) for holder in holders),
        number_digest=number_digest,
    )


def status_change(number: int, license_number: int, **changes: Any) -> StatusChange:
    made = StatusChange(
        id=f"change-{number}",
        license_id=license_id(license_number),
        position=Position(0, Index(license_number)),
        old=LicenseStatus.IN_FORCE,
        new=LicenseStatus.REVOKED,
        reason_code=3,
        sealed_reason=b"sealed reason",
        office=OFFICE,
        requested_at=NOW + timedelta(seconds=number),
        transaction_id=None,
        done=False,
    )
    return replace(made, **changes)


def head(tree_size: int, epoch: int = 0) -> Head:
    return Head(epoch=epoch, tree_size=tree_size, root_hash=digest("root", epoch, tree_size))


def signed_copy(nonce: int, attempt: int = 0) -> SignedCopy:
    return SignedCopy(
        hash=digest("transaction", nonce, attempt),
        raw=b"raw %d %d" % (nonce, attempt),
        gas_price=10**9 + attempt,
        sent_at=None,
    )


def transaction(nonce: int, tree_size: int, **changes: Any) -> OutboxTransaction:
    made = OutboxTransaction(
        id=f"transaction-{nonce}",
        kind=LogKind.LICENSES,
        nonce=nonce,
        old_size=0,
        new_head=head(tree_size),
        status_words=(
            StatusWordUpdate(epoch=0, word_index=2, mask=3 << 254, values=2 << 254, reason=1),
            StatusWordUpdate(epoch=0, word_index=1, mask=3, values=1, reason=1),
        ),
        state=TransactionState.SIGNED,
        created_at=NOW,
        copies=(signed_copy(nonce),),
    )
    return replace(made, **changes)


def block(number: int, fork: str = "") -> BlockRef:
    return BlockRef(
        number=number,
        hash=digest("block", number, fork),
        parent_hash=digest("block", number - 1, fork),
        time=1_700_000_000 + 2 * number,
    )
