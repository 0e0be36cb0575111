"""The bundle's form (DESIGN §3) for the OpenAPI document; `ledger.bundle` writes and reads it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from api.answers import Answer
from api.values import InstantOut

B64_DIGEST: Final = "7bQ3v0XoZ7mJ2o9w5k1cT8r4nS6yU0aGfHjKlPqWeRs"

Base64Url = Annotated[str, Field(pattern="^[A-Za-z0-9_-]*$", description="base64url.")]


class EntryOut(Answer):
    """What the log commits to."""

    v: Literal[1]
    id: str
    region: str
    type: str
    sd: Annotated[list[Base64Url], Field(description="Digests of all disclosures, sorted.")]
    valid_from: date
    valid_until: date | None
    supersedes: Base64Url | None
    salt: Base64Url
    holder_code_unchecked: bool = True


class PlaceOut(Answer):
    """The entry's position in its region's log."""

    epoch: int
    index: int


class InclusionOut(Answer):
    """RFC 9162 §2.1.3."""

    tree_size: int
    path: list[Base64Url]


class AnchoredHeadOut(Answer):
    """The first anchored head that covers the entry."""

    epoch: int
    tree_size: int
    previous_size: int
    root_hash: Base64Url
    block_number: int
    block_time: InstantOut


class BundleOut(Answer):
    """A license with what proves it; `head` is null and `promise` there until it is anchored."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "v": 1,
                    "entry": {
                        "v": 1,
                        "id": "0192f0c1-2d3e-7a4b-8c5d-6e7f80912a3b",
                        "region": "110000",
                        "type": "11100000000013338W032",
                        "sd": [B64_DIGEST],
                        "valid_from": "2026-11-24",
                        "valid_until": None,
                        "supersedes": None,
                        "salt": "q0f3Zk9vT1y6mX2bLwYc5g",
                    },
                    "disclosures": [],
                    "position": {"epoch": 0, "index": 0},
                    "inclusion": {"tree_size": 1, "path": []},
                    "head": {
                        "epoch": 0,
                        "tree_size": 1,
                        "previous_size": 0,
                        "root_hash": B64_DIGEST,
                        "block_number": 42,
                        "block_time": "2026-11-24T22:55:57Z",
                    },
                    "chain": None,
                    "made_at": "2026-11-24T22:55:57Z",
                }
            ]
        }
    )

    v: Literal[1]
    entry: EntryOut
    disclosures: Annotated[
        list[Base64Url], Field(description="base64url of JCS [salt, name, value] each.")
    ]
    position: PlaceOut | None
    inclusion: InclusionOut | None
    head: AnchoredHeadOut | None
    chain: None
    made_at: InstantOut
    promise: dict[str, Any] = Field(default_factory=dict, description="While not anchored.")
