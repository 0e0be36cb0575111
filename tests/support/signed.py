"""Signed requests as another node sends them, and what a test looks at in the answers."""

from __future__ import annotations

import os
from datetime import timedelta

import httpx2

from ledger import canonical, signing
from ledger.ports.mirror import RegionFacts
from ledger.signing import Answer, Request, Signer
from tests.support.nodes import Node, signer_of
from tests.support.peers import PURPOSE
from tests.support.region import FIRM

NOWHERE = "0193ffff-0000-7000-8000-000000000000"
"""The id of no license."""


def ask(
    asking: Node,
    asked: Node,
    path: str = "search",
    message: object = None,
    *,
    signer: Signer | None = None,
    life: timedelta = signing.DEFAULT_LIFE,
    age: timedelta = timedelta(0),
) -> Request:
    """A request as the asking node would sign it."""
    if message is None:
        message = search_message()
    return signing.sign_request(
        method="POST",
        url=f"{asked.url}/v1/peer/{path}",
        content_type="application/json",
        body=message if isinstance(message, bytes) else canonical.encode(message),
        signer=signer or signer_of(asking.region),
        now=asking.region.clock() - age,
        nonce=os.urandom(16),
        life=life,
    )


def search_message(**changes: object) -> dict[str, object]:
    """A search for the firm of these tests."""
    return {"v": 1, "holder_code": FIRM, "types": [], "purpose": PURPOSE.to_json()} | changes


def one_message(license_id: str) -> dict[str, object]:
    """A request for one license or its file."""
    return {"v": 1, "id": license_id, "purpose": PURPOSE.to_json()}


def send(request: Request, url: str = "") -> httpx2.Response:
    """Send it to where it was signed for, or somewhere else."""
    return httpx2.post(url or request.url, content=request.body, headers=list(request.fields))


def verify(response: httpx2.Response, request: Request, asked: Node) -> None:
    """The answer is the asked region's own, to this request."""
    key = signer_of(asked.region)
    signing.verify_answer(
        Answer(
            status=response.status_code,
            fields=tuple(response.headers.multi_items()),
            body=response.content,
        ),
        request=request,
        key=key.key.public,
        key_id=key.key_id,
        now=asked.region.clock(),
    )


def refused(response: httpx2.Response, status: int) -> str:
    """The reason of a refusal with this status."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json().get("reason", response.json()["code"]))


def facts_on_chain(node: Node) -> RegionFacts:
    """What the chain says of the node's region."""
    with node.region.database.read() as session:
        position = session.mirror.position()
        assert position is not None
        found = session.mirror.region(node.code, as_of=position.newest.number)
    assert found is not None
    return found
