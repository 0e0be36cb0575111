"""The document describes the API that is there: bodies, scopes, problems, examples."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from api.problems import KINDS
from tests.api.support import Node

JSON = "application/json"
Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture
def document(node: Node) -> dict[str, Any]:
    found: dict[str, Any] = node.client().get("/openapi.json").json()
    return found


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def references(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "$ref":
                assert isinstance(inner, str)
                yield inner
            else:
                yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_version_and_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas


def test_every_route_is_described(node: Node, document: dict[str, Any]) -> None:
    client: Any = node.client()
    described = {(path, method) for path, method, _ in operations(document)}
    for context in iter_route_contexts(client.app.routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            path = route.path_format
            assert {(path, method.lower()) for method in route.methods or ()} <= described


def test_every_operation_has_words_a_tag_and_its_problems(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for path, method, operation in operations(document):
        assert operation["summary"], (path, method)
        assert operation["description"], (path, method)
        assert set(operation["tags"]) <= tags, (path, method)
        for status in ("421", "431", "500"):
            assert status in operation["responses"], (path, method)


def test_every_problem_is_described_as_one(document: dict[str, Any]) -> None:
    statuses = {str(kind.status) for kind in KINDS.values()}
    for path, method, operation in operations(document):
        for status, response in operation["responses"].items():
            is_ready = path == "/readyz" and status == "503"
            if status in statuses and not is_ready:
                content = response["content"]["application/problem+json"]
                assert content["schema"]["$ref"].endswith("/ProblemOut"), (path, method, status)
                assert content["example"]["status"] == int(status)


def test_every_json_body_and_answer_has_an_example(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for path, method, operation in operations(document):
        contents = [
            response["content"][JSON]
            for response in operation["responses"].values()
            if JSON in response.get("content", {})
        ]
        contents += [
            content
            for media_type, content in operation.get("requestBody", {}).get("content", {}).items()
            if media_type == JSON
        ]
        for content in contents:
            reference = content["schema"].get("$ref", "")
            name = reference.removeprefix("#/components/schemas/")
            assert schemas[name].get("examples"), (path, method, name)


def test_scopes_and_bodies_are_told(document: dict[str, Any]) -> None:
    register = document["paths"]["/v1/licenses"]["post"]
    assert "`licenses:write`" in register["description"]
    assert set(register["requestBody"]["content"]) == {JSON, "multipart/form-data"}
    assert {"400", "401", "403", "408", "409", "413", "415", "422", "503"} <= set(
        register["responses"]
    )
    verify = document["paths"]["/v1/verify"]["post"]
    assert {} in verify["security"]
    assert "429" in verify["responses"]


def test_manual_shows_every_operation(node: Node, document: dict[str, Any]) -> None:
    page = node.client().get("/docs").text
    assert "<script" not in page
    for path, method, _ in operations(document):
        assert f"{method.upper()} {path}" in page
