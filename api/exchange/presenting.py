"""Other regions' licenses as answers of the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from api.answers import JSON
from api.forms import UNDECLARED
from api.licenses.reading import attachment
from api.media import EXTENSIONS
from ledger.bundle import Bundle
from ledger.errors import IntegrityError
from ledger.license import FILE
from ledger.services.exchange import ForeignLicense, RegionAnswer
from ledger.services.lookup import first_problem_number


def search_members(answers: Sequence[RegionAnswer], warnings: Sequence[str]) -> dict[str, Any]:
    """The members of `ExchangeSearchOut`."""
    return {
        "complete": all(one.is_complete for one in answers),
        "warnings": warnings,
        "regions": [
            {
                "region": one.region,
                "outcome": one.outcome.value,
                "detail": one.detail,
                "licenses": [license_members(found) for found in one.licenses],
                "refusals": [
                    {"type": held.type_code, "reason": held.reason} for held in one.refusals
                ],
                "more": one.more,
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


def file_answer(found: ForeignLicense, content: bytes) -> Response:
    """The file as a download. `License-Verdict` says whether the license is in force: a genuine
    file of a revoked license is still its file.
    """
    said = media_type_of(served_bundle(found))
    return _attached(
        found,
        content,
        media_type=said if said in EXTENSIONS else UNDECLARED,
        ending=EXTENSIONS.get(said, "bin"),
    )


def bundle_answer(found: ForeignLicense) -> Response:
    """The bundle as a download, in the bytes that verify anywhere."""
    return _attached(found, served_bundle(found).encode(), media_type=JSON, ending="license.json")


def _attached(found: ForeignLicense, content: bytes, *, media_type: str, ending: str) -> Response:
    name = f"{found.region}-{found.license_id}.{ending}"
    verdict = found.verdict
    return Response(
        content,
        media_type=media_type,
        headers={
            "Content-Disposition": attachment(name, name),
            "License-Verdict": f"{verdict.value.value};reason={verdict.reason}",
        },
    )
