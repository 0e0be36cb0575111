"""Pages about the API itself, made from its own OpenAPI document: no script, nothing from afar."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from fastapi import APIRouter, Request
from markupsafe import Markup, escape
from starlette.responses import Response

from api.pages.page_route import PageRoute
from api.pages.site import site_of
from api.problems import BY_CODE, TYPE_PREFIX
from ledger.errors import NotFoundError

router = APIRouter(route_class=PageRoute, include_in_schema=False)

PATH: Final = "/docs"
_METHODS: Final = ("get", "post", "put", "delete")
_CODE: Final = re.compile("`+([^`]+)`+")
_CODE_TAG: Final = Markup("<code>{}</code>")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationView:
    """One operation: what it takes and answers."""

    name: str
    summary: Markup
    paragraphs: tuple[Markup, ...]
    takes: str
    parameters: tuple[tuple[str, str, Markup], ...]
    """Name, where it stands, what it is."""
    answers: tuple[tuple[str, Markup], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """The operations of one tag."""

    name: str
    description: Markup
    operations: tuple[OperationView, ...]


@router.get(PATH)
async def read_manual(request: Request) -> Response:
    """Every operation with what it takes and answers; `/openapi.json` is the whole of it."""
    document = request.app.openapi()
    info, language = document["info"], site_of(request).words(request).language
    return site_of(request).page(
        request,
        "manual.html",
        home=PATH,
        title=f"{info['title']} {info['version']}",
        paragraphs=_paragraphs(info["description"]),
        sections=tuple(_sections(document)),
        problems=[
            (kind.status, code, TYPE_PREFIX + code, kind.title(language))
            for code, kind in BY_CODE.items()
        ],
    )


@router.get(TYPE_PREFIX + "{code}")
async def read_problem(code: str, request: Request) -> Response:
    """What a problem's `type` leads to."""
    kind = BY_CODE.get(code)
    if kind is None:
        raise NotFoundError("there is no such problem type; GET /docs lists them")
    return site_of(request).page(
        request,
        "manual_problem.html",
        home=TYPE_PREFIX + code,
        title=kind.title(site_of(request).words(request).language),
        status_code=kind.status,
        code=code,
        text=kind.hidden_detail or "See the answer's detail and errors.",
    )


def _sections(document: Mapping[str, Any]) -> Iterator[SectionView]:
    for tag in document["tags"]:
        yield SectionView(
            name=tag["name"],
            description=_marked(tag["description"]),
            operations=tuple(
                _operation(path, method, operations[method])
                for path, operations in document["paths"].items()
                for method in _METHODS
                if tag["name"] in operations.get(method, {}).get("tags", ())
            ),
        )


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> OperationView:
    return OperationView(
        name=f"{method.upper()} {path}",
        summary=_marked(operation.get("summary", "")),
        paragraphs=_paragraphs(operation.get("description", "")),
        takes=" or ".join(operation.get("requestBody", {}).get("content", {})),
        parameters=tuple(
            (one["name"], one["in"], _marked(one.get("description", "")))
            for one in operation.get("parameters", ())
        ),
        answers=tuple(
            (status, _marked(answer["description"]))
            for status, answer in sorted(operation["responses"].items())
        ),
    )


def _paragraphs(text: str) -> tuple[Markup, ...]:
    return tuple(_marked(one) for one in text.split("\n\n") if one.strip())


def _marked(text: str) -> Markup:
    """The text, escaped, with what stands in backticks as code."""
    plain_and_code = enumerate(_CODE.split(text))
    return Markup("").join(
        _CODE_TAG.format(piece) if at % 2 else escape(piece) for at, piece in plain_and_code
    )
