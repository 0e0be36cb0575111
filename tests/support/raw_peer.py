"""A peer made of a bare socket: it sends whatever bytes a test wants, as slowly as it wants."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

Script = Callable[["Connection"], Awaitable[None]]


@dataclass
class Connection:
    """One connection to the raw peer, its request already read."""

    request: bytes
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()


@dataclass
class RawPeer:
    """A listening raw peer."""

    url: str
    requests: list[bytes] = field(default_factory=list)


@asynccontextmanager
async def raw_peer(script: Script) -> AsyncIterator[RawPeer]:
    """Listen on a free loopback port; each request is answered by `script`."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            while request := await _read_request(reader):
                peer.requests.append(request)
                await script(Connection(request, writer))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    peer = RawPeer(url=f"http://127.0.0.1:{port}")
    try:
        yield peer
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def http(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """An HTTP answer with these further fields."""
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *fields, "", ""]
    return "\r\n".join(head).encode("latin-1") + body


def sending(data: bytes) -> Script:
    """A peer that answers with these bytes and closes."""

    async def script(connection: Connection) -> None:
        await connection.send(data)
        connection.writer.close()

    return script


async def _read_request(reader: asyncio.StreamReader) -> bytes:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""
    length = 0
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    return head + await reader.readexactly(length)
