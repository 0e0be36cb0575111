"""Regions, types and heads as the chain and the catalogue have them: public, about nobody."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from api.answers import Answer
from api.values import InstantOut
from ledger.catalogue import LicenseType

_HEAD_EXAMPLE: Final[dict[str, Any]] = {
    "region": "110000",
    "kind": "licenses",
    "epoch": 0,
    "tree_size": 600,
    "previous_size": 0,
    "root_hash": "5df6e0e2761359d30a8275058e299fcc0381534545f55cf43e41983f5d4c9456",
    "block_number": 42,
    "block_time": "2026-11-24T22:55:57Z",
    "is_final": True,
}


class RegionOut(Answer):
    """One member of the consortium."""

    code: Annotated[str, Field(description="GB/T 2260.")]
    name_zh: str | None
    name_en: str | None
    active: bool
    endpoint: str
    anchor_key: str
    signing_key: Annotated[str, Field(description="Key id: region, slash, number.")]
    is_here: Annotated[bool, Field(description="The region of this node.")]


class RegionsOut(Answer):
    """Every region ever admitted, in code order, as of the newest final block."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "block_number": 42,
                    "regions": [
                        {
                            "code": "110000",
                            "name_zh": "北京",
                            "name_en": "Beijing",
                            "active": True,
                            "endpoint": "http://127.0.0.1:8001",
                            "anchor_key": "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
                            "signing_key": "110000/0",
                            "is_here": True,
                        }
                    ],
                }
            ]
        }
    )

    block_number: int | None
    regions: list[RegionOut]


class TypeOut(Answer):
    """One license type (证照类型)."""

    code: str
    name_zh: str
    name_en: str
    authority_zh: str
    authority_en: str
    holder: Literal["person", "organization"]
    level: Annotated[int, Field(ge=1, le=4, description="1 open, 2 internal, 3 sensitive, 4 core.")]
    chain_level: Annotated[int | None, Field(description="The level on the chain; null: none.")]
    validity_years: Annotated[int, Field(description="Usual years; 0: no end.")]
    granted: Annotated[list[str], Field(description="Active regions that may issue it.")]

    @classmethod
    def from_domain(
        cls, type_: LicenseType, *, chain_level: int | None, granted: list[str]
    ) -> TypeOut:
        """The type with what the chain says of it."""
        return cls.model_validate(
            {
                "code": type_.code,
                "name_zh": type_.name_zh,
                "name_en": type_.name_en,
                "authority_zh": type_.authority_zh,
                "authority_en": type_.authority_en,
                "holder": type_.holder,
                "level": type_.level,
                "chain_level": chain_level,
                "validity_years": type_.validity_years,
                "granted": granted,
            }
        )


class TypesOut(Answer):
    """The catalogue (证照目录), in code order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "types": [
                        {
                            "code": "11100000000013338W032",
                            "name_zh": "特种设备使用登记证",
                            "name_en": "Special equipment use registration",
                            "authority_zh": "市场监管",
                            "authority_en": "Market Regulation",
                            "holder": "organization",
                            "level": 1,
                            "chain_level": 1,
                            "validity_years": 0,
                            "granted": ["110000", "120000"],
                        }
                    ]
                }
            ]
        }
    )

    types: list[TypeOut]


class HeadOut(Answer):
    """A head of a region's log, accepted by the contract."""

    region: str
    kind: Literal["licenses", "access"]
    epoch: int
    tree_size: int
    previous_size: int
    root_hash: Annotated[str, Field(description="Lower-case hex.")]
    block_number: int
    block_time: InstantOut
    is_final: bool


class HeadsOut(Answer):
    """The newest head of every log."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"heads": [_HEAD_EXAMPLE]}]})

    heads: list[HeadOut]


class EpochOut(Answer):
    """An epoch of a log's live lineage."""

    epoch: int
    start_size: int


class LogOut(Answer):
    """One log's heads in block order, and its lineage."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lineage": [{"epoch": 0, "start_size": 0}],
                    "heads": [_HEAD_EXAMPLE],
                    "next": None,
                }
            ]
        }
    )

    lineage: list[EpochOut]
    heads: list[HeadOut]
    next: str | None
