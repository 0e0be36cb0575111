"""Which process of a region works: one lease for all of its workers, renewed while they live.

Sequencing, sending and mirroring are for one process at a time. The lease's fence is checked again
inside each sequencing transaction, so even a process that slept through its lease commits nothing.

A lease outlives a kill by its remaining seconds. So that a restart on the same machine need not
wait for them, the holder's name belongs to the data folder and not to the process, and a lock on
the folder (the kernel's, freed however a process ends) makes sure that one process at a time uses
the name.
"""

from __future__ import annotations

import fcntl
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from ledger.errors import ConfigurationError
from ledger.ports.accounts import Lease
from ledger.ports.database import Database

_RENEWALS: Final = 3
"""How often a lease is renewed in its time."""

_log = structlog.get_logger("ledger.workers")


class FolderLock:
    """The lock on a data folder, and the name that goes with it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "worker.lock"
        self._descriptor: int | None = None

    def take(self) -> bool:
        """Whether this process has the folder; asking again is fine."""
        if self._descriptor is not None:
            return True
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ConfigurationError(f"{self._path} cannot be opened: {error}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    def release(self) -> None:
        """Let another process have it; harmless if this one has not."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def holder_name(folder: Path) -> str:
    """The same for every process on this machine with this folder, and for no other."""
    return f"{socket.gethostname()}:{folder.resolve()}"[-200:]


class Leadership:
    """The lease as this process has it. Safe between threads."""

    def __init__(
        self,
        *,
        take: Callable[[], Lease | None],
        database: Database,
        lock: FolderLock,
        lease_seconds: int,
    ) -> None:
        self._take = take
        self._database = database
        self._lock = lock
        self._seconds = lease_seconds
        self._lease: Lease | None = None
        self._until = 0.0
        self._guard = threading.Lock()

    @property
    def pause(self) -> float:
        """Seconds between two renewals."""
        return self._seconds / _RENEWALS

    def current(self) -> Lease | None:
        """The lease while it is surely this process's own; None means: stand by."""
        with self._guard:
            return self._lease if time.monotonic() < self._until else None

    def renew(self) -> bool:
        """One round: take or renew. Never more at once."""
        asked = time.monotonic()
        lease = self._take() if self._lock.take() else None
        with self._guard:
            had = self._lease is not None
            self._lease = lease
            # Counted from before the asking, so that this clock never outlives the database's.
            self._until = asked + self._seconds
        if (lease is not None) != had:
            _log.info(
                "this process works" if lease is not None else "this process stands by",
                fence=None if lease is None else lease.fence,
            )
        return False

    def release(self) -> None:
        """Let another process take over now."""
        with self._guard:
            lease, self._lease = self._lease, None
        if lease is not None:
            with self._database.write() as session:
                session.accounts.release_lease(lease)
        self._lock.release()
