"""A process for test_server: the real server and supervisor around an application that takes time.

Arguments: port, seconds that a request takes, seconds that a round takes, seconds for the end.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import anyio

from nodes.logs import configure_logs
from nodes.server import bind, run_process
from nodes.settings import LogFormat, NodeSettings
from nodes.workers.heartbeats import Heartbeats
from nodes.workers.supervisor import Supervisor
from nodes.workers.worker import Worker

Message = MutableMapping[str, Any]


def application(
    seconds: float,
) -> Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]],
    Awaitable[None],
]:
    async def app(
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await anyio.sleep(seconds if scope["path"] == "/slow" else 0)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"whole"})

    return app


def main() -> None:
    port, request, round_, patience = int(sys.argv[1]), *map(float, sys.argv[2:5])
    settings = NodeSettings(
        region="110000",
        consortium_address="0x" + "11" * 20,
        license_log_address="0x" + "22" * 20,
        port=port,
        shutdown_timeout_seconds=patience,
    )
    configure_logs(level="info", form=LogFormat.JSON)

    def work() -> bool:
        time.sleep(round_)
        sys.stderr.write("round finished\n")
        return False

    worker = Worker(
        name="slow",
        pause=0.05,
        begin=lambda: work,
        end=lambda: sys.stderr.write("given back\n") and None,
    )
    is_orderly = run_process(
        settings,
        app=application(request),
        listener=bind(settings),
        supervisor=Supervisor([worker], Heartbeats()),
    )
    if not is_orderly:
        os._exit(1)


if __name__ == "__main__":
    main()
