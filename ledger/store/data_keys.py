"""The data keys of a database: kept in it, wrapped by the node's master key.

They lie beside what they open, so that a backup of the database is whole; without the master key,
which lies elsewhere, it names nobody.
"""

from __future__ import annotations

import os
from datetime import datetime

from ledger.errors import ConfigurationError
from ledger.ports.clock import RandomBytes
from ledger.store.database import SqlDatabase
from ledger.store.encryption import (
    FIRST_KEY,
    KEY_SIZE,
    AesGcmCipher,
    master_check,
    unwrap_root,
    wrap_root,
)
from ledger.store.key_rows import WrappedKey


def open_cipher(
    database: SqlDatabase, master_key: bytes, *, now: datetime, random: RandomBytes = os.urandom
) -> AesGcmCipher:
    """The cipher of `database`. The first call for an empty database makes its first data key.

    Raise ConfigurationError when `master_key` is not the one that wrapped the keys, or when the
    keys are gone while licenses are there: nothing is ever sealed under a wrong key.
    """
    with database.read() as session:
        keys = session.data_keys.all()
    if not keys:
        keys = _create_first(database, master_key, now, random)
    return AesGcmCipher(_unwrap(keys, master_key), random)


def add_data_key(
    database: SqlDatabase, master_key: bytes, *, now: datetime, random: RandomBytes = os.urandom
) -> int:
    """Add a data key and return its number. Ciphers opened from now on seal with it."""
    with database.write() as session:
        keys = session.data_keys.all()
        _unwrap(keys, master_key)
        new = _new_key(keys[-1].number + 1 if keys else FIRST_KEY, master_key, now, random)
        session.data_keys.create(new)
    return new.number


def _create_first(
    database: SqlDatabase, master_key: bytes, now: datetime, random: RandomBytes
) -> tuple[WrappedKey, ...]:
    with database.write() as session:
        keys = session.data_keys.all()
        # Another process may have been first while this one waited for the lock.
        if not keys:
            if session.licenses.count():
                raise ConfigurationError(
                    "the database holds licenses and no data keys; restore it from a backup"
                )
            keys = (_new_key(FIRST_KEY, master_key, now, random),)
            session.data_keys.create(keys[0])
    return keys


def _new_key(number: int, master_key: bytes, now: datetime, random: RandomBytes) -> WrappedKey:
    return WrappedKey(
        number=number,
        wrapped=wrap_root(master_key, number, random(KEY_SIZE), random),
        master_check=master_check(master_key),
        created_at=now,
    )


def _unwrap(keys: tuple[WrappedKey, ...], master_key: bytes) -> dict[int, bytes]:
    check = master_check(master_key)
    if any(key.master_check != check for key in keys):
        raise ConfigurationError(
            "the master key is not the one that this database was made with;"
            " configure the right key file"
        )
    return {key.number: unwrap_root(master_key, key.number, key.wrapped) for key in keys}
