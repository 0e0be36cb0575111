"""What the API says of licenses."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from api.answers import Answer
from api.problems import FaultOut
from api.values import InstantOut
from api.verification.schemas_out import VERDICT_EXAMPLE, VerdictOut
from ledger.types import LicenseState

StatusName = Literal["in_force", "suspended", "revoked", "superseded"]

_ID: Final = "0192f0c1-2d3e-7a4b-8c5d-6e7f80912a3b"
_LINKS: Final = {
    "self": f"/v1/licenses/{_ID}",
    "file": f"/v1/licenses/{_ID}/file",
    "bundle": f"/v1/licenses/{_ID}/bundle",
}
_PROMISE: Final = {
    "v": 1,
    "leaf_hash": "7bQ3v0XoZ7mJ2o9w5k1cT8r4nS6yU0aGfHjKlPqWeRs",
    "region": "110000",
    "time": "2026-11-24T22:55:57Z",
    "anchor_by": "2026-11-24T23:55:57Z",
    "key": "110000/0",
    "signature": "c2lnbmF0dXJlIG9mIDY0IGJ5dGVz",
}
_REGISTERED_EXAMPLE: Final[dict[str, Any]] = {
    "id": _ID,
    "state": "pending",
    "check_code": "q0f3Zk9vT1y6mX2bLwYc5g",
    "verify_url": "http://127.0.0.1:8001/v/q0f3Zk9vT1y6mX2bLwYc5g",
    "registered_at": "2026-11-24T22:55:57Z",
    "promise": _PROMISE,
    "links": _LINKS,
}
_LICENSE_EXAMPLE: Final[dict[str, Any]] = {
    "id": _ID,
    "type": "11100000000013338W032",
    "office": "11220000013544541J",
    "registered_at": "2026-11-24T22:55:57Z",
    "state": "final",
    "status": "in_force",
    "change": None,
    "valid_from": "2026-11-24",
    "valid_until": None,
    "supersedes": None,
    "position": {"epoch": 0, "index": 17},
    "identifier": "1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F",
    "holders": [],
    "fields": {"certificate_number": "JY11100000000001"},
    "file": None,
    "check_code": None,
    "verify_url": None,
    "verdict": VERDICT_EXAMPLE,
    "links": _LINKS,
}


class LinksOut(Answer):
    """Where the license's parts are, as paths of this API."""

    self: str
    file: str | None
    bundle: str


class RegisteredOut(Answer):
    """A registered license: durable, and promised to be on the chain by `promise.anchor_by`."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REGISTERED_EXAMPLE]})

    id: str
    state: LicenseState
    check_code: Annotated[str, Field(description="A capability: belongs in the QR, not in logs.")]
    verify_url: str
    registered_at: InstantOut
    promise: Annotated[dict[str, Any], Field(description="The registration promise, signed.")]
    links: LinksOut


class RowOut(Answer):
    """What became of one row of a batch."""

    row: Annotated[int, Field(description="Counted from 0, in the order of the request.")]
    status: Literal["registered", "repeated", "refused"]
    license: RegisteredOut | None
    errors: list[FaultOut]


class BatchOut(Answer):
    """One result for each row, in the rows' order; a refused row stored nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "registered": 1,
                    "repeated": 0,
                    "refused": 0,
                    "results": [
                        {
                            "row": 0,
                            "status": "registered",
                            "license": _REGISTERED_EXAMPLE,
                            "errors": [],
                        }
                    ],
                }
            ]
        }
    )

    registered: int
    repeated: int
    refused: int
    results: list[RowOut]


class PositionOut(Answer):
    """Where the license stands in its region's log."""

    epoch: int
    index: int


class ChangeOut(Answer):
    """A change of status that the chain has not confirmed yet."""

    to: StatusName
    requested_at: InstantOut


class HolderOut(Answer):
    """One holder."""

    name: str
    code: str
    code_type: str


class FileOut(Answer):
    """The license's file as it was registered."""

    sha256: str
    sm3: str
    size: int
    media_type: str
    is_kept: Annotated[bool, Field(description="False: the office keeps the file itself.")]


class LicenseOut(Answer):
    """One license of the office. What does not verify is withheld; `verdict` says so."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LICENSE_EXAMPLE]})

    id: str
    type: str
    office: str
    registered_at: InstantOut
    state: LicenseState
    status: StatusName
    change: ChangeOut | None
    valid_from: date
    valid_until: date | None
    supersedes: str | None
    position: PositionOut | None
    identifier: str | None
    holders: list[HolderOut] | None
    fields: dict[str, Any] | None
    file: FileOut | None
    check_code: Annotated[str | None, Field(description="Only in the answer for one license.")]
    verify_url: str | None
    verdict: VerdictOut
    links: LinksOut


class LicensesOut(Answer):
    """Some licenses, each verified as it was read."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"licenses": [_LICENSE_EXAMPLE], "next": None}]}
    )

    licenses: list[LicenseOut]
    next: Annotated[str | None, Field(description="Cursor of the next page; null on the last.")]


class FoundLicensesOut(LicensesOut):
    """A holder's licenses."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"licenses": [_LICENSE_EXAMPLE], "next": None, "warnings": []}]
        }
    )

    warnings: Annotated[
        list[str], Field(description="What may be wrong with the code that was searched.")
    ]


class StatusOut(Answer):
    """A license's status on the chain, and the change that is on its way there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": _ID,
                    "status": "in_force",
                    "change": {"to": "suspended", "requested_at": "2026-11-24T22:55:57Z"},
                }
            ]
        }
    )

    id: str
    status: StatusName
    change: ChangeOut | None
