"""The verdict: one of three values, one reason, and every numbered check with its evidence.

`REASONS` is the one table reason → value (DESIGN §6). `unknown` is never shown as `invalid`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Final

from ledger.encoding import format_date, format_instant
from ledger.types import BlockRef, Position, Region


class Value(StrEnum):
    """What a verdict says."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How one check ended."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"


REASONS: Final[Mapping[str, Value]] = {
    **dict.fromkeys(("ok", "genuine_copy"), Value.VALID),
    **dict.fromkeys(
        (
            "malformed",
            "content_mismatch",
            "wrong_license",
            "not_in_log",
            "root_not_on_chain",
            "chain_proof_invalid",
            "wrong_chain",
            "not_authorised",
            "disowned",
            "revoked",
            "suspended",
            "superseded",
            "expired",
            "not_yet_valid",
        ),
        Value.INVALID,
    ),
    **dict.fromkeys(
        (
            "unknown_hash",
            "not_anchored",
            "chain_unreachable",
            "region_unreachable",
            "stale",
            "erased",
        ),
        Value.UNKNOWN,
    ),
}

CHECK_NAMES: Final = (
    "form",
    "content",
    "inclusion",
    "anchored",
    "authority",
    "status",
    "dates",
    "freshness",
)
"""Names of checks 1-8, in order."""

CHECK_OF: Final[Mapping[str, int]] = {
    "malformed": 1,
    "content_mismatch": 2,
    "wrong_license": 2,
    "not_in_log": 3,
    "root_not_on_chain": 4,
    "chain_proof_invalid": 4,
    "wrong_chain": 4,
    "disowned": 4,
    "not_authorised": 5,
}
"""Number of the check that fails with a reason for which nothing of a license is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One numbered check of DESIGN §6."""

    number: int
    outcome: Outcome
    detail: str
    """One English sentence; pages translate by `code`."""
    code: str
    """A reason of `REASONS` when the check failed or is unknown, else `ok` or `skipped`."""
    evidence: Mapping[str, object] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        return CHECK_NAMES[self.number - 1]

    def to_json(self) -> dict[str, object]:
        return {
            "number": self.number,
            "name": self.name,
            "outcome": self.outcome.value,
            "code": self.code,
            "detail": self.detail,
            "evidence": dict(self.evidence),
        }


def passed(number: int, detail: str, **evidence: object) -> Check:
    """A check that held."""
    return Check(number=number, outcome=Outcome.PASSED, detail=detail, code="ok", evidence=evidence)


def failed(number: int, code: str, detail: str, **evidence: object) -> Check:
    """A check that did not hold; `code` is the reason."""
    return Check(number=number, outcome=Outcome.FAILED, detail=detail, code=code, evidence=evidence)


def undecided(number: int, code: str, detail: str, **evidence: object) -> Check:
    """A check that could not be made; `code` is the reason."""
    return Check(
        number=number, outcome=Outcome.UNKNOWN, detail=detail, code=code, evidence=evidence
    )


def skipped(number: int, detail: str) -> Check:
    """A check that does not apply here."""
    return Check(number=number, outcome=Outcome.SKIPPED, detail=detail, code="skipped")


def chain_unreachable(number: int) -> Check:
    """A check that needs the chain, which could not be read."""
    return undecided(
        number, "chain_unreachable", "the chain could not be read; try again when it is back"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedLicense:
    """What a verdict says of the license; only disclosed and checked values."""

    id: str
    type_code: str
    region: Region
    position: Position | None
    valid_from: date
    valid_until: date | None
    fields: Mapping[str, object] = field(hash=False)

    def to_json(self) -> dict[str, object]:
        return {
            "id": self.id,
            "type": self.type_code,
            "region": self.region,
            "epoch": None if self.position is None else self.position.epoch,
            "index": None if self.position is None else self.position.index,
            "valid_from": format_date(self.valid_from),
            "valid_until": None if self.valid_until is None else format_date(self.valid_until),
            "fields": dict(self.fields),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainView:
    """The block that a verdict rests on."""

    chain_id: int
    block: BlockRef
    finality: str
    """How `block` came to be final, for example `depth 2` or `qbft`."""

    def to_json(self) -> dict[str, object]:
        return {
            "chain_id": self.chain_id,
            "block_number": self.block.number,
            "block_hash": self.block.hash.hex(),
            "block_time": format_instant(datetime.fromtimestamp(self.block.time, UTC)),
            "finality": self.finality,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to "is it real, is it in force?", as of one instant."""

    reason: str
    at: datetime
    license: VerifiedLicense | None
    checks: tuple[Check, ...]
    chain: ChainView | None

    @property
    def value(self) -> Value:
        return REASONS[self.reason]

    def to_json(self) -> dict[str, object]:
        return {
            "verdict": self.value.value,
            "reason": self.reason,
            "at": format_instant(self.at),
            "license": None if self.license is None else self.license.to_json(),
            "checks": [check.to_json() for check in self.checks],
            "chain": None if self.chain is None else self.chain.to_json(),
        }


def conclude(
    checks: tuple[Check, ...],
    *,
    at: datetime,
    license_: VerifiedLicense | None,
    chain: ChainView | None,
) -> Verdict:
    """Any failed check → invalid by the first one; else any unknown → unknown; else valid."""
    for outcome in (Outcome.FAILED, Outcome.UNKNOWN):
        for check in checks:
            if check.outcome is outcome:
                return Verdict(
                    reason=check.code, at=at, license=license_, checks=checks, chain=chain
                )
    return Verdict(reason="ok", at=at, license=license_, checks=checks, chain=chain)


def refuse(number: int, code: str, detail: str, *, at: datetime) -> Verdict:
    """A verdict that ends at check `number`: the later ones are skipped, earlier ones passed.

    For what never became a bundle: unreadable bytes, an unknown hash, an unreachable region. Never
    with a code that says valid.
    """
    if REASONS[code] is Value.VALID:
        raise ValueError(f"{code} is no refusal")
    outcome = Outcome.FAILED if REASONS[code] is Value.INVALID else Outcome.UNKNOWN
    checks = tuple(
        Check(number=at_number, outcome=Outcome.PASSED, detail="held", code="ok")
        if at_number < number
        else Check(number=at_number, outcome=outcome, detail=detail, code=code)
        if at_number == number
        else Check(
            number=at_number,
            outcome=Outcome.SKIPPED,
            detail="not reached: an earlier check did not pass",
            code="skipped",
        )
        for at_number in range(1, len(CHECK_NAMES) + 1)
    )
    return Verdict(reason=code, at=at, license=None, checks=checks, chain=None)
