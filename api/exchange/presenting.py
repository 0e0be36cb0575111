"""Other regions' licenses as answers of the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ledger.bundle import Bundle
from ledger.errors import IntegrityError
from ledger.license import FILE
from ledger.services.exchange import ForeignLicense, RegionAnswer, RegionOutcome
from ledger.services.lookup import first_problem_number


def search_members(answers: Sequence[RegionAnswer]) -> dict[str, Any]:
    """The members of `ExchangeSearchOut`."""
    return {
        "complete": all(one.outcome is RegionOutcome.ANSWERED for one in answers),
        "regions": [
            {
                "region": one.region,
                "outcome": one.outcome.value,
                "detail": one.detail,
                "licenses": [license_members(found) for found in one.licenses],
                "refusals": [
                    {"type": held.type_code, "reason": held.reason} for held in one.refusals
                ],
            }
            for one in answers
        ],
    }


def license_members(found: ForeignLicense) -> dict[str, Any]:
    """The members of `ForeignLicenseOut`."""
    path = f"/v1/exchange/licenses/{found.region}/{found.license_id}"
    is_served = found.bundle is not None
    return {
        "id": found.license_id,
        "type": found.type_code,
        "region": found.region,
        "verdict": found.verdict.to_json(),
        "links": {
            "self": path if is_served else None,
            "file": f"{path}/file" if is_served else None,
        },
    }


def served_bundle(found: ForeignLicense) -> Bundle:
    """The license's bundle; raise IntegrityError naming the check when it does not hold."""
    if found.bundle is None:
        raise IntegrityError(
            f"license {found.license_id:.64} of {found.region} does not hold: "
            f"{found.verdict.reason}",
            reason=found.verdict.reason,
            check=first_problem_number(found.verdict),
        )
    return found.bundle


def media_type_of(bundle: Bundle) -> str:
    """The media type that the file was registered with; bytes of no kind when it is not said."""
    facts = bundle.disclosed().get(FILE)
    said = facts.get("media_type") if isinstance(facts, dict) else None
    return said if isinstance(said, str) else ""
