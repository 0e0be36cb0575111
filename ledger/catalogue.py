"""The catalogue of license types (证照目录): what a type is, and how sensitive each field is.

Levels (分类分级, STANDARDS §5): 1 open, 2 internal, 3 sensitive, 4 core. A type has a level, and so
has each of its fields; a file's level is the highest of the fields printed in it. A field that
nobody classified is level 3: unknown data are treated as sensitive.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ledger.errors import MalformedError
from ledger.license import CHECK_CODE, FILE, HOLDERS, IDENTIFIER

PERSON, ORGANIZATION = "person", "organization"
LEVELS = range(1, 5)
UNCLASSIFIED_LEVEL = 3
"""Level of a field that the catalogue does not name."""

SEED_AUTHORITY = "11100000000013338W"
"""The defining authority of the seed catalogue's type codes (STANDARDS §2)."""

_COMMON_LEVELS: Mapping[str, int] = {
    IDENTIFIER: 1,
    "certificate_name": 1,
    "certificate_number": 1,
    "certificate_version": 1,
    "issuing_authority_name": 1,
    "issuing_authority_code": 1,
    "issue_date": 1,
    "defining_authority_name": 1,
    "defining_authority_code": 1,
    "jurisdiction_code": 1,
    "validity_scope": 1,
    "related_matter_name": 1,
    "related_matter_code": 1,
    "signer_name": 1,
    "signed_at": 1,
    "seal_name": 1,
    "business_scope": 1,
    "registered_capital": 1,
    "premises_address": 1,
    "principal_name": 2,
    "holder_name": 2,
    "vehicle_class": 2,
    "plate_number": 2,
    "project_name": 2,
    "qualification_grade": 2,
    CHECK_CODE: 2,
    "home_address": 3,
    "birth_date": 3,
    "holder_number": 3,
    "household": 3,
    "phone": 3,
    "health_result": 4,
    "portrait": 4,
    "fingerprint": 4,
}
_ORGANIZATION_LEVELS: Mapping[str, int] = {"holder_name": 1, "holder_number": 1}
_HOLDERS_LEVEL: Mapping[str, int] = {PERSON: 3, ORGANIZATION: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseType:
    """One type (证照类型) of the catalogue."""

    code: str
    """21 characters: the defining authority's credit code and three digits (GB/T 36904)."""
    name_zh: str
    name_en: str
    authority_zh: str
    authority_en: str
    holder: str
    """`person` or `organization`: whose licenses these are."""
    level: int
    validity_years: int
    """Usual years of validity; 0 when it has no end."""

    def field_level(self, name: str) -> int:
        """Level of the disclosure `name` in a license of this type."""
        if name == HOLDERS:
            return _HOLDERS_LEVEL[self.holder]
        if self.holder == ORGANIZATION and name in _ORGANIZATION_LEVELS:
            return _ORGANIZATION_LEVELS[name]
        if name == FILE:
            return 1
        return _COMMON_LEVELS.get(name, UNCLASSIFIED_LEVEL)

    def file_level(self, names: Iterable[str]) -> int:
        """Level of a file that shows the disclosures `names`: the highest of theirs."""
        return max((self.field_level(name) for name in names), default=self.level)


def parse_seed(text: str) -> tuple[LicenseType, ...]:
    """The types in the seed catalogue's CSV. Raise MalformedError naming the line."""
    types = []
    for line, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            kind = LicenseType(
                code=SEED_AUTHORITY + row["no"],
                name_zh=row["name_zh"],
                name_en=row["name_en"],
                authority_zh=row["authority_zh"],
                authority_en=row["authority_en"],
                holder=row["holder"],
                level=int(row["level"]),
                validity_years=int(row["validity_years"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise MalformedError(f"catalogue, line {line}: {error}") from error
        if kind.level not in LEVELS or kind.holder not in _HOLDERS_LEVEL:
            raise MalformedError(f"catalogue, line {line}: level or holder is not a known one")
        types.append(kind)
    return tuple(types)
