"""One process: HTTP and workers in one event loop, from the bound port to an orderly end.

The end, in this order: no new connection; requests under way finish; the workers' running rounds
finish; the lease is given back. It begins with SIGTERM or SIGINT, or when a worker says that the
node must not go on. A second signal, or the end of the time for it, cuts it short, which is safe:
what was not committed did not happen.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

import anyio
import structlog
import uvicorn
from starlette.types import ASGIApp

from ledger.errors import ConfigurationError, LedgerError
from nodes.devnet.ports import port_owner
from nodes.settings import NodeSettings
from nodes.workers.supervisor import Supervisor

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_BACKLOG: Final = 1024
_SHARE_FOR_REQUESTS: Final = 0.6
"""Of the time for an orderly end; the rest is for the workers."""

_log = structlog.get_logger("ledger.node")


def bind(settings: NodeSettings) -> socket.socket:
    """Take the port, before anything else is started.

    Raise ConfigurationError that says who has it and what to do.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # With the protocol named, asyncio sets TCP_NODELAY on what it accepts; else the body of every
    # small answer waits 40 ms for the other side's delayed acknowledgement of its headers.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        owner = port_owner(settings.port)
        raise ConfigurationError(
            f"cannot listen on {settings.host} port {settings.port}: "
            f"{error.strerror or error}{f' by process {owner}' if owner else ''}. "
            "Stop that process or choose another port (--port or LEDGER_PORT)"
        ) from error
    listener.setblocking(False)
    return listener


def run_process(
    settings: NodeSettings,
    *,
    app: ASGIApp | None,
    listener: socket.socket | None,
    supervisor: Supervisor | None,
) -> bool:
    """Serve until told to end. True after an orderly end, False when it was cut short.

    On False threads may still run: the caller must end the process. Raise what made a worker say
    that the node must not go on.
    """
    server = None if app is None else _server(app, settings)
    process = _Process(server=server, listener=listener, supervisor=supervisor)
    anyio.run(process.run, settings.shutdown_timeout_seconds)
    if process.error is not None:
        raise process.error
    return process.is_orderly


class _Server(uvicorn.Server):
    """Leaves the signals to `_Process`, which has more to end than HTTP."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _server(app: ASGIApp, settings: NodeSettings) -> _Server:
    return _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(settings.trusted_proxies),
            forwarded_allow_ips=list(settings.trusted_proxies),
            timeout_graceful_shutdown=max(
                1, int(settings.shutdown_timeout_seconds * _SHARE_FOR_REQUESTS)
            ),
            ws="none",
        )
    )


@dataclass(slots=True, kw_only=True)
class _Process:
    """The tasks of one process and how they end."""

    server: _Server | None
    listener: socket.socket | None
    supervisor: Supervisor | None
    error: Exception | None = None
    is_orderly: bool = False
    _ending: anyio.Event = field(init=False)
    _stop_workers: anyio.Event = field(init=False)
    _served: anyio.Event = field(init=False)
    _worked: anyio.Event = field(init=False)

    async def run(self, patience: float) -> None:
        """Return when everything ended, or was abandoned after `patience` seconds."""
        self._ending, self._stop_workers = anyio.Event(), anyio.Event()
        self._served, self._worked = anyio.Event(), anyio.Event()
        async with anyio.create_task_group() as group, _signals() as signals:
            group.start_soon(self._serve)
            group.start_soon(self._work)
            group.start_soon(self._await_signal, signals)
            await self._ending.wait()
            with anyio.move_on_after(patience) as limit:
                group.start_soon(self._await_signal, signals, limit)
                await self._end()
            self.is_orderly = not limit.cancelled_caught
            _log.info("ended" if self.is_orderly else "cut short; what was not committed is undone")
            group.cancel_scope.cancel()

    async def _end(self) -> None:
        _log.info("ending: requests and rounds under way are finished")
        if self.server is not None:
            self.server.should_exit = True
        await self._served.wait()
        self._stop_workers.set()
        await self._worked.wait()

    async def _serve(self) -> None:
        try:
            if self.server is not None:
                await self.server.serve(sockets=None if self.listener is None else [self.listener])
        except SystemExit:
            # uvicorn's word for "the application did not start"; its log line says why.
            self.error = self.error or ConfigurationError("the API did not start; see its log")
        finally:
            self._served.set()
            if self.server is not None:
                self._ending.set()

    async def _work(self) -> None:
        try:
            if self.supervisor is not None:
                await self.supervisor.run(self._stop_workers)
        except LedgerError as error:
            self.error = error
        finally:
            self._worked.set()
            if self.supervisor is not None:
                self._ending.set()

    async def _await_signal(
        self, signals: AsyncIterator[signal.Signals], limit: anyio.CancelScope | None = None
    ) -> None:
        async for received in signals:
            if limit is None:
                _log.info("asked to end", signal=received.name)
                self._ending.set()
                return
            _log.warning("asked to end at once", signal=received.name)
            limit.cancel()
            return


@asynccontextmanager
async def _signals() -> AsyncIterator[AsyncIterator[signal.Signals]]:
    with anyio.open_signal_receiver(*SIGNALS) as signals:
        yield signals
