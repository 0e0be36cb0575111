"""The licenses that a development network begins with: some that a story is told with, then all
types in all regions in turn.

The same seed and day give the same collection, and a longer one begins with the shorter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Final

import ledger
from ledger import identifier
from ledger.catalogue import ORGANIZATION, LicenseType, parse_seed
from ledger.draft import CHECK_CODE_BYTES
from ledger.encoding import b64url_encode
from ledger.types import Region
from nodes.devnet.samples.dice import Dice
from nodes.devnet.samples.fields import fields_of
from nodes.devnet.samples.holders import CATERING, Firm, Person, firm, person
from nodes.devnet.samples.places import BEIJING, HEBEI, PLACES, TIANJIN, XIONGAN, office_of
from nodes.devnet.samples.sample import Sample

CATALOGUE: Final = Path(ledger.__file__).parent / "data" / "license_types.csv"
HOLDERS_PER_REGION: Final = 40
"""People, and as many firms, that share the licenses of one region."""

_DAYS_PER_YEAR: Final = 365
_LONGEST_PAST_DAYS: Final = 8 * _DAYS_PER_YEAR

FIRM, PERSON = "firm", "person"
_STORY: Final = (
    ("firm-business-licence", FIRM, BEIJING.code, "028", False),
    ("firm-food-permit-beijing", FIRM, BEIJING.code, "029", False),
    ("firm-food-permit-hebei", FIRM, HEBEI.code, "029", False),
    ("firm-catering-permit-hebei", FIRM, HEBEI.code, "031", False),
    ("firm-tobacco-licence-tianjin", FIRM, TIANJIN.code, "148", False),
    ("firm-food-permit-tianjin-expired", FIRM, TIANJIN.code, "029", True),
    ("person-driving-licence-beijing", PERSON, BEIJING.code, "004", False),
    ("person-operation-certificate-hebei", PERSON, HEBEI.code, "139", False),
    ("person-teacher-certificate-xiongan", PERSON, XIONGAN.code, "070", False),
    ("person-residence-permit-tianjin", PERSON, TIANJIN.code, "003", False),
)
"""Name, holder, region, number of the type, whether it has expired."""

STORY_LENGTH: Final = len(_STORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """What one sample shall be."""

    name: str
    region: Region
    type_: LicenseType
    holder: Person | Firm
    is_expired: bool
    serial: int


class Collection:
    """All samples of one seed, as of one day."""

    def __init__(self, *, seed: bytes, day: date) -> None:
        self.types = parse_seed(CATALOGUE.read_text(encoding="utf-8"))
        self._dice = Dice(seed)
        self._day = day
        self.firm = firm(self._dice, BEIJING.code, HOLDERS_PER_REGION, trade=CATERING)
        """The firm of the story: licenses in 北京, 天津 and 河北."""
        self.person = person(self._dice, BEIJING.code, HOLDERS_PER_REGION)
        """The person of the story: licenses of levels 2 and 3 in all four regions."""

    def samples(self, number: int) -> tuple[Sample, ...]:
        """The first `number`: the story's ten, then every type in every region (600)."""
        return tuple(islice(map(self._make, self._orders()), number))

    def _orders(self) -> Iterator[_Order]:
        by_number = {type_.code[-3:]: type_ for type_ in self.types}
        for serial, (name, who, region, number, is_expired) in enumerate(_STORY):
            yield _Order(
                name=name,
                region=region,
                type_=by_number[number],
                holder=self.firm if who == FIRM else self.person,
                is_expired=is_expired,
                serial=serial,
            )
        for at in count():
            round_, place = divmod(at, len(self.types))
            type_ = self.types[place]
            region = PLACES[(place + round_) % len(PLACES)].code
            name = f"{region}-{type_.code[-3:]}-{round_}"
            yield _Order(
                name=name,
                region=region,
                type_=type_,
                holder=self._holder(region, type_, name),
                is_expired=False,
                serial=STORY_LENGTH + at,
            )

    def _holder(self, region: Region, type_: LicenseType, name: str) -> Person | Firm:
        chosen = self._dice.below(HOLDERS_PER_REGION, f"{name} holder")
        make = firm if type_.holder == ORGANIZATION else person
        return make(self._dice, region, chosen)

    def _validity(self, order: _Order) -> tuple[date, date | None]:
        """From some day in the past; to the day that the type's years give, if it has an end."""
        years = order.type_.validity_years
        span = min(years * _DAYS_PER_YEAR, _LONGEST_PAST_DAYS) if years else _LONGEST_PAST_DAYS
        # At least a month old, and good for a month more.
        age = self._dice.between(30, span - 30, f"{order.name} age")
        if order.is_expired:
            age = years * _DAYS_PER_YEAR + 60
        begin = self._day - timedelta(days=age)
        if not years:
            return begin, None
        return begin, _years_later(begin, years) - timedelta(days=1)

    def _make(self, order: _Order) -> Sample:
        dice, name, type_ = self._dice, order.name, order.type_
        office = office_of(order.region, type_.authority_zh)
        valid_from, valid_until = self._validity(order)
        serial = f"{valid_from:%Y%m%d}{order.serial:07}"
        made = identifier.make(type_.code, office.uscc, serial, 1)
        return Sample(
            name=name,
            office=office,
            type_=type_,
            identifier=str(made),
            holder=order.holder.holder,
            fields=fields_of(
                dice,
                name,
                type_=type_,
                office=office,
                holder=order.holder,
                issued=valid_from,
                until=valid_until,
                number=f"SL{order.region}{type_.code[-3:]}{serial}",
            ),
            valid_from=valid_from,
            valid_until=valid_until,
            check_code=b64url_encode(dice.random_bytes(f"{name} check")[:CHECK_CODE_BYTES]),
        )


def _years_later(day: date, years: int) -> date:
    """The same day `years` later; 1 March for a 29 February that does not exist."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
