"""The unit of work: one request or task is one transaction, committed at its end."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from ledger.ports.accounts import AccountReader, AccountWriter
from ledger.ports.catalogue import CatalogueReader, CatalogueWriter
from ledger.ports.licenses import LicenseReader, LicenseWriter
from ledger.ports.log import LogReader, LogWriter
from ledger.ports.mirror import MirrorReader, MirrorWriter
from ledger.ports.outbox import OutboxReader, OutboxWriter


class ReadSession(Protocol):
    """A consistent snapshot. A route that takes this cannot write."""

    @property
    def licenses(self) -> LicenseReader: ...
    @property
    def log(self) -> LogReader: ...
    @property
    def outbox(self) -> OutboxReader: ...
    @property
    def mirror(self) -> MirrorReader: ...
    @property
    def accounts(self) -> AccountReader: ...
    @property
    def catalogue(self) -> CatalogueReader: ...


class WriteSession(Protocol):
    """A transaction that excludes other writers of what it touches."""

    @property
    def licenses(self) -> LicenseWriter: ...
    @property
    def log(self) -> LogWriter: ...
    @property
    def outbox(self) -> OutboxWriter: ...
    @property
    def mirror(self) -> MirrorWriter: ...
    @property
    def accounts(self) -> AccountWriter: ...
    @property
    def catalogue(self) -> CatalogueWriter: ...


class Database(Protocol):
    def read(self) -> AbstractContextManager[ReadSession]:
        """Raise BusyError when no connection is to be had in time."""

    def write(self) -> AbstractContextManager[WriteSession]:
        """Commit durably on a clean exit; roll back and re-raise on any exception.

        Raise BusyError when another writer holds on too long, StoreError when the commit may or
        may not have happened: the caller then recovers by reading, never by guessing.
        """

    def close(self) -> None: ...
