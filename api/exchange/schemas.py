"""What a clerk asks other regions, and what the answer says of each."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, StringConstraints

from api.answers import Answer
from api.bodies import Body
from api.exchange.purposes import PURPOSE_EXAMPLE, PurposeIn
from api.licenses.schemas_in import HolderQueryIn
from api.verification.schemas_out import VERDICT_EXAMPLE, VerdictOut
from ledger.ports.peers import PeerQuery
from ledger.services.exchange import RegionOutcome
from ledger.types import Region

MAX_TYPES: Final = 200
MAX_REGIONS: Final = 100

TypeCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{21}$")]
RegionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]

_ID: Final = "0192f0c1-2d3e-7a4b-8c5d-6e7f80912a3b"
_TYPE: Final = "11100000000013338W032"
_PATH: Final = f"/v1/exchange/licenses/110000/{_ID}"
_LICENSE_EXAMPLE: Final[dict[str, Any]] = {
    "id": _ID,
    "type": _TYPE,
    "region": "110000",
    "verdict": VERDICT_EXAMPLE,
    "links": {"self": _PATH, "file": f"{_PATH}/file"},
}


class ExchangeSearchIn(Body):
    """A holder's licenses in some regions, or in every one when none is named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "holder": {"code": "91110000MA01ABCD1M"},
                    "type": _TYPE,
                    "regions": ["110000", "130000"],
                    "purpose": PURPOSE_EXAMPLE,
                }
            ]
        }
    )

    holder: HolderQueryIn
    type: Annotated[TypeCode | None, Field(description="One type; null: any.")] = None
    types: Annotated[
        list[TypeCode],
        Field(max_length=MAX_TYPES, description="Several types.", default_factory=list),
    ]
    regions: Annotated[
        list[RegionCode],
        Field(max_length=MAX_REGIONS, description="Empty: all.", default_factory=list),
    ]
    purpose: PurposeIn

    def to_domain(self) -> PeerQuery:
        """The query that each region gets."""
        named = [*self.types, *([] if self.type is None else [self.type])]
        return PeerQuery(
            holder_code=self.holder.code,
            type_codes=tuple(dict.fromkeys(named)),
            purpose=self.purpose.to_domain(),
        )

    def asked_regions(self) -> tuple[Region, ...]:
        """The regions named, each once."""
        return tuple(dict.fromkeys(map(Region, self.regions)))


class ForeignLinksOut(Answer):
    """Paths of this API; both need `License-Purpose`. Null when the license is not served."""

    self: str | None
    file: str | None


class ForeignLicenseOut(Answer):
    """One license with this node's verdict; what does not hold is withheld."""

    id: str
    type: str
    region: Region
    verdict: VerdictOut
    links: ForeignLinksOut


class HeldBackOut(Answer):
    """A type that the region holds back by rule, whether or not there is such a license."""

    type: str
    reason: str


class RegionAnswerOut(Answer):
    """What became of one region's part."""

    region: Region
    outcome: RegionOutcome
    detail: Annotated[str, Field(description="Why it did not answer in full, and what to do.")]
    licenses: list[ForeignLicenseOut]
    refusals: list[HeldBackOut]
    more: Annotated[
        bool, Field(description="Whether the holder has more licenses there; narrow by type.")
    ]


class ExchangeSearchOut(Answer):
    """Every region that was asked; those that did not answer are named."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "complete": False,
                    "warnings": [],
                    "regions": [
                        {
                            "region": "110000",
                            "outcome": "answered",
                            "detail": "",
                            "licenses": [_LICENSE_EXAMPLE],
                            "refusals": [{"type": _TYPE, "reason": "authorization_required"}],
                            "more": False,
                        },
                        {
                            "region": "130000",
                            "outcome": "unreachable",
                            "detail": "no answer in 5 s; ask again later",
                            "licenses": [],
                            "refusals": [],
                            "more": False,
                        },
                    ],
                }
            ]
        }
    )

    complete: Annotated[
        bool, Field(description="Whether every region answered, and with all it has.")
    ]
    warnings: Annotated[
        list[str], Field(description="What may be wrong with the code that was searched.")
    ]
    regions: list[RegionAnswerOut]


class ForeignBundleOut(ForeignLicenseOut):
    """One license with its bundle: the proof to keep with the case."""

    model_config = ConfigDict(json_schema_extra={"examples": [_LICENSE_EXAMPLE | {"bundle": {}}]})

    bundle: Annotated[dict[str, Any], Field(description="As in a `.license.json`.")]
