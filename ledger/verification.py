"""Decides whether a license is what it claims to be: eight numbered checks, three values.

Covers DESIGN §6. `verify_license` is pure: a bundle, what the verifier trusts, and an instant in;
a verdict out. Reading the facts from a mirror is the caller's (`ledger.services.evidence`); where
the bundle came from does not matter. Order: form ends everything, since nothing can be said of what
cannot be read; every other check is made even after a failed one, so that a person sees all that
is wrong, and the first failed one names the reason.

Checks 2, 3 and 4 have files of their own (`check_content`, `check_log`); the rest is here.

What is trusted: `Trust.facts`, which the verifier's own node read from blocks it holds final, and
nothing in the bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Final

from ledger.bundle import Bundle
from ledger.check_content import check_content
from ledger.check_log import check_anchored, check_inclusion
from ledger.encoding import format_date
from ledger.license import FileFacts
from ledger.trust import Question, Trust
from ledger.types import LicenseStatus
from ledger.verdict import (
    ChainView,
    Check,
    Outcome,
    Verdict,
    VerifiedLicense,
    chain_unreachable,
    conclude,
    failed,
    passed,
    skipped,
    undecided,
)

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps UTC+8 without daylight saving: validity dates are days there."""


def verify_license(
    bundle: Bundle,
    trust: Trust,
    at: datetime,
    *,
    question: Question | None = None,
    file: FileFacts | None = None,
) -> Verdict:
    """Decide `bundle` as of `at`. Performs no IO.

    `file` are the digests of a file that was presented with it or fetched for it; `question` is
    what the bundle must answer.
    """
    checks = (
        passed(1, "the bundle has the form of version 1", v=1),
        check_content(bundle, question, file),
        check_inclusion(bundle),
        check_anchored(bundle, trust, at),
        _authority(bundle, trust),
        _status(bundle, trust),
        _dates(bundle, at),
        _freshness(trust, at),
    )
    license_ = VerifiedLicense(
        id=bundle.entry.id,
        type_code=bundle.entry.type_code,
        region=bundle.entry.region,
        position=None if bundle.log is None else bundle.log.position,
        valid_from=bundle.entry.valid_from,
        valid_until=bundle.entry.valid_until,
        fields=bundle.disclosed(),
    )
    content_held = checks[1].outcome is Outcome.PASSED
    return conclude(
        checks, at=at, license_=license_ if content_held else None, chain=_chain_view(trust)
    )


def _authority(bundle: Bundle, trust: Trust) -> Check:
    facts = trust.facts
    if facts is None:
        return chain_unreachable(5)
    if bundle.log is not None and facts.anchor is None:
        return skipped(5, "judged at the anchor's block, which there is not")
    entry = bundle.entry
    if not facts.region_active:
        return failed(
            5, "not_authorised", "the region was not an active member", region=entry.region
        )
    if not facts.type_granted:
        return failed(
            5, "not_authorised", "the region may not issue this type", type=entry.type_code
        )
    return passed(
        5,
        "the region was an active member and may issue this type",
        region=entry.region,
        type=entry.type_code,
    )


_STATUS_FAILURES: Final[Mapping[LicenseStatus, tuple[str, str]]] = {
    LicenseStatus.SUSPENDED: ("suspended", "the issuing office suspended this license"),
    LicenseStatus.REVOKED: ("revoked", "the issuing office revoked this license"),
    LicenseStatus.SUPERSEDED: ("superseded", "a newer version replaces this license"),
}


def _status(bundle: Bundle, trust: Trust) -> Check:
    facts = trust.facts
    if facts is None:
        return chain_unreachable(6)
    if bundle.log is None:
        return skipped(6, "a license without a position has no status on the chain")
    if facts.status is not LicenseStatus.IN_FORCE:
        code, detail = _STATUS_FAILURES[facts.status]
        return failed(6, code, detail, as_of_block=facts.block.number)
    return passed(6, "neither suspended nor revoked nor replaced", as_of_block=facts.block.number)


def _dates(bundle: Bundle, at: datetime) -> Check:
    today = _day_in_shanghai(at)
    entry = bundle.entry
    if entry.valid_until is not None and today > entry.valid_until:
        return failed(7, "expired", "its last day of validity has passed", **_days(bundle, today))
    if today < entry.valid_from:
        return failed(
            7, "not_yet_valid", "its first day of validity has not come", **_days(bundle, today)
        )
    return passed(7, "within its days of validity", **_days(bundle, today))


def _day_in_shanghai(at: datetime) -> date:
    try:
        return at.astimezone(SHANGHAI).date()
    except OverflowError:  # the last eight hours that a calendar has
        return date.max


def _days(bundle: Bundle, today: date) -> dict[str, object]:
    until = bundle.entry.valid_until
    return {
        "valid_from": format_date(bundle.entry.valid_from),
        "valid_until": None if until is None else format_date(until),
        "day": format_date(today),
    }


def _freshness(trust: Trust, at: datetime) -> Check:
    facts = trust.facts
    if facts is None:
        return chain_unreachable(8)
    age = int(at.timestamp()) - facts.block.time
    limit = int(trust.max_age.total_seconds())
    if age > limit:
        return undecided(
            8,
            "stale",
            "the newest final block here is too old to speak for this moment",
            age_seconds=age,
            max_age_seconds=limit,
        )
    return passed(8, "the chain facts are recent enough", age_seconds=age, max_age_seconds=limit)


def _chain_view(trust: Trust) -> ChainView | None:
    facts = trust.facts
    if facts is None:
        return None
    return ChainView(chain_id=trust.chain_id, block=facts.block, finality=facts.finality)
