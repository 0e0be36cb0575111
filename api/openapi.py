"""The OpenAPI 3.1 document: what FastAPI cannot see is read off the dependencies themselves.

A dependency that reads a body says what it reads, one that asks for a scope says which; the
problems that follow from either are added here, so a route names only those that are its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from api import problems
from api.bodies import ReadsBody
from api.dependencies import Allowed, optional_caller
from api.problems import KINDS, MEDIA_TYPE, Kind, ProblemOut
from ledger import errors
from ledger.errors import LedgerError

DESCRIPTION: Final = (
    "License offices of several regions share electronic licenses that anyone can check and "
    "nobody can quietly change. Every error is problem+json (RFC 9457) with a stable `code`."
)
TAGS: Final = [
    {"name": "licenses", "description": "An office registers, reads and changes its licenses."},
    {"name": "verification", "description": "Is it real, is it in force? No login."},
    {"name": "exchange", "description": "Licenses of other regions, verified here."},
    {"name": "catalogue", "description": "Regions, types, heads and tiles: public."},
    {"name": "accounts", "description": "Offices and tokens, for operators."},
    {"name": "health", "description": "Live, ready, figures."},
]

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])

_READER: Final = "__body_reader__"
_REF: Final = "#/components/schemas/"
_ALWAYS: Final[tuple[type[LedgerError], ...]] = (
    problems.WrongHostError,
    problems.HeadersTooLargeError,
    errors.LedgerError,
)
_WITH_CALLER: Final[tuple[type[LedgerError], ...]] = (errors.NotAuthenticatedError,)
_WITH_SCOPE: Final[tuple[type[LedgerError], ...]] = (errors.NotPermittedError,)
_WITH_BODY: Final[tuple[type[LedgerError], ...]] = (
    problems.MalformedBodyError,
    problems.SlowBodyError,
    problems.BodyTooLargeError,
    problems.MediaTypeError,
    errors.InvalidInputError,
)
_WITH_STORE: Final[tuple[type[LedgerError], ...]] = (errors.BusyError,)


def refusals(*kinds: type[LedgerError]) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may end in these errors."""
    described: dict[int | str, dict[str, Any]] = {}
    for kind in (KINDS[one] for one in kinds):
        before = described.get(kind.status)
        described[kind.status] = _problem(kind, before["description"] if before else "")
    return described


def binary(description: str, *media_types: str) -> dict[str, Any]:
    """The description of an answer that is bytes."""
    schema = {"type": "string", "format": "binary"}
    return {
        "description": description,
        "content": {one: {"schema": schema} for one in media_types},
    }


def takes_body(reader: ReadsBody) -> Callable[[Endpoint], Endpoint]:
    """Mark a route that calls `reader` itself, without a dependency."""

    def mark(endpoint: Endpoint) -> Endpoint:
        setattr(endpoint, _READER, reader)
        return endpoint

    return mark


def build_document(app: FastAPI) -> dict[str, Any]:
    """The whole document of `app`, with every body, scope and problem."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        tags=TAGS,
        routes=app.routes,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    models: set[type[BaseModel]] = {ProblemOut}
    for route in _api_routes(app):
        path = document["paths"].get(route.path_format, {})
        for method in route.methods or ():
            if operation := path.get(method.lower()):
                _complete(operation, route, models)
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    ordered = sorted(models, key=lambda model: model.__name__)
    _, described = models_json_schema(
        [(model, "validation") for model in ordered], ref_template=_REF + "{model}"
    )
    schemas.update(described["$defs"])
    return document


def _api_routes(app: FastAPI) -> Iterator[APIRoute]:
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            yield context.original_route


def _complete(
    operation: MutableMapping[str, Any], route: APIRoute, models: set[type[BaseModel]]
) -> None:
    calls = list(_calls(route.dependant))
    calls.append(getattr(route.endpoint, _READER, None))
    kinds = [*_ALWAYS]
    if optional_caller in calls:
        kinds += _WITH_CALLER
    for call in calls:
        if isinstance(call, Allowed):
            kinds += _WITH_SCOPE
            operation["description"] = (
                f"{operation.get('description', '')}\n\nNeeds the scope `{call.scope.value}`."
            ).strip()
        elif isinstance(call, ReadsBody):
            kinds += _WITH_BODY
            operation["requestBody"] = _request_body(call, models)
    if not route.path.startswith("/healthz"):
        kinds += _WITH_STORE
    _add_problems(operation, kinds)


def _add_problems(operation: MutableMapping[str, Any], kinds: Iterable[type[LedgerError]]) -> None:
    responses = operation["responses"]
    if "HTTPValidationError" in str(responses.get("422", "")):
        responses["422"] = _problem(KINDS[errors.InvalidInputError], "")
    for kind in (KINDS[one] for one in kinds):
        responses.setdefault(str(kind.status), _problem(kind, ""))


def _calls(dependant: Dependant) -> Iterator[object]:
    for inner in dependant.dependencies:
        yield inner.call
        yield from _calls(inner)


def _request_body(reader: ReadsBody, models: set[type[BaseModel]]) -> dict[str, Any]:
    return {
        "required": True,
        "content": {
            media_type: {"schema": _referring(schema, models)}
            for media_type, schema in reader.describe().items()
        },
    }


def _referring(schema: Any, models: set[type[BaseModel]]) -> Any:
    """`schema` with every model's class in it replaced by a reference."""
    if isinstance(schema, type) and issubclass(schema, BaseModel):
        models.add(schema)
        return {"$ref": _REF + schema.__name__}
    if isinstance(schema, Mapping):
        return {name: _referring(inner, models) for name, inner in schema.items()}
    if isinstance(schema, list):
        return [_referring(inner, models) for inner in schema]
    return schema


def _problem(kind: Kind, before: str) -> dict[str, Any]:
    headers = {}
    if kind.status in (429, 503):
        headers["Retry-After"] = {"schema": {"type": "integer"}, "description": "Seconds."}
    if kind.status == 401:
        headers["WWW-Authenticate"] = {"schema": {"type": "string"}}
    return {
        "description": f"{before}, or: {kind.title_en}" if before else kind.title_en,
        "headers": headers,
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": _REF + ProblemOut.__name__},
                "example": {
                    "type": problems.TYPE_PREFIX + kind.code,
                    "title": kind.title_zh,
                    "status": kind.status,
                    "detail": kind.hidden_detail or f"{HTTPStatus(kind.status).phrase}.",
                    "instance": "/v1/licenses",
                    "code": kind.code,
                    "errors": [],
                },
            }
        },
    }
