"""Bodies of requests: read whole, within limits, and strictly.

JSON is read by `ledger.canonical.parse`, which takes only what leaves no doubt (UTF-8, no name
twice, 64 levels, integers that every language holds), and then checked against a schema without
coercion. What is wrong is answered by field; values are never repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Generic, Protocol, TypeVar, runtime_checkable

from fastapi import Request
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from starlette.requests import ClientDisconnect

from api.dependencies import settings_of
from api.problems import BodyTooLargeError, MalformedBodyError, MediaTypeError
from ledger import canonical
from ledger.errors import Fault, InvalidInputError, MalformedError

Model = TypeVar("Model", bound=BaseModel)

BodyDescription = Mapping[str, Any]
"""Media type → schema; a model's class in it stands for the model's schema."""

JSON: Final = "application/json"
FORM: Final = "multipart/form-data"

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,39}")
_OTHER_NAME: Final = "(another name)"

MAX_FAULTS: Final = 100
"""Faults that one answer names; a caller corrects those first."""


@runtime_checkable
class ReadsBody(Protocol):
    """A dependency that reads the request's body, and tells the OpenAPI document what it reads."""

    def describe(self) -> BodyDescription: ...


class Body(BaseModel):
    """Parent of every request body: nothing is coerced, no member is unknown."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class JsonBody(Generic[Model]):
    """A dependency that reads a JSON body of one model; the OpenAPI document derives from it."""

    model: type[Model]

    def describe(self) -> BodyDescription:
        """For the OpenAPI document."""
        return {JSON: self.model}

    async def __call__(self, request: Request) -> Model:
        require_media_type(request, JSON)
        limit = settings_of(request).max_json_bytes
        value = parse_json(await read_body(request, limit), max_bytes=limit)
        adapter: TypeAdapter[Model] = _adapter_of(self.model)
        return check(adapter, value)


@lru_cache(maxsize=256)
def _adapter_of(model: type[Model]) -> TypeAdapter[Model]:
    return TypeAdapter(model)


def media_type_of(request: Request) -> str:
    """The body's media type in lower case, without parameters; empty when none is stated."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def require_media_type(request: Request, *accepted: str) -> str:
    """The body's media type; raise MediaTypeError unless it is one of `accepted`."""
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise MediaTypeError("compressed bodies are not read here; send it without encoding")
    stated = media_type_of(request)
    if stated not in accepted:
        raise MediaTypeError(
            f"the body is {stated[:60] or 'of no stated type'}; send {' or '.join(accepted)}"
        )
    return stated


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body, at most `limit` bytes; raise BodyTooLargeError as soon as it is more."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated[:20]) > limit:
        raise _too_large(limit)
    # `request.stream()` does the same through a generator, at twice the cost for a small body.
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body", False):
            return b"".join((*chunks, chunk)) if chunks else bytes(chunk)
        chunks.append(chunk)


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"at most {limit} bytes are taken here; send less at once")


def parse_json(data: bytes, *, max_bytes: int) -> object:
    """The JSON value in `data`; raise MalformedBodyError saying where it goes wrong."""
    try:
        return canonical.parse(data, max_bytes=max_bytes)
    except MalformedError as error:
        raise MalformedBodyError(f"the body cannot be read: {error}") from error


def check(adapter: TypeAdapter[Model], value: object, *, row: int | None = None) -> Model:
    """`value` as the adapter's model; raise InvalidInputError naming every fault."""
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise InvalidInputError(faults_of(error.errors(include_url=False), row=row)) from error


def faults_of(details: Iterable[Mapping[str, Any]], *, row: int | None = None) -> tuple[Fault, ...]:
    """Pydantic's error details as faults; no value that was sent is in them."""
    faults: list[Fault] = []
    for detail in details:
        if len(faults) == MAX_FAULTS:
            break
        problem, next_step, code = _explain(detail)
        faults.append(
            Fault(
                field=path_of(detail["loc"]),
                problem=problem,
                next_step=next_step,
                code=code,
                row=row,
            )
        )
    return tuple(faults)


def path_of(location: Iterable[object]) -> str:
    """A path such as `holders[0].code`. A name that does not look like a member's or a header
    field's is not repeated: a caller's own name may be a person's number.
    """
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            name = str(step)
            path += ("." if path else "") + (name if _NAME.fullmatch(name) else _OTHER_NAME)
    return path or "body"


def _explain(detail: Mapping[str, Any]) -> tuple[str, str, str]:
    """Problem, next step and code for one of pydantic's error types."""
    kind = detail["type"]
    fixed = _EXPLANATIONS.get(kind)
    if fixed is not None:
        return fixed
    message = str(detail["msg"]).removeprefix("Value error, ")
    problem = message[:1].lower() + message[1:]
    for suffix, code in _CODES.items():
        if kind.endswith(suffix):
            return problem, "see the description of this operation in /openapi.json", code
    return problem, "correct the value", "invalid_value"


_EXPLANATIONS: Final[Mapping[str, tuple[str, str, str]]] = {
    "missing": ("is missing", "add it", "missing"),
    "extra_forbidden": (
        "is not a member that is known here",
        "leave it out, or check its spelling",
        "unknown_member",
    ),
}
_CODES: Final[Mapping[str, str]] = {
    "_type": "wrong_type",
    "_too_long": "too_long",
    "_too_short": "too_short",
    "too_long": "too_long",
    "too_short": "too_short",
    "_pattern_mismatch": "malformed_text",
}


def converted(function: Callable[[object], Any]) -> Callable[[object], Any]:
    """`function` for use as a pydantic validator: its MalformedError becomes a fault."""

    def convert(value: object) -> Any:
        try:
            return function(value)
        except MalformedError as error:
            raise ValueError(str(error)) from error

    return convert
