"""Public tiles of other regions' logs, for a worker thread.

Tiles are not signed: they are checked against the anchored root. The calls run on an event loop of
their own, so that one deadline covers each whole call, and so that replication and clerks' requests
never wait for each other.
"""

from __future__ import annotations

import threading
from contextlib import ExitStack
from typing import Final

from anyio.from_thread import BlockingPortal, start_blocking_portal

from ledger.errors import PeerUnreachableError
from ledger.peers.link import Call, Links, PeerSettings
from ledger.ports.mirror import RegionFacts
from ledger.tiles import TILE_BYTES, index_path
from ledger.types import DIGEST_SIZE, LogKind

KIND_NAMES: Final = {LogKind.LICENSES: "licenses", LogKind.ACCESS: "access"}


class TileClient:
    """See the module's text. Threads may share it."""

    def __init__(self, settings: PeerSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._stack = ExitStack()
        self._running: tuple[BlockingPortal, Links] | None = None

    def tile(self, peer: RegionFacts, kind: LogKind, level: int, index: int, width: int) -> bytes:
        """`width` hashes of one tile, 32 bytes each. Raise PeerUnreachableError."""
        portal, links = self._start()
        path = f"/v1/tile/{KIND_NAMES[kind]}/{level}/{index_path(index, width)}"
        return portal.call(self._fetch, links, peer, path, width * DIGEST_SIZE)

    def close(self) -> None:
        """End the loop and its connections. A later call starts them again."""
        with self._lock:
            if self._running is not None:
                portal, links = self._running
                portal.call(links.aclose)
                self._running = None
            self._stack.close()

    def _start(self) -> tuple[BlockingPortal, Links]:
        with self._lock:
            if self._running is None:
                portal = self._stack.enter_context(start_blocking_portal())
                self._running = (portal, Links(self._settings))
            return self._running

    async def _fetch(self, links: Links, peer: RegionFacts, path: str, size: int) -> bytes:
        link = links.to(peer)
        answer = await link.send(
            Call(
                method="GET",
                path=path,
                fields=(),
                body=b"",
                seconds=self._settings.answer_seconds,
                max_bytes=TILE_BYTES,
            )
        )
        if answer.status != 200 or len(answer.body) != size:
            if answer.status == 404:  # it may simply not have the tile yet
                link.trust()
            else:
                link.distrust()
            raise PeerUnreachableError(
                f"{peer.code} answered {answer.status} with {len(answer.body)} bytes to {path}, "
                f"a tile of {size} bytes was asked for",
                region=peer.code,
            )
        link.trust()
        return answer.body
