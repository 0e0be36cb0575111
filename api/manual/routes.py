"""Pages about the API itself, made from its own OpenAPI document: no script, nothing from afar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from api.language import preferred
from api.problems import BY_CODE, TYPE_PREFIX
from ledger.errors import NotFoundError

router = APIRouter(include_in_schema=False)

_METHODS = ("get", "post", "put", "delete")


@router.get("/docs")
async def read_manual(request: Request) -> Response:
    """Every operation with what it takes and answers; `/openapi.json` is the whole of it."""
    document = request.app.openapi()
    language = preferred(request.headers.get("accept-language", ""))
    return HTMLResponse("".join(_page(document, language)))


@router.get(TYPE_PREFIX + "{code}")
async def read_problem(code: str, request: Request) -> Response:
    """What a problem's `type` leads to."""
    kind = BY_CODE.get(code)
    if kind is None:
        raise NotFoundError("there is no such problem type; GET /docs lists them")
    language = preferred(request.headers.get("accept-language", ""))
    title = escape(kind.title(language))
    text = escape(kind.hidden_detail or "See the answer's detail and errors.")
    return HTMLResponse(
        f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{title}</title>'
        f"<h1>{title}</h1><p>{kind.status} <code>{escape(code)}</code></p><p>{text}</p></html>"
    )


def _page(document: Mapping[str, Any], language: str) -> Iterator[str]:
    title = escape(document["info"]["title"])
    yield f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
    yield f"<h1>{title} {escape(document['info']['version'])}</h1>"
    yield f"<p>{escape(document['info']['description'])}</p>"
    yield '<p><a href="/openapi.json">/openapi.json</a></p>'
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'])}</h2><p>{escape(tag['description'])}</p>"
        for path, operations in document["paths"].items():
            for method in _METHODS:
                if tag["name"] in operations.get(method, {}).get("tags", ()):
                    yield from _operation(path, method, operations[method])
    yield "<h2>problems</h2><ul>"
    for code, kind in BY_CODE.items():
        link = f'<a href="{TYPE_PREFIX}{code}"><code>{code}</code></a>'
        yield f"<li>{kind.status} {link} {escape(kind.title(language))}</li>"
    yield "</ul></html>"


def _operation(path: str, method: str, operation: Mapping[str, Any]) -> Iterator[str]:
    yield f"<h3><code>{method.upper()} {escape(path)}</code></h3>"
    yield f"<p><b>{escape(operation.get('summary', ''))}.</b> "
    yield f"{escape(operation.get('description', ''))}</p>"
    body = operation.get("requestBody", {}).get("content", {})
    if body:
        yield f"<p>Takes {escape(' or '.join(body))}.</p>"
    yield "<ul>"
    for parameter in operation.get("parameters", ()):
        yield f"<li><code>{escape(parameter['name'])}</code> ({escape(parameter['in'])}) "
        yield f"{escape(parameter.get('description', ''))}</li>"
    yield "</ul><p>Answers "
    yield ", ".join(
        f"{status} {escape(answer['description'])}"
        for status, answer in sorted(operation["responses"].items())
    )
    yield "</p>"
