"""Which values of a license are shown: none twice, and the most telling ones first."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from ledger.license import HOLDERS

TELLING: Final = (HOLDERS, "certificate_number", "issuing_authority_name")
"""Fields that stand outside of the fold, beside the days of validity."""

_DAY: Final = re.compile(r"([0-9]{4})\D([0-9]{1,2})\D([0-9]{1,2})日?")
_BETWEEN_DAYS: Final = re.compile(r"[\s自从由起至到止长期有效为—–~～-]*")


def without_repeats(
    fields: Mapping[str, object],
    type_name: str,
    valid_from: date,
    valid_until: date | None,
) -> dict[str, object]:
    """The fields less those that say again what other rows say: the type, holder and days."""
    repeated = set()
    if fields.get("certificate_name") == type_name:
        repeated.add("certificate_name")
    if fields.get("holder_name") in _holder_names(fields.get(HOLDERS)):
        repeated.add("holder_name")
    if _says_days(fields.get("validity_scope"), valid_from, valid_until):
        repeated.add("validity_scope")
    return {name: value for name, value in fields.items() if name not in repeated}


def _holder_names(holders: object) -> list[object]:
    """The name of a license's only holder; of several, each is a row's worth of its own."""
    if not isinstance(holders, list) or len(holders) != 1 or not isinstance(holders[0], dict):
        return []
    return [holders[0].get("name")]


def _says_days(scope: object, valid_from: date, valid_until: date | None) -> bool:
    if not isinstance(scope, str):
        return False
    days = [(int(year), int(month), int(day)) for year, month, day in _DAY.findall(scope)]
    stated = [valid_from] if valid_until is None else [valid_from, valid_until]
    if days != [(day.year, day.month, day.day) for day in stated]:
        return False
    return _BETWEEN_DAYS.fullmatch(_DAY.sub("", scope)) is not None
