"""Licenses of the domain as answers of the API."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, cast

from api.context import ApiSettings
from api.licenses.schemas_out import (
    ChangeOut,
    FileOut,
    HolderOut,
    LicenseOut,
    LinksOut,
    PositionOut,
    StatusName,
)
from api.problems import FaultOut
from api.verification.schemas_out import VerdictOut
from ledger.bundle import Bundle
from ledger.errors import Fault
from ledger.license import CHECK_CODE, FILE, HOLDERS, IDENTIFIER, RESERVED_NAMES
from ledger.ports.licenses import LicenseRecord, StatusChange
from ledger.services.lookup import FoundLicense
from ledger.types import LicenseStatus


def license_out(found: FoundLicense, settings: ApiSettings, *, whole: bool) -> LicenseOut:
    """One license; `whole` with its check code, for whoever asked for this one."""
    record, bundle = found.record, found.bundle
    said = {} if bundle is None else bundle.disclosed()
    code = said.get(CHECK_CODE) if whole else None
    return LicenseOut(
        id=record.id,
        type=record.type_code,
        office=record.office,
        registered_at=record.registered_at,
        state=found.state,
        status=status_name(found.status),
        change=change_out(found.change),
        valid_from=record.valid_from,
        valid_until=record.valid_until,
        supersedes=record.supersedes_id,
        position=None
        if record.position is None
        else PositionOut(epoch=record.position.epoch, index=record.position.index),
        identifier=_text(said.get(IDENTIFIER)),
        holders=None if bundle is None else _holders(said),
        fields=None if bundle is None else _fields(bundle),
        file=_file(said, record),
        check_code=_text(code),
        verify_url=verify_url(settings, code) if isinstance(code, str) else None,
        verdict=VerdictOut.model_validate(found.verdict.to_json()),
        links=links_of(record),
    )


def links_of(record: LicenseRecord) -> LinksOut:
    """Paths to the license's parts."""
    path = f"/v1/licenses/{record.id}"
    return LinksOut(
        self=path,
        file=f"{path}/file" if record.file_kept else None,
        bundle=f"{path}/bundle",
    )


def verify_url(settings: ApiSettings, check_code: str) -> str:
    """The address for the QR."""
    return f"{settings.public_url}/v/{check_code}"


def status_name(status: LicenseStatus) -> StatusName:
    """The status as answers name it."""
    return cast(StatusName, status.name.lower())


def change_out(change: StatusChange | None) -> ChangeOut | None:
    """A change on its way to the chain."""
    if change is None:
        return None
    return ChangeOut(to=status_name(change.new), requested_at=change.requested_at)


def fault_out(fault: Fault) -> FaultOut:
    """A fault as an answer."""
    return FaultOut(**asdict(fault))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _holders(said: dict[str, Any]) -> list[HolderOut]:
    return [HolderOut(**holder) for holder in said.get(HOLDERS, ())]


def _fields(bundle: Bundle) -> dict[str, Any]:
    return {one.name: one.value for one in bundle.disclosures if one.name not in RESERVED_NAMES}


def _file(said: dict[str, Any], record: LicenseRecord) -> FileOut | None:
    facts = said.get(FILE)
    return None if facts is None else FileOut(**facts, is_kept=record.file_kept)
