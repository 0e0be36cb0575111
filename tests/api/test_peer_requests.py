"""What a node answers to other nodes: nothing to whoever does not prove to be a member, once."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest

from ledger import canonical, signing
from ledger.errors import PeerRefusedError
from ledger.keys import KeyId, SigningKey
from ledger.ports.peers import PeerQuery
from ledger.signing import Signer
from ledger.types import Region
from tests.support.exchange import register
from tests.support.nodes import Node, Nodes, serve_nodes, signer_of
from tests.support.peers import PURPOSE, client_of
from tests.support.region import FIRM, organization_type, person_type
from tests.support.signed import (
    NOWHERE,
    ask,
    facts_on_chain,
    one_message,
    refused,
    search_message,
    send,
    verify,
)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with serve_nodes(tmp_path_factory.mktemp("nodes"), ("133100", "110000", "120000")) as served:
        yield served


@pytest.fixture
def asking(nodes: Nodes) -> Node:
    return nodes["133100"]


@pytest.fixture
def asked(nodes: Nodes) -> Node:
    return nodes["110000"]


def test_an_answer_is_signed_for_its_request(asking: Node, asked: Node) -> None:
    request = ask(asking, asked)
    response = send(request)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    verify(response, request, asked)
    assert canonical.encode(response.json()) == response.content


@pytest.mark.parametrize("path", ["search", "bundle", "file", "find"])
def test_nothing_is_read_unsigned(asked: Node, path: str) -> None:
    """Not even whether the body is one."""
    for body in (b"", b"{", canonical.encode(search_message())):
        response = httpx2.post(f"{asked.url}/v1/peer/{path}", content=body)
        assert refused(response, 401) == "signature_missing"
        assert "signature" not in response.headers


def test_a_bearer_token_is_no_signature(asked: Node) -> None:
    response = asked.http.post("/v1/peer/search", json=search_message())
    assert refused(response, 401) == "signature_missing"


def test_replayed(asking: Node, asked: Node) -> None:
    request = ask(asking, asked)
    assert send(request).status_code == 200
    for _ in range(2):
        response = send(request)
        assert refused(response, 401) == "signature_replayed"
        verify(response, request, asked)


def test_replayed_after_a_refusal(asking: Node, asked: Node) -> None:
    request = ask(asking, asked, "bundle", one_message(NOWHERE))
    assert refused(send(request), 404) == "not_found"
    assert refused(send(request), 401) == "signature_replayed"


def test_a_nonce_is_remembered_for_as_long_as_its_signature_counts(
    asking: Node, asked: Node
) -> None:
    request = ask(asking, asked, life=signing.MAX_LIFE)
    assert send(request).status_code == 200
    clock = asked.region.clock
    before = clock()
    try:
        clock.now = before + signing.MAX_LIFE + signing.MAX_SKEW
        with asked.region.database.write() as session:
            session.accounts.forget_nonces(clock())
        assert refused(send(request), 401) == "signature_replayed"
        clock.advance(1)
        assert refused(send(request), 401) == "signature_expired"
    finally:
        clock.now = before


def test_retargeted_to_another_region(nodes: Nodes, asking: Node, asked: Node) -> None:
    """What 133100 asked 110000 is played to 120000, and to another path of 110000."""
    request = ask(asking, asked)
    other = f"{nodes['120000'].url}/v1/peer/search"
    assert refused(send(request, other), 401) == "signature_invalid"
    assert refused(send(request, f"{asked.url}/v1/peer/bundle"), 401) == "signature_invalid"
    assert refused(send(request, f"{request.url}?a=1"), 401) == "signature_invalid"
    assert send(request).status_code == 200


def test_the_host_field_decides_nothing(nodes: Nodes, asking: Node, asked: Node) -> None:
    """A request for 110000 sent to 120000 under 110000's name."""
    request = ask(asking, asked)
    host = asked.url.removeprefix("http://")
    moved = replace(request, fields=(*request.fields, ("host", host)))
    other = f"{nodes['120000'].url}/v1/peer/search"
    assert refused(send(moved, other), 401) == "signature_invalid"


def test_swapped_body(asking: Node, asked: Node) -> None:
    request = ask(asking, asked)
    other = canonical.encode(search_message(holder_code="91110000MA01ABCD1M"))
    response = send(replace(request, body=other))
    assert refused(response, 401) == "digest_mismatch"
    verify(response, request, asked)


def test_stale_early_and_long_lived(asking: Node, asked: Node) -> None:
    old = ask(asking, asked, age=timedelta(minutes=10))
    assert refused(send(old), 401) == "signature_expired"
    early = ask(asking, asked, age=timedelta(minutes=-10))
    assert refused(send(early), 401) == "signature_not_yet_valid"
    long = ask(asking, asked, life=timedelta(seconds=301))
    assert refused(send(long), 401) == "signature_life_too_long"


def test_downgraded_coverage(asking: Node, asked: Node) -> None:
    """Properly signed by a member's key, without binding the body."""
    request = ask(asking, asked)
    fields = dict(request.fields)
    parameters = fields["signature-input"].removeprefix("ledger=").replace(' "content-digest"', "")
    lines = [
        '"@method": POST',
        f'"@target-uri": {request.url}',
        '"content-type": application/json',
        f'"@signature-params": {parameters}',
    ]
    raw = asking.region.signing_key.sign("\n".join(lines).encode())
    fields["signature-input"] = f"ledger={parameters}"
    fields["signature"] = f"ledger=:{b64encode(raw).decode()}:"
    weak = replace(request, fields=tuple(fields.items()))
    assert refused(send(weak), 401) == "coverage_insufficient"


