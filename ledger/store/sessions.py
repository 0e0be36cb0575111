"""The two kinds of session: what each concern's repository does on one connection."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.store.accounts import SqlAccountReader, SqlAccountWriter
from ledger.store.catalogue import SqlCatalogueReader, SqlCatalogueWriter
from ledger.store.key_rows import SqlDataKeyReader, SqlDataKeyWriter
from ledger.store.licenses.reader import SqlLicenseReader
from ledger.store.licenses.writer import SqlLicenseWriter
from ledger.store.log import SqlLogReader, SqlLogWriter
from ledger.store.mirror.reader import SnapshotMirrorReader, SqlMirrorReader
from ledger.store.mirror.writer import SqlMirrorWriter
from ledger.store.outbox.reader import SqlOutboxReader
from ledger.store.outbox.writer import SqlOutboxWriter
from ledger.types import Region


class SqlReadSession:
    """A snapshot (`ledger.ports.database.ReadSession`). Repositories cost nothing until used."""

    __slots__ = ("_connection", "_mirror", "_region")

    def __init__(self, connection: Connection, region: Region) -> None:
        self._connection = connection
        self._region = region
        self._mirror = SnapshotMirrorReader(connection)

    @property
    def licenses(self) -> SqlLicenseReader:
        return SqlLicenseReader(self._connection, self._region)

    @property
    def log(self) -> SqlLogReader:
        return SqlLogReader(self._connection)

    @property
    def outbox(self) -> SqlOutboxReader:
        return SqlOutboxReader(self._connection)

    @property
    def mirror(self) -> SqlMirrorReader:
        return self._mirror

    @property
    def accounts(self) -> SqlAccountReader:
        return SqlAccountReader(self._connection)

    @property
    def catalogue(self) -> SqlCatalogueReader:
        return SqlCatalogueReader(self._connection)

    @property
    def data_keys(self) -> SqlDataKeyReader:
        """For `ledger.store.data_keys` alone; the port does not have it."""
        return SqlDataKeyReader(self._connection)


class SqlWriteSession:
    """A transaction (`ledger.ports.database.WriteSession`)."""

    __slots__ = ("_connection", "_region")

    def __init__(self, connection: Connection, region: Region) -> None:
        self._connection = connection
        self._region = region

    @property
    def licenses(self) -> SqlLicenseWriter:
        return SqlLicenseWriter(self._connection, self._region)

    @property
    def log(self) -> SqlLogWriter:
        return SqlLogWriter(self._connection)

    @property
    def outbox(self) -> SqlOutboxWriter:
        return SqlOutboxWriter(self._connection)

    @property
    def mirror(self) -> SqlMirrorWriter:
        return SqlMirrorWriter(self._connection)

    @property
    def accounts(self) -> SqlAccountWriter:
        return SqlAccountWriter(self._connection)

    @property
    def catalogue(self) -> SqlCatalogueWriter:
        return SqlCatalogueWriter(self._connection)

    @property
    def data_keys(self) -> SqlDataKeyWriter:
        """For `ledger.store.data_keys` alone; the port does not have it."""
        return SqlDataKeyWriter(self._connection)
