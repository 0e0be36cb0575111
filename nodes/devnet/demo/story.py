"""The main promise, seen by a clerk in 雄安: look up, download, and get what rules allow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ledger.catalogue import LicenseType
from ledger.errors import LedgerError
from nodes.devnet.demo.clerk import CASE, Clerk, Findings
from nodes.devnet.demo.record import DemoRecord, SampleRecord
from nodes.devnet.demo.report import Report, Row
from nodes.devnet.samples.places import BEIJING, HEBEI, TIANJIN
from nodes.devnet.whole_file import write_whole

FIRM, PERSON = "firm-business-licence", "person-driving-licence-beijing"
DOWNLOADED: Final = "firm-food-permit-hebei"

Types = Mapping[str, LicenseType]
"""The catalogue by code."""


def look_up_and_download(
    clerk: Clerk, record: DemoRecord, types: Types, report: Report, downloads: Path
) -> None:
    """A firm's licenses of 北京 and 河北; the file of one; then a person's, by what rules allow.

    Raise LedgerError when the answer is not what the demo registered.
    """
    firm = record.samples[FIRM]
    report.say("looks_up", case=CASE, holder=firm.holder_name)
    found = clerk.search(firm.holder_code, (BEIJING.code, HEBEI.code))
    report.rows(_rows(found, types))
    _require_valid(found, {one.id for one in _samples_of(record, firm.holder_code)})

    wanted = record.samples[DOWNLOADED]
    file = clerk.download(wanted.region, wanted.id)
    target = downloads / f"{DOWNLOADED}.pdf"
    write_whole(target, file.content)
    report.say("downloaded", license=wanted.name_zh, size=len(file.content), file=shown(target))
    report.checks(clerk.read(wanted.region, wanted.id))

    person = record.samples[PERSON]
    report.say("withheld", holder=person.holder_name)
    found = clerk.search(person.holder_code, (BEIJING.code, TIANJIN.code, HEBEI.code))
    held_back = record.samples["person-residence-permit-tianjin"]
    reason = found.held_back.get((held_back.region, held_back.type))
    if reason is None:
        raise LedgerError("a level 3 type was not held back")
    refused = Row(
        license=held_back.name_zh, region=held_back.region, verdict="refused", detail=reason
    )
    report.rows([*_rows(found, types), refused])


def _samples_of(record: DemoRecord, holder_code: str) -> list[SampleRecord]:
    return [
        one
        for one in record.samples.values()
        if one.holder_code == holder_code and one.region in {BEIJING.code, HEBEI.code}
    ]


def _require_valid(found: Findings, wanted: set[str]) -> None:
    """What was registered must be found, and nothing that was not."""
    valid = {one.id for one in found.licenses if one.verdict["verdict"] == "valid"}
    if valid != wanted or len(found.licenses) != len(wanted):
        verdicts = {one.id: one.verdict["reason"] for one in found.licenses}
        raise LedgerError(f"the look-up found {verdicts}, registered were {sorted(wanted)}")


def _rows(found: Findings, types: Types) -> list[Row]:
    return [
        Row(
            license=types[one.type].name_zh,
            region=one.region,
            verdict=str(one.verdict["verdict"]),
            detail=_detail(one.verdict),
        )
        for one in found.licenses
    ]


def _detail(verdict: Mapping[str, Any]) -> str:
    """Reason and validity, and which of what a clerk may not see is left out."""
    license_ = verdict["license"]
    if license_ is None:
        return str(verdict["reason"])
    withheld = [name for name in ("holder_number", "birth_date") if name not in license_["fields"]]
    said = f"{verdict['reason']}  {license_['valid_from']} – {license_['valid_until'] or '∞'}"
    return f"{said}  (– {', '.join(withheld)})" if len(withheld) > 1 else said


def shown(path: Path) -> str:
    """`path`, relative to where the command runs, if it lies there."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
