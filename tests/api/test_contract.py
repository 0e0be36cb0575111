"""Whatever is sent: never a 5xx, and every answer is one that the document describes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from pytest import Subtests
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from ledger.services.accounts import Scope
from tests.api.support import Node, open_node

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = 12
"""For each operation; the whole stays within a minute."""


@pytest.fixture(scope="module")
def almighty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, str, str]]:
    """A node with a license, a token with every scope, and the license's id."""
    node = open_node(tmp_path_factory.mktemp("contract"))
    registered = node.register(node.client("business"))
    made = node.region.accounts.create_token(
        office=node.region.office,
        label="all",
        scopes=[scope.value for scope in Scope],
        life=timedelta(days=1),
    )
    yield node, made.secret, registered["id"]
    node.region.database.close()


def test_contract(almighty: tuple[Node, str, str], subtests: Subtests) -> None:
    """Sound and unsound requests to every operation."""
    node, token, license_id = almighty
    client: Any = node.client()
    schema = schemathesis.openapi.from_asgi("/openapi.json", client.app)
    operations: list[Any] = [found.ok() for found in cast(Any, schema).get_all_operations()]
    assert len(operations) >= 20
    for operation in operations:
        for mode in GenerationMode:
            with subtests.test(operation=operation.label, mode=mode.value):
                known = {"license_id": license_id} if mode is GenerationMode.POSITIVE else {}
                _send(operation.as_strategy(generation_mode=mode), token, known)
    counted = re.findall(
        r"^ledger_http_requests_total.* ([0-9.]+)$", client.get("/metrics").text, re.M
    )
    assert sum(map(float, counted)) > len(operations) * EXAMPLES


def _send(cases: SearchStrategy[Any], token: str, known: dict[str, str]) -> None:
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def send(case: Any) -> None:
        for name in known.keys() & (case.path_parameters or {}).keys():
            case.path_parameters[name] = known[name]
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    try:
        send()
    except Unsatisfiable:
        return  # an operation without parameters has no unsound requests
