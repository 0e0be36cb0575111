"""The verdict as it is answered everywhere (DESIGN §10); its members come from `ledger.verdict`."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from pydantic import ConfigDict, Field

from api.answers import Answer
from api.values import InstantOut
from ledger.types import Region
from ledger.verdict import CHECK_NAMES, Outcome, Value

VERDICT_EXAMPLE: Final[dict[str, Any]] = {
    "verdict": "unknown",
    "reason": "unknown_hash",
    "at": "2026-11-24T22:55:57Z",
    "license": None,
    "checks": [
        {
            "number": 1,
            "name": "form",
            "outcome": "passed",
            "code": "ok",
            "detail": "held",
            "evidence": {},
        }
    ],
    "chain": None,
}


class CheckOut(Answer):
    """One numbered check."""

    number: int = Field(ge=1, le=len(CHECK_NAMES))
    name: str
    outcome: Outcome
    code: str
    detail: str
    evidence: dict[str, Any]


class VerifiedLicenseOut(Answer):
    """The license, with the values that the caller may see."""

    id: str
    type: str
    region: Region
    epoch: int | None
    index: int | None
    valid_from: date
    valid_until: date | None
    fields: dict[str, Any]


class ChainOut(Answer):
    """The block that the verdict rests on."""

    chain_id: int
    block_number: int
    block_hash: str
    block_time: InstantOut
    finality: str


class VerdictOut(Answer):
    """Real? In force? As of when? `unknown` means just that, never `invalid`."""

    model_config = ConfigDict(json_schema_extra={"examples": [VERDICT_EXAMPLE]})

    verdict: Value
    reason: str
    at: InstantOut
    license: VerifiedLicenseOut | None
    checks: list[CheckOut]
    chain: ChainOut | None
