"""A region that is away, slow, damaged or lying: named, refused, and never in others' way."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ledger import canonical, signing
from ledger.chain_events import EndpointSet, TypeSet
from ledger.hashing import sha256, type_hash
from ledger.peers import messages
from ledger.verdict import CHECK_OF
from tests.support.exchange import (
    fetch,
    licenses_of,
    part_of,
    problem,
    purpose,
    register,
    search,
)
from tests.support.nodes import NODES, Node, Nodes, serve_nodes, signer_of
from tests.support.raw_peer import Connection, raw_peer
from tests.support.region import FIRM, organization_type

CODES = ("133100", "110000", "130000")


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    with serve_nodes(tmp_path, CODES) as served:
        yield served


@pytest.fixture
def asking(nodes: Nodes) -> Node:
    return nodes["133100"]


@contextmanager
def raw_peer_in_thread(script: Callable[[Connection], Awaitable[None]]) -> Iterator[str]:
    """A raw peer beside a test that is not asynchronous; its URL."""
    started, ended, urls = threading.Event(), threading.Event(), []

    async def serve() -> None:
        async with raw_peer(script) as peer:
            urls.append(peer.url)
            started.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    started.wait()
    try:
        yield urls[0]
    finally:
        ended.set()
        thread.join()


def move(nodes: Nodes, code: str, url: str) -> None:
    """Have the chain say that the region's node answers at `url`."""
    since = nodes.chain.newest.number + 2
    nodes.chain.block([EndpointSet(region=nodes[code].code, url=url, since_block=since)])
    nodes.chain.block()


def lying(node: Node, asked_url: str, answer: dict[str, Any]) -> Callable[..., Awaitable[None]]:
    """A peer that holds the region's own key and says whatever it likes."""

    async def script(connection: Connection) -> None:
        head, body = connection.request.split(b"\r\n\r\n", 1)
        lines = [line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:]]
        signed = signing.sign_answer(
            signing.Request(
                method="POST",
                url=asked_url,
                fields=tuple((name, value) for name, value in lines),
                body=body,
            ),
            status=200,
            content_type="application/json",
            body=canonical.encode(answer),
            signer=signer_of(node.region),
            now=node.region.clock(),
        )
        out = [f"{name}: {value}" for name, value in signed.fields]
        out += [f"Content-Length: {len(signed.body)}", "", ""]
        await connection.send(
            ("HTTP/1.1 200 OK\r\n" + "\r\n".join(out)).encode("latin-1") + signed.body
        )

    return script


async def hang(connection: Connection) -> None:
    await asyncio.sleep(60)


def bundle_of(node: Node, license_id: str) -> dict[str, Any]:
    answer = node.http.get(f"/v1/licenses/{license_id}/bundle")
    assert answer.status_code == 200
    return dict(answer.json())


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("nobody listens", "130000: connection refused"),
        ("slow", f"130000 did not answer in {NODES.answer_seconds:g} s; ask again later"),
        ("no HTTP", "130000: it does not speak HTTP, or broke off"),
    ],
)
def test_an_unreachable_region_is_named_and_the_rest_served(
    nodes: Nodes, asking: Node, kind: str, why: str
) -> None:
    license_id = register(nodes, "110000")

    async def babble(connection: Connection) -> None:
        await connection.send(b"220 mail.example ESMTP\r\n")
        connection.writer.close()

    with raw_peer_in_thread(hang if kind == "slow" else babble) as url:
        move(nodes, "130000", "http://127.0.0.1:1" if kind == "nobody listens" else url)
        begun = time.monotonic()
        answer = search(asking)
        assert time.monotonic() - begun < NODES.answer_seconds + 2
    assert answer["complete"] is False
    silent = part_of(answer, "130000")
    assert silent["outcome"] == "unreachable"
    assert silent["detail"] == why
    assert licenses_of(answer, "110000")[license_id]["verdict"]["reason"] == "ok"
    nowhere = "0193ffff-0000-7000-8000-000000000000"
    assert problem(fetch(asking, "130000", nowhere), 504)["region"] == "130000"


