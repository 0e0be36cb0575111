"""What surrounds every answer: ids, headers, limits, log lines, and errors that nobody foresaw."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from structlog.testing import capture_logs

from tests.api.support import Node, code_of
from tests.support.region import FIRM


class Exploding:
    """A service that fails in a way that nobody foresaw."""

    def __getattr__(self, name: str) -> Any:
        raise ZeroDivisionError("secret of the inside")


def test_security_headers_on_every_kind_of_answer(node: Node) -> None:
    client = node.client()
    for path in ("/healthz", "/nowhere", "/v1/licenses", "/docs", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "default-src" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("sent", "is_kept"), [("abc-1.2_3", True), ("a b", False), ("x" * 65, False), ("<x>", False)]
)
def test_request_id(node: Node, sent: str, is_kept: bool) -> None:
    answered = node.client().get("/nowhere", headers={"X-Request-Id": sent})
    assert (answered.headers["x-request-id"] == sent) is is_kept
    assert answered.json()["request_id"] == answered.headers["x-request-id"]


def test_log_line_has_the_route_and_nothing_that_was_sent(node: Node) -> None:
    client = node.client("clerk", access_log=True)
    with capture_logs() as lines:
        client.get("/v1/licenses?type=" + FIRM)
        client.get("/v/q0f3Zk9vT1y6mX2bLwYc5g")
        client.post("/v1/licenses/search", json={"holder": {"code": FIRM}})
        client.get("/v1/licenses/0193ffff-0000-7000-8000-000000000000")
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["route"] for line in requests] == [
        "/v1/licenses",
        "/v/{code}",
        "/v1/licenses/search",
        "/v1/licenses/{license_id}",
    ]
    assert requests[-1]["license_id"] == "0193ffff-0000-7000-8000-000000000000"
    for secret in (FIRM, "q0f3Zk9vT1y6mX2bLwYc5g", client.headers["authorization"][7:]):
        assert secret not in repr(lines)


def test_error_that_nobody_foresaw_shows_nothing_of_the_inside(node: Node) -> None:
    broken: Any = Exploding()
    client = replace(node, services=replace(node.services, look_up=broken)).client("clerk")
    with capture_logs() as lines:
        answered = client.get("/v1/licenses", headers={"X-Request-Id": "seen"})
    members = answered.json()
    assert (answered.status_code, members["code"]) == (500, "internal_error")
    assert members["request_id"] == "seen"
    assert "secret" not in answered.text
    assert any(line["event"] == "unexpected_error" for line in lines)


def test_routes_that_are_not_there(node: Node) -> None:
    client = node.client()
    assert code_of(client.get("/nowhere")) == "not_found"
    answered = client.delete("/v1/licenses")
    assert (answered.status_code, code_of(answered)) == (405, "method_not_allowed")
    assert answered.headers["allow"]


def test_headers_too_large(node: Node) -> None:
    answered = node.client().get("/healthz", headers={"X-Large": "x" * 20_000})
    assert (answered.status_code, code_of(answered)) == (431, "headers_too_large")
    assert node.client().get("/healthz?" + "x" * 20_000).status_code == 431


@pytest.mark.parametrize(
    ("host", "status"), [("a.example", 200), ("A.example:8001", 200), ("b.example", 421), ("", 421)]
)
def test_hosts(node: Node, host: str, status: int) -> None:
    client = node.client(allowed_hosts=frozenset({"a.example"}))
    assert client.get("/healthz", headers={"Host": host}).status_code == status


def test_titles_in_the_callers_language(node: Node) -> None:
    client = node.client()
    for header, title in (
        ("zh-CN", "未找到"),
        ("en-GB", "Not found"),
        ("fr, en;q=0.3, zh;q=0.5", "未找到"),
        ("", "未找到"),
        ("en;q=x", "未找到"),
    ):
        answered = client.get("/nowhere", headers={"Accept-Language": header})
        assert answered.json()["title"] == title, header
        assert answered.json()["code"] == "not_found"


def test_problem_types_lead_to_a_page(node: Node) -> None:
    client = node.client()
    page = client.get(client.get("/nowhere").json()["type"])
    assert page.status_code == 200
    assert "404" in page.text
    assert client.get("/problems/none").status_code == 404


def drive(node: Node, *messages: dict[str, Any], **settings: Any) -> list[Any]:
    """What the app sends when a server hands it these messages, and then nothing more."""
    app: Any = node.client(**settings).app
    sent: list[Any] = []
    coming = list(messages)

    async def receive() -> Any:
        if coming:
            return coming.pop(0)
        await asyncio.sleep(60)
        raise AssertionError("it was waited for")

    async def send(message: Any) -> None:
        sent.append(message)

    path = b"/v1/verify"
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path.decode(),
        "raw_path": path,
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"content-type", b"application/json")],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    asyncio.run(app(scope, receive, send))
    return sent


def test_slow_body_is_cut_off(node: Node) -> None:
    beginning = {"type": "http.request", "body": b"{", "more_body": True}
    sent = drive(node, beginning, body_seconds=0.05)
    assert sent[0]["status"] == 408


def test_caller_who_goes_away_is_no_error(node: Node) -> None:
    beginning = {"type": "http.request", "body": b"{", "more_body": True}
    with capture_logs() as lines:
        sent = drive(node, beginning, {"type": "http.disconnect"})
    assert sent == []
    assert [line["event"] for line in lines] == ["caller_went_away"]


def test_body_in_pieces(node: Node) -> None:
    pieces = [
        {"type": "http.request", "body": piece, "more_body": True}
        for piece in (b'{"check', b'_code":', b"", b'"x"}')
    ]
    sent = drive(node, *pieces, {"type": "http.request"})
    assert sent[0]["status"] == 200


def test_more_requests_than_the_node_can_have_in_hand(node: Node) -> None:
    """One waits for its body; meanwhile others are refused as a problem, and after it none is."""
    app = node.client(max_concurrent_requests=1, access_log=True).app

    async def ask_around() -> tuple[Response, Response, Response]:
        arriving, rest = asyncio.Event(), asyncio.Event()

        async def body() -> AsyncIterator[bytes]:
            yield b'{"check_code":'
            arriving.set()
            await rest.wait()
            yield b'"x"}'

        transport = ASGITransport(app=app)
        headers = {"Content-Type": "application/json", "Accept-Language": "en"}
        async with AsyncClient(
            transport=transport, base_url="http://node", headers=headers
        ) as client:
            slow = asyncio.create_task(client.post("/v1/verify", content=body()))
            await arriving.wait()
            refused = await client.get("/v1/regions")
            alive = await client.get("/healthz")
            rest.set()
            assert (await slow).status_code == 200
            return refused, alive, await client.get("/v1/regions")

    with capture_logs() as lines:
        refused, alive, later = asyncio.run(ask_around())
    assert refused.status_code == refused.json()["status"] == 503
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.headers["retry-after"] == "2"
    assert refused.headers["x-request-id"] == refused.json()["request_id"]
    assert refused.json()["code"] == "busy"
    assert alive.status_code == 200
    assert later.status_code == 200
    assert 503 in [line["status"] for line in lines if line["event"] == "request"]


def test_a_request_that_fails_gives_its_place_back(node: Node) -> None:
    broken: Any = Exploding()
    services = replace(node.services, look_up=broken)
    client = replace(node, services=services).client("clerk", max_concurrent_requests=1)
    assert [client.get("/v1/licenses").status_code for _ in range(3)] == [500, 500, 500]


def test_parallel_requests_keep_their_own_ids(node: Node) -> None:
    client = node.client()
    answers: dict[str, str] = {}

    def ask(name: str) -> None:
        answered = client.get("/nowhere", headers={"X-Request-Id": name})
        answers[name] = answered.json()["request_id"]

    threads = [threading.Thread(target=ask, args=(f"id-{at}",)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {f"id-{at}": f"id-{at}" for at in range(8)}
