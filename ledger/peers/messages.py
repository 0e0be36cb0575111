"""What travels between nodes: JSON answers as strict models, requests, and the frame of a file.

    /v1/peer/search  {v, holder_code, types[], purpose}
                     → {v, bundles[], refusals[], failures[], more}
    /v1/peer/bundle  {v, id, purpose}                   → {v, bundle}
    /v1/peer/file    {v, id, purpose}                   → frame: bundle and file
    /v1/peer/find    {v, check_code|null, sha256|null}  → {v, bundle|null}

A frame is the bundle's length (4 bytes, big-endian), the bundle's JSON and the file's bytes. Each
side checks what it receives: answers here, requests in `api.peers`. Bundles pass as they are:
`ledger.bundle` reads them.
"""

from __future__ import annotations

from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from ledger import canonical
from ledger.bundle import MAX_BUNDLE_BYTES
from ledger.errors import MalformedError
from ledger.ports.peers import PeerAnswer, PeerFailure, PeerQuery, PeerRefusal
from ledger.purpose import Purpose

VERSION: Final = 1
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
FRAME: Final = "application/vnd.license-ledger.file"

SEARCH: Final = "/v1/peer/search"
BUNDLE: Final = "/v1/peer/bundle"
FILE: Final = "/v1/peer/file"
FIND: Final = "/v1/peer/find"

_LENGTH_BYTES: Final = 4
_MAX_PROBLEM_BYTES: Final = 64 * 1024
_MAX_ONE_BYTES: Final = MAX_BUNDLE_BYTES + 1024
"""An answer with one bundle."""

_MAX_LICENSES: Final = 1000
_MAX_REFUSALS: Final = 1000

_Model = TypeVar("_Model", bound=BaseModel)
_Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
_Text = Annotated[str, StringConstraints(max_length=64)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class _Versioned(_Strict):
    v: Annotated[int, Field(ge=VERSION, le=VERSION)]


class _Refusal(_Strict):
    type: _Text
    reason: _Code


class _Failure(_Strict):
    id: _Text
    type: _Text
    reason: _Code
    check: Annotated[int, Field(ge=1, le=8)]


class _SearchAnswer(_Versioned):
    bundles: Annotated[list[object], Field(max_length=_MAX_LICENSES)]
    refusals: Annotated[list[_Refusal], Field(max_length=_MAX_REFUSALS)]
    failures: Annotated[list[_Failure], Field(max_length=_MAX_LICENSES)]
    more: bool


class _BundleAnswer(_Versioned):
    bundle: dict[str, object]


class _FindAnswer(_Versioned):
    bundle: dict[str, object] | None


class Problem(BaseModel):
    """What a refusal says (RFC 9457); members that nobody reads are ignored."""

    model_config = ConfigDict(strict=True, frozen=True)

    code: _Code = "unspecified"
    reason: _Code | None = None
    detail: Annotated[str, StringConstraints(max_length=2000)] = ""


def encode_search(query: PeerQuery) -> bytes:
    return canonical.encode(
        {
            "v": VERSION,
            "holder_code": query.holder_code,
            "types": list(query.type_codes),
            "purpose": query.purpose.to_json(),
        }
    )


def encode_one(license_id: str, purpose: Purpose) -> bytes:
    return canonical.encode({"v": VERSION, "id": license_id, "purpose": purpose.to_json()})


def encode_find(check_code: str | None, sha256: str | None) -> bytes:
    return canonical.encode({"v": VERSION, "check_code": check_code, "sha256": sha256})


def parse_search_answer(body: bytes) -> PeerAnswer:
    """Raise MalformedError unless it is exactly of version 1's form."""
    answer = _parse(_SearchAnswer, body, max_bytes=len(body))
    return PeerAnswer(
        unverified_bundles=tuple(answer.bundles),
        refusals=tuple(
            PeerRefusal(type_code=one.type, reason=one.reason) for one in answer.refusals
        ),
        failures=tuple(
            PeerFailure(license_id=one.id, type_code=one.type, reason=one.reason, check=one.check)
            for one in answer.failures
        ),
        more=answer.more,
    )


def parse_bundle_answer(body: bytes) -> object:
    """The unverified bundle in an answer."""
    return _parse(_BundleAnswer, body, max_bytes=_MAX_ONE_BYTES).bundle


def parse_find_answer(body: bytes) -> object | None:
    """The unverified bundle in an answer, if there is one."""
    return _parse(_FindAnswer, body, max_bytes=_MAX_ONE_BYTES).bundle


def parse_frame(body: bytes) -> tuple[object, bytes]:
    """(unverified bundle, file bytes) of an answer with a file."""
    length = int.from_bytes(body[:_LENGTH_BYTES], "big")
    start = _LENGTH_BYTES + length
    if len(body) < start or length > MAX_BUNDLE_BYTES:
        raise MalformedError("the frame of a file is cut short or states a wrong length")
    return canonical.parse(body[_LENGTH_BYTES:start], max_bytes=MAX_BUNDLE_BYTES), body[start:]


def parse_problem(body: bytes) -> Problem:
    """What a refusal says."""
    return _parse(Problem, body, max_bytes=_MAX_PROBLEM_BYTES)


def _parse(model: type[_Model], body: bytes, *, max_bytes: int) -> _Model:
    value = canonical.parse(body, max_bytes=max_bytes)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        # Places only: what was sent may be a person's.
        places = {".".join(map(str, one["loc"])) or "the whole" for one in error.errors()}
        raise MalformedError(
            f"not of the form agreed on: {', '.join(sorted(places)[:5])}"
        ) from None
