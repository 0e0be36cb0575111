"""A clerk (经办人) of 雄安 who handles a case and asks other regions, over the public API."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from ledger.encoding import b64url_encode
from ledger.hashing import keyed_digest
from nodes.devnet.demo.client import Download, NodeAnswerError, NodeClient
from nodes.devnet.demo.record import RegionRecord

CASE: Final = "2026-XA-000117"
_MATTER: Final = "133100-food-business-2026"
_SYSTEM: Final = "雄安新区示例一网通办"
_HANDLER: Final = "周例行"
_ASKED_AGAIN: Final = 15
_PAUSE_SECONDS: Final = 2.0
"""A region that does not answer is asked again, as a clerk would."""
_HANDLER_NUMBER: Final = b"no real person's number"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One license that a search found, with the verdict of the clerk's own node."""

    id: str
    type: str
    region: str
    verdict: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a search found, and which types were held back by rule."""

    licenses: tuple[Found, ...]
    held_back: Mapping[tuple[str, str], str]
    """Reason by (region, type)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why the clerk did not get something: the failed check of DESIGN §6."""

    reason: str
    number: int


class Clerk:
    """A context manager; every call is one that an office would make."""

    def __init__(self, node: RegionRecord) -> None:
        office = node.offices[0]
        self._client = NodeClient(node.url, node.tokens["clerk"])
        self.purpose: dict[str, Any] = {
            "system": _SYSTEM,
            "matter_code": _MATTER,
            "case_number": CASE,
            "handler": {
                "name": _HANDLER,
                "id_digest": keyed_digest(
                    office.uscc.encode(), "demo handler", _HANDLER_NUMBER
                ).hex(),
                "office": office.uscc,
            },
        }

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._client.__exit__(*error)

    def search(self, holder_code: str, regions: Sequence[str]) -> Findings:
        """The holder's licenses in `regions`. Raise NodeAnswerError when one did not answer."""
        body = {
            "holder": {"code": holder_code},
            "regions": list(regions),
            "purpose": self.purpose,
        }
        for _ in range(_ASKED_AGAIN):
            said = self._client.post("/v1/exchange/search", body)
            silent = [one for one in said["regions"] if one["outcome"] != "answered"]
            if not silent:
                break
            time.sleep(_PAUSE_SECONDS)
        else:
            raise NodeAnswerError(
                "; ".join(f"{one['region']} {one['outcome']}: {one['detail']}" for one in silent)
            )
        return Findings(
            licenses=tuple(
                Found(id=one["id"], type=one["type"], region=one["region"], verdict=one["verdict"])
                for answer in said["regions"]
                for one in answer["licenses"]
            ),
            held_back={
                (answer["region"], one["type"]): one["reason"]
                for answer in said["regions"]
                for one in answer["refusals"]
            },
        )

    def read(self, region: str, license_id: str) -> Mapping[str, Any]:
        """One license's verdict. Raise NodeAnswerError when it is refused."""
        said = self._client.get(self._path(region, license_id), self._why())
        verdict: Mapping[str, Any] = said["verdict"]
        return verdict

    def download(self, region: str, license_id: str) -> Download:
        """One license's file. Raise NodeAnswerError when it is refused."""
        return self._client.download(f"{self._path(region, license_id)}/file", self._why())

    def _path(self, region: str, license_id: str) -> str:
        return f"/v1/exchange/licenses/{region}/{license_id}"

    def _why(self) -> dict[str, str]:
        return {"License-Purpose": b64url_encode(json.dumps(self.purpose).encode())}


def refusal_of(error: NodeAnswerError) -> Refusal:
    """The failed check that a node's problem names; raise the error when it names none."""
    reason, check = error.problem.get("reason"), error.problem.get("check")
    if not isinstance(reason, str) or not isinstance(check, int):
        raise error
    return Refusal(reason=reason, number=check)


def refusal_in(verdict: Mapping[str, Any]) -> Refusal | None:
    """The first failed check of a verdict; None when none failed."""
    for check in verdict["checks"]:
        if check["outcome"] == "failed":
            return Refusal(reason=verdict["reason"], number=check["number"])
    return None
