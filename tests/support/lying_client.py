"""A chain client that lies: a real HTTP server in front of a real client, bending its answers."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Bend = Callable[[str, list[Any], dict[str, Any]], Any]
"""From method, parameters and the true answer to the answer that is given."""


class HangUpError(Exception):
    """Raise it while bending: the connection ends without an answer."""


@dataclass
class LyingClient:
    """Set `bend` (one answer at a time) or `body` (the whole HTTP answer, with its status)."""

    url: str
    bend: Bend | None = None
    body: tuple[int, bytes] | None = None
    asked: list[str] = field(default_factory=list)
    """Methods, in the order in which they were asked."""


@contextmanager
def lying_client(true_url: str) -> Iterator[LyingClient]:
    """Serve on a free port of the loopback address until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            asked = json.loads(self.rfile.read(length))
            try:
                status, body = _answer(asked)
            except HangUpError:
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    def _answer(asked: Any) -> tuple[int, bytes]:
        single = isinstance(asked, dict)
        calls = [asked] if single else asked
        client.asked += [call["method"] for call in calls]
        if client.body is not None:
            return client.body
        answers = _forward(true_url, calls)
        if client.bend is not None:
            answers = [
                client.bend(call["method"], call["params"], answer)
                for call, answer in zip(calls, answers, strict=True)
            ]
        return 200, json.dumps(answers[0] if single else answers).encode()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    client = LyingClient(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield client
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _forward(url: str, calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    request = urllib.request.Request(  # noqa: S310 - the test's own loopback address
        url, json.dumps(calls).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request) as answer:  # noqa: S310
        answers = {one["id"]: one for one in json.load(answer)}
    return [answers[call["id"]] for call in calls]