@pytest.mark.parametrize("key_id", ["133100/1", "130000/0", "999999/0"])
def test_unknown_keys_are_all_the_same(asking: Node, asked: Node, key_id: str) -> None:
    """No such number, no such region: nobody learns which."""
    region, number = key_id.split("/")
    stranger = Signer(key_id=KeyId(Region(region), int(number)), key=SigningKey.generate())
    response = send(ask(asking, asked, signer=stranger))
    assert refused(response, 401) == "key_unknown"
    assert response.json()["detail"].replace(key_id, "") == (
        " is not the current signing key of a region as this node's mirror has it; "
        "after a rotation, wait until the other node has seen its block"
    )


def test_a_members_name_with_another_key(asking: Node, asked: Node) -> None:
    thief = replace(signer_of(asking.region), key=SigningKey.generate())
    assert refused(send(ask(asking, asked, signer=thief)), 401) == "signature_invalid"


def test_a_refused_stranger_leaves_no_nonce(asking: Node, asked: Node) -> None:
    """Else anyone could fill the table, or use up a member's nonces."""
    with asked.region.database.write() as session:
        session.accounts.forget_nonces(asked.region.clock() + timedelta(days=1))
    thief = replace(signer_of(asking.region), key=SigningKey.generate())
    for _ in range(3):
        send(ask(asking, asked, signer=thief))
    with asked.region.database.write() as session:
        assert session.accounts.forget_nonces(asked.region.clock() + timedelta(days=1)) == 0


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("search", search_message(v=2)),
        ("search", search_message(v=True)),
        ("search", search_message(types=["x"])),
        ("search", search_message(types=[organization_type().code] * 201)),
        ("search", search_message(holder_code="")),
        ("search", search_message(holder_code="9" * 201)),
        ("search", search_message(purpose=None)),
        ("search", search_message(purpose=PURPOSE.to_json() | {"case_number": " "})),
        ("search", search_message(extra=1)),
        ("bundle", one_message("../../etc/passwd")),
        ("file", one_message(NOWHERE.upper())),
        ("find", {"v": 1, "check_code": None, "sha256": None}),
        ("find", {"v": 1, "check_code": "A" * 22, "sha256": "0" * 64}),
        ("find", {"v": 1, "check_code": "A" * 21, "sha256": None}),
        ("find", {"v": 1, "check_code": None, "sha256": "0" * 63}),
    ],
)
def test_a_message_of_another_form(
    asking: Node, asked: Node, path: str, message: dict[str, object]
) -> None:
    request = ask(asking, asked, path, message)
    response = send(request)
    assert refused(response, 422) == "invalid_input"
    verify(response, request, asked)
    assert FIRM not in response.text


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b"[" * 100_000, b'{"v":1,"v":1}', b"null", b"x" * 1_000_000]
)
def test_no_json(asking: Node, asked: Node, body: bytes) -> None:
    request = ask(asking, asked, "search", body)
    response = send(request)
    assert response.status_code in (400, 422)
    verify(response, request, asked)


def test_too_large(asking: Node, asked: Node) -> None:
    assert refused(send(ask(asking, asked, "search", b" " * (1 << 21))), 413) == "too_large"


def test_other_methods_and_paths(asking: Node, asked: Node) -> None:
    assert refused(httpx2.get(f"{asked.url}/v1/peer/search"), 405) == "method_not_allowed"
    assert refused(send(ask(asking, asked, "nothing")), 404) == "not_found"


def test_a_license_of_a_level_out_of_reach_is_as_absent(
    nodes: Nodes, asking: Node, asked: Node
) -> None:
    license_id = register(nodes, "110000", person_type(3))
    for path in ("bundle", "file"):
        request = ask(asking, asked, path, one_message(license_id))
        response = send(request)
        assert refused(response, 404) == "not_found"
        verify(response, request, asked)


async def test_the_client_reads_what_the_routes_write(
    nodes: Nodes, asking: Node, asked: Node
) -> None:
    """Both sides of the protocol against each other, refusals and findings alike."""
    license_id = register(nodes, "110000", content=b"%PDF-1.7 of the protocol")
    held_back = register(nodes, "110000", person_type(3))
    peer = facts_on_chain(asked)
    query = PeerQuery(holder_code=FIRM, type_codes=(organization_type().code,), purpose=PURPOSE)
    async with client_of(asking.region) as client:
        answer = await client.search(peer, query)
        assert license_id in [one["entry"]["id"] for one in answer.unverified_bundles]  # type: ignore[index]
        assert (answer.refusals, answer.failures, answer.more) == ((), (), False)
        bundle, content = await client.file(peer, license_id, PURPOSE)
        assert content == b"%PDF-1.7 of the protocol"
        assert isinstance(bundle, dict)
        assert bundle == await client.bundle(peer, license_id, PURPOSE)
        for wrong in (NOWHERE, held_back):
            with pytest.raises(PeerRefusedError) as caught:
                await client.bundle(peer, wrong, PURPOSE)
            assert caught.value.reason == "not_found"
            assert caught.value.region == "110000"