def test_a_row_changed_in_the_other_regions_database(nodes: Nodes, asking: Node) -> None:
    """Outside the software, with nothing but the database file."""
    touched, other = register(nodes, "110000"), register(nodes, "110000")
    database = sqlite3.connect(nodes["110000"].region.folder / "region.sqlite")
    with database:
        changed = database.execute(
            "UPDATE license SET entry = CAST(replace(entry, '2030-12-31', '2039-12-31') AS BLOB) "
            "WHERE id = ?",
            (touched,),
        )
        assert changed.rowcount == 1
    database.close()
    found = licenses_of(search(asking), "110000")
    assert found[touched]["verdict"]["verdict"] == "invalid"
    assert found[touched]["links"]["file"] is None
    assert found[other]["verdict"]["reason"] == "ok"
    for part in ("", "/file"):
        refused = problem(fetch(asking, "110000", touched, part), 409)
        assert refused["reason"] == found[touched]["verdict"]["reason"]
        assert refused["check"] == CHECK_OF[refused["reason"]]
        assert fetch(asking, "110000", other, part).status_code == 200


def test_a_byte_flipped_in_the_other_regions_file(nodes: Nodes, asking: Node) -> None:
    touched, other = register(nodes, "110000"), register(nodes, "110000")
    (stored,) = [
        path
        for path in (nodes["110000"].region.folder / "files").rglob("*")
        if path.is_file() and touched in str(path)
    ]
    sealed = bytearray(stored.read_bytes())
    sealed[len(sealed) // 2] ^= 1
    stored.chmod(0o600)
    stored.write_bytes(sealed)
    refused = problem(fetch(asking, "110000", touched, "/file"), 409)
    assert (refused["reason"], refused["check"]) == ("content_mismatch", 2)
    assert fetch(asking, "110000", other, "/file").status_code == 200


def test_a_region_that_returns_another_license(nodes: Nodes, asking: Node) -> None:
    """Scenario 49: valid, and not the one asked for."""
    asked, other = register(nodes, "110000"), register(nodes, "110000")
    bundle = bundle_of(nodes["110000"], other)
    with raw_peer_in_thread(
        lying(nodes["110000"], nodes["110000"].url, {"v": 1, "bundle": bundle})
    ) as url:
        move(nodes, "110000", url)
        refused = problem(fetch(asking, "110000", asked), 409)
    assert (refused["reason"], refused["check"]) == ("wrong_license", 2)


def test_a_region_that_returns_another_regions_license(nodes: Nodes, asking: Node) -> None:
    bundle = bundle_of(nodes["130000"], register(nodes, "130000"))
    told = {"v": 1, "bundles": [bundle], "refusals": [], "failures": [], "more": False}
    with raw_peer_in_thread(lying(nodes["110000"], nodes["110000"].url, told)) as url:
        move(nodes, "110000", url)
        answer = search(asking, regions=["110000"])
    (found,) = part_of(answer, "110000")["licenses"]
    assert found["verdict"]["reason"] == "wrong_license"


def test_a_region_that_invents_a_license(nodes: Nodes, asking: Node) -> None:
    """Everything recomputed to match, by the region itself, and not anchored."""
    bundle = bundle_of(nodes["110000"], register(nodes, "110000"))
    bundle["entry"]["valid_until"] = "2039-12-31"
    told = {"v": 1, "bundles": [bundle, {}, 7], "refusals": [], "failures": [], "more": False}
    with raw_peer_in_thread(lying(nodes["110000"], nodes["110000"].url, told)) as url:
        move(nodes, "110000", url)
        answer = search(asking, regions=["110000"])
    verdicts = [one["verdict"] for one in part_of(answer, "110000")["licenses"]]
    assert [one["verdict"] for one in verdicts] == ["invalid"] * 3
    assert [one["reason"] for one in verdicts] == ["not_in_log", "malformed", "malformed"]


@pytest.mark.parametrize("reason", ["ok", "genuine_copy", "stale", "no_such_reason"])
def test_a_region_that_calls_a_withheld_license_valid(
    nodes: Nodes, asking: Node, reason: str
) -> None:
    """What a region says of its own checks can only speak against a license."""
    failure = {"id": "0193ffff-0000-7000-8000-000000000000", "type": "", "check": 2}
    failures = [failure | {"reason": reason}]
    told = {"v": 1, "bundles": [], "refusals": [], "failures": failures, "more": False}
    with raw_peer_in_thread(lying(nodes["110000"], nodes["110000"].url, told)) as url:
        move(nodes, "110000", url)
        answer = search(asking, regions=["110000"])
    assert part_of(answer, "110000")["licenses"] == []


def test_a_region_that_sent_less_than_it_has(nodes: Nodes, asking: Node) -> None:
    bundle = bundle_of(nodes["110000"], register(nodes, "110000"))
    told = {"v": 1, "bundles": [bundle], "refusals": [], "failures": [], "more": True}
    with raw_peer_in_thread(lying(nodes["110000"], nodes["110000"].url, told)) as url:
        move(nodes, "110000", url)
        answer = search(asking, regions=["110000", "130000"])
    assert answer["complete"] is False
    cut, whole = part_of(answer, "110000"), part_of(answer, "130000")
    assert (cut["outcome"], cut["more"]) == ("answered", True)
    assert cut["detail"] == "more than 1; narrow by type"
    assert (whole["outcome"], whole["more"], whole["detail"]) == ("answered", False, "")


def test_a_region_that_shows_a_valid_license_for_any_digest(nodes: Nodes, asking: Node) -> None:
    """Scenario 49 for an anonymous verifier: the file that was asked about is not disclosed."""
    bundle = bundle_of(nodes["110000"], register(nodes, "110000"))
    bundle["disclosures"] = []
    told = {"v": 1, "bundle": bundle}
    with raw_peer_in_thread(lying(nodes["110000"], nodes["110000"].url, told)) as url:
        move(nodes, "110000", url)
        answer = asking.http.post("/v1/verify", json={"sha256": sha256(b"forged").hex()})
    assert answer.json()["verdict"] == "invalid"
    assert answer.json()["license"] is None


def test_a_lying_region_does_not_speak_for_one_that_is_silent(nodes: Nodes, asking: Node) -> None:
    """The silent one may have issued it: that is unknown, whatever another one invents."""
    bundle = bundle_of(nodes["110000"], register(nodes, "110000"))
    told = {"v": 1, "bundle": bundle}
    with raw_peer_in_thread(lying(nodes["110000"], nodes["110000"].url, told)) as url:
        move(nodes, "110000", url)
        move(nodes, "130000", "http://127.0.0.1:1")
        answer = asking.http.post("/v1/verify", json={"check_code": "A" * 22})
    assert (answer.json()["verdict"], answer.json()["reason"]) == ("unknown", "region_unreachable")


def test_the_consortiums_level_counts_where_a_catalogue_has_a_lower_one(
    nodes: Nodes, asking: Node
) -> None:
    license_id = register(nodes, "110000")
    since = nodes.chain.newest.number + 2
    raised = TypeSet(
        type_hash=type_hash(organization_type().code), level=3, active=True, since_block=since
    )
    nodes.chain.block([raised])
    nodes.chain.block()
    part = part_of(search(asking, regions=["110000"]), "110000")
    assert part["licenses"] == []
    reasons = {one["type"]: one["reason"] for one in part["refusals"]}
    assert reasons[organization_type().code] == "authorization_required"
    assert problem(fetch(asking, "110000", license_id), 404)["code"] == "not_found"


def test_a_slow_region_costs_others_nothing(nodes: Nodes, asking: Node) -> None:
    """A clerk who asks quick regions does not wait for those who ask a slow one."""
    register(nodes, "110000")
    with raw_peer_in_thread(hang) as url:
        move(nodes, "130000", url)
        threads = [threading.Thread(target=search, args=(asking,)) for _ in range(12)]
        for thread in threads:
            thread.start()
        time.sleep(0.2)
        begun = time.monotonic()
        assert search(asking, regions=["110000"])["complete"] is True
        assert time.monotonic() - begun < NODES.answer_seconds / 2
        for thread in threads:
            thread.join()


def test_a_question_never_stands_in_a_url(nodes: Nodes, asking: Node) -> None:
    seen: list[bytes] = []

    async def record(connection: Connection) -> None:
        seen.append(connection.request.split(b"\r\n\r\n")[0])
        connection.writer.close()

    with raw_peer_in_thread(record) as url:
        move(nodes, "110000", url)
        search(asking)
        fetch(asking, "110000", "0193ffff-0000-7000-8000-000000000000", "/file")
    assert [line.split(b"\r\n")[0] for line in seen] == [
        f"POST {path} HTTP/1.1".encode() for path in (messages.SEARCH, messages.FILE)
    ]
    case = str(purpose(asking)["case_number"]).encode()
    assert all(FIRM.encode() not in head and case not in head for head in seen)
