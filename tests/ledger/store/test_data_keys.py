"""Data keys: made once, opened by their master key alone, never replaced silently."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from pytest import TempPathFactory
from sqlalchemy import create_engine, text

from ledger.errors import ConfigurationError
from ledger.store.backends import parse_url
from ledger.store.data_keys import add_data_key, open_cipher
from ledger.store.database import SqlDatabase, open_database
from ledger.store.encryption import unwrap_root, wrap_root
from tests.ports.databases import REGION, SqliteTemplates
from tests.ports.samples import NOW, new_license

MASTER, OTHER = b"m" * 32, b"o" * 32


def test_a_database_keeps_its_keys(database: SqlDatabase) -> None:
    sealed = open_cipher(database, MASTER, now=NOW).seal(b"text", context=b"c")
    reopened = open_cipher(database, MASTER, now=NOW)
    assert reopened.open(sealed, context=b"c") == b"text"


def test_another_master_key_is_refused(database: SqlDatabase) -> None:
    open_cipher(database, MASTER, now=NOW)
    with pytest.raises(ConfigurationError, match="not the one"):
        open_cipher(database, OTHER, now=NOW)
    with pytest.raises(ConfigurationError, match="not the one"):
        add_data_key(database, OTHER, now=NOW)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_master_key_of_another_size_is_refused(database: SqlDatabase, size: int) -> None:
    with pytest.raises(ConfigurationError, match=f"{size} bytes"):
        open_cipher(database, bytes(size), now=NOW)


def test_after_a_rotation_old_texts_open_and_look_ups_agree(database: SqlDatabase) -> None:
    before = open_cipher(database, MASTER, now=NOW)
    old = before.seal(b"old", context=b"c")
    assert add_data_key(database, MASTER, now=NOW) == 2
    after = open_cipher(database, MASTER, now=NOW)
    new = after.seal(b"new", context=b"c")
    assert (old[:3], new[:3]) == (b"\x01\x00\x01", b"\x01\x00\x02")
    assert after.open(old, context=b"c") == b"old"
    assert after.open(new, context=b"c") == b"new"
    assert after.lookup_digest("holder", "x") == before.lookup_digest("holder", "x")


def test_two_databases_have_different_keys(
    database: SqlDatabase, sqlite_templates: SqliteTemplates, tmp_path_factory: TempPathFactory
) -> None:
    url = sqlite_templates.fresh(tmp_path_factory.mktemp("other"))
    other = open_database(url, region=REGION)
    digests = {
        open_cipher(each, MASTER, now=NOW).lookup_digest("holder", "x")
        for each in (database, other)
    }
    other.close()
    assert len(digests) == 2


def test_processes_that_start_at_once_get_one_key(sqlite_url: str) -> None:
    def start(_: int) -> bytes:
        database = open_database(sqlite_url, region=REGION, busy_timeout=20)
        return open_cipher(database, MASTER, now=NOW).lookup_digest("holder", "x")

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(start, range(6)))) == 1


@pytest.fixture
def damaged(sqlite_url: str, database: SqlDatabase) -> Iterator[SqlDatabase]:
    """A database with a license and a key, of which one bit was changed from outside."""
    open_cipher(database, MASTER, now=NOW)
    with database.write() as session:
        session.licenses.create([new_license(1)])
    with create_engine(parse_url(sqlite_url)).begin() as connection:
        wrapped = bytearray(connection.execute(text("SELECT wrapped FROM data_key")).scalar_one())
        wrapped[20] ^= 1
        connection.execute(text("UPDATE data_key SET wrapped = :w"), {"w": bytes(wrapped)})
    yield database


def test_a_damaged_key_is_named(damaged: SqlDatabase) -> None:
    with pytest.raises(ConfigurationError, match=r"data key 1 .* damaged"):
        open_cipher(damaged, MASTER, now=NOW)


def test_lost_keys_are_not_made_anew(damaged: SqlDatabase, sqlite_url: str) -> None:
    with create_engine(parse_url(sqlite_url)).begin() as connection:
        connection.execute(text("DELETE FROM data_key"))
    with pytest.raises(ConfigurationError, match="no data keys"):
        open_cipher(damaged, MASTER, now=NOW)


def test_a_wrapped_key_belongs_to_its_number() -> None:
    wrapped = wrap_root(MASTER, 1, bytes(32))
    assert unwrap_root(MASTER, 1, wrapped) == bytes(32)
    with pytest.raises(ConfigurationError):
        unwrap_root(MASTER, 2, wrapped)
    for unverified in (wrapped[:-1], b"\x02" + wrapped[1:], b""):
        with pytest.raises(ConfigurationError):
            unwrap_root(MASTER, 1, unverified)
