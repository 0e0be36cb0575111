"""The four regions of the development network and the offices that issue there (all invented)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ledger.identifier import credit_code_check
from ledger.types import Region

_ORGAN_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGAN_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One region as people know it."""

    code: Region
    name_zh: str
    name_en: str
    short_zh: str
    plate: str
    """First character of the vehicle plates there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleOffice:
    """One office (发证机关) of a region."""

    region: Region
    uscc: str
    name_zh: str
    name_en: str
    seal_zh: str


BEIJING: Final = Place(
    code=Region("110000"), name_zh="北京市", name_en="Beijing", short_zh="北京", plate="京"
)
TIANJIN: Final = Place(
    code=Region("120000"), name_zh="天津市", name_en="Tianjin", short_zh="天津", plate="津"
)
HEBEI: Final = Place(
    code=Region("130000"), name_zh="河北省", name_en="Hebei", short_zh="河北", plate="冀"
)
XIONGAN: Final = Place(
    code=Region("133100"), name_zh="雄安新区", name_en="Xiong'an", short_zh="雄安", plate="冀"
)
PLACES: Final = (BEIJING, TIANJIN, HEBEI, XIONGAN)
PLACE_OF: Final[Mapping[Region, Place]] = {place.code: place for place in PLACES}

APPROVAL, POLICE, SOCIAL = "approval", "police", "social"
_KINDS: Final = {
    APPROVAL: ("01", "示例行政审批局", "Specimen Administrative Approval Bureau"),
    POLICE: ("02", "示例公安局", "Specimen Public Security Bureau"),
    SOCIAL: ("03", "示例民生服务局", "Specimen Social Affairs Bureau"),
}
_KIND_OF_AUTHORITY: Final = {
    "公安": POLICE,
    "民政": SOCIAL,
    "卫生健康": SOCIAL,
    "人力资源和社会保障": SOCIAL,
    "教育": SOCIAL,
}


def office_of(region: Region, authority_zh: str) -> SampleOffice:
    """The office of `region` that issues what `authority_zh` of the catalogue is in charge of."""
    return _office(region, _KIND_OF_AUTHORITY.get(authority_zh, APPROVAL))


def main_office(region: Region) -> SampleOffice:
    """The office whose tokens the demo record holds."""
    return _office(region, APPROVAL)


def offices(region: Region) -> tuple[SampleOffice, ...]:
    """Every office of `region`."""
    return tuple(_office(region, kind) for kind in _KINDS)


def credit_code(category: str, region: str, organ: str) -> str:
    """A credit code (GB 32100): two characters of category, place, eight of an organisation.

    Both check characters hold, the organisation code's own (GB 11714, MOD 11) and the whole's.
    """
    total = sum(
        weight * _ORGAN_ALPHABET.index(letter)
        for weight, letter in zip(_ORGAN_WEIGHTS, organ, strict=True)
    )
    body = f"{category}{region}{organ}{'0X987654321'[total % 11]}"
    return body + credit_code_check(body)


def _office(region: Region, kind: str) -> SampleOffice:
    number, name_zh, name_en = _KINDS[kind]
    place = PLACE_OF[region]
    return SampleOffice(
        region=region,
        uscc=credit_code("11", region, f"YY{region[:4]}{number}"),
        name_zh=place.name_zh + name_zh,
        name_en=f"{place.name_en} {name_en}",
        seal_zh=f"{place.name_zh}{name_zh}电子证照专用章",
    )
