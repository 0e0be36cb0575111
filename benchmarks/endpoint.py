"""`POST /v1/verify` by hash against an endpoint that does nothing, on the same server.

Two references: an empty endpoint of the same application, behind the same middleware, and one of a
bare FastAPI application in a process of its own. The same client sends all the same JSON body over
HTTP on loopback. Nothing of a verdict is cached: the license, its proof, status and freshness
are read and decided for each request.
"""

from __future__ import annotations

import json
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing.queues import Queue
from pathlib import Path
from typing import BinaryIO

import uvicorn
from fastapi import FastAPI, Request

from api.app import create_app
from benchmarks.result import Result, share_of
from nodes.devnet.ports import free_port
from nodes.interpreter import tune_interpreter
from tests.api.support import DatabaseProbe, services_of
from tests.support.region import TestChain, open_region

LICENSES = 2000
REQUESTS = 1500
ROUNDS = 7
"""The two are measured in turn, so that a drift of the machine meets both."""


def run() -> Iterator[Result]:
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        hashes = context.Queue()
        port, bare_port = free_port(), free_port()
        processes = (
            context.Process(target=_serve, args=(folder, port, hashes), daemon=True),
            context.Process(target=_serve_bare, args=(bare_port,), daemon=True),
        )
        for process in processes:
            process.start()
        try:
            bodies = [json.dumps({"sha256": one}).encode() for one in hashes.get(timeout=120)]
            ours, empty, bare = [], [], []
            for _ in range(ROUNDS):
                ours.append(_rate(port, b"/v1/verify", bodies, b'"verdict":"valid"'))
                empty.append(_rate(port, b"/empty", bodies, b"{}"))
                bare.append(_rate(bare_port, b"/empty", bodies, b"{}"))
        finally:
            for process in processes:
                process.terminate()
                process.join(10)
    for reference, rates in (("the same application", empty), ("a bare application", bare)):
        yield share_of(
            f"POST /v1/verify by hash against an empty endpoint of {reference}",
            statistics.median(ours),
            "requests/s",
            statistics.median(rates),
            0.5,
        )


def _serve(folder: str, port: int, hashes: Queue[list[str]]) -> None:
    region = open_region(Path(folder))
    chain = TestChain([region])
    drafts = [region.draft(file=region.draft_file(b"%%PDF-1.7 %d" % at)) for at in range(LICENSES)]
    for first in range(0, LICENSES, 1000):
        region.issuance.register_batch(drafts[first : first + 1000], office=region.office)
    chain.anchor()
    services = services_of(region, DatabaseProbe(region))
    # As a node on SQLite does: its reads are shorter than handing them to a thread.
    app = create_app(replace(services, settings=replace(services.settings, reads_inline=True)))

    app.post("/empty")(_nothing)
    # Routes are tried in order and ours is the first: the empty one must not pay for the others.
    app.router.routes.insert(0, app.router.routes.pop())
    hashes.put([draft.file.facts.sha256.hex() for draft in drafts if draft.file])
    tune_interpreter()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


def _serve_bare(port: int) -> None:
    app = FastAPI()
    app.post("/empty")(_nothing)
    tune_interpreter()
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)


async def _nothing(request: Request) -> dict[str, object]:
    await request.json()
    return {}


def _rate(port: int, path: bytes, bodies: list[bytes], expected: bytes) -> float:
    """Requests per second on one kept connection; every answer is looked at."""
    with _connect(port) as connection:
        reader = connection.makefile("rb")
        begin = time.perf_counter()
        for at in range(REQUESTS):
            body = bodies[at % len(bodies)]
            connection.sendall(
                b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (path, len(body), body)
            )
            assert expected in _answer(reader)
        return REQUESTS / (time.perf_counter() - begin)


def _answer(reader: BinaryIO) -> bytes:
    length = 0
    while (line := reader.readline()) not in (b"\r\n", b""):
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return reader.read(length)


def _connect(port: int) -> socket.socket:
    deadline = time.monotonic() + 60
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=30)
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
