"""What of a node can be opened without its chain: database, cipher, files, catalogue, accounts.

Used by `nodes.bootstrap`, and by the commands that work beside a running node (`token`, `fsck`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files as package_files

import structlog
import uuid_utils
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ledger.catalogue import LicenseType, parse_seed
from ledger.errors import ConfigurationError
from ledger.ports.cipher import Cipher
from ledger.ports.database import Database
from ledger.ports.files import FileStore
from ledger.services.accounts import Accounts
from ledger.store.data_keys import open_cipher
from ledger.store.database import SqlDatabase, open_database
from ledger.store.files_disk import DiskFileStore
from ledger.store.migrations import upgrade
from ledger.types import Region
from nodes.keys import NodeKeys, read_secret_file
from nodes.settings import NodeSettings

_log = structlog.get_logger("ledger.node")


@dataclass(frozen=True, slots=True, kw_only=True)
class Storage:
    """A region's own data, open. `database.close()` ends it."""

    database: Database
    cipher: Cipher
    files: FileStore


def system_clock() -> datetime:
    """The present instant, UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """A UUIDv7 in lower case: unique, and later ones sort after earlier ones."""
    return str(uuid_utils.uuid7())


def database_url(settings: NodeSettings) -> str:
    """The URL with the password of `database_password_file`."""
    path = settings.database_password_file
    if path is None:
        return settings.database
    made_by = "put the database password into it and run: chmod 600"
    secret = read_secret_file(path, what="database password file", made_by=made_by)
    try:
        url = make_url(settings.database)
    except ArgumentError as error:
        raise ConfigurationError("LEDGER_DATABASE_URL is not a database URL") from error
    return url.set(password=secret.decode("utf-8", "replace").strip()).render_as_string(
        hide_password=False
    )


def migrate(settings: NodeSettings) -> None:
    """Bring the database to this version's schema, creating it if need be."""
    upgrade(database_url(settings))


def open_migrated(settings: NodeSettings, *, may_migrate: bool) -> SqlDatabase:
    """The node's database; raise ConfigurationError naming the command when its schema is older."""
    if may_migrate:
        migrate(settings)
    try:
        return open_database(
            database_url(settings),
            region=Region(settings.region),
            busy_timeout=settings.database_busy_timeout_seconds,
            readers=settings.database_readers,
        )
    except ConfigurationError as error:
        raise ConfigurationError(f"{error}: license-ledger node migrate") from error


def open_storage(settings: NodeSettings, keys: NodeKeys, *, may_migrate: bool) -> Storage:
    """Open all, with the seed catalogue loaded when the database has none."""
    database = open_migrated(settings, may_migrate=may_migrate)
    try:
        cipher = open_cipher(database, keys.master_key, now=system_clock())
        _load_catalogue(database)
        return Storage(database=database, cipher=cipher, files=DiskFileStore(settings.files))
    except BaseException:
        database.close()
        raise


def open_accounts(database: Database, *, clock: Callable[[], datetime] = system_clock) -> Accounts:
    """Offices and tokens of a node."""
    return Accounts(database=database, clock=clock, random_bytes=os.urandom, new_id=new_id)


def seed_catalogue() -> tuple[LicenseType, ...]:
    """The license types that come with this software."""
    text = package_files("ledger").joinpath("data", "license_types.csv").read_text(encoding="utf-8")
    return parse_seed(text)


def _load_catalogue(database: Database) -> None:
    with database.read() as session:
        if session.catalogue.all():
            return
    types = seed_catalogue()
    with database.write() as session:
        session.catalogue.put_all(types)
    _log.info("loaded the seed catalogue", types=len(types))
