"""Bulk registration, from a request's body to `integrated`, on one core.

Two references do, for the same rows and in the same run, what no implementation can leave out, by
the bare driver. The strict one: the same SHA-256 and HMAC digests, seals and signatures, and the
same rows inserted in one durable transaction for each batch, without positions. The other writes
what the design writes: the same rows in the same two durable transactions, registered and then
sequenced.
"""

from __future__ import annotations

import json
import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from api.bodies import parse_json
from api.licenses.drafts import drafts_from_rows
from benchmarks.result import Result, at_least, share_of
from ledger.draft import LicenseDraft
from ledger.hashing import disclosure_digest, keyed_digest, leaf_hash, sha256, sm3
from ledger.keys import SigningKey
from ledger.ports.accounts import Lease
from ledger.services.issuance import Registered
from ledger.services.sealed import open_disclosures
from ledger.store.migrations import upgrade
from ledger.tile_tree import TileTree
from ledger.types import Digest
from nodes.interpreter import tune_interpreter
from tests.support.region import TestChain, TestRegion, open_region

BATCH = 1000
BATCHES = 6
MAX_BYTES = 64 << 20


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        region = open_region(folder)
        TestChain([region])
        bodies = [_body(region) for _ in range(BATCHES)]
        tune_interpreter()
        lease = region.sequencer.take_lease()
        assert lease is not None
        _register(region, lease, bodies[0])  # warm
        begin = time.perf_counter()
        registered = [one for body in bodies[1:] for one in _register(region, lease, body)]
        ours = len(registered) / (time.perf_counter() - begin)
        strict, bare = (
            len(registered) / _bare_seconds(folder, region, registered, is_sequenced=is_sequenced)
            for is_sequenced in (False, True)
        )
        region.database.close()
    yield at_least("bulk registration, body to integrated, one core", ours, "licenses/s", 3000)
    yield share_of(
        "bulk registration against bare digests and inserts, one transaction",
        ours,
        "licenses/s",
        strict,
        0.5,
    )
    yield share_of(
        "bulk registration against its bare cryptography and inserts", ours, "licenses/s", bare, 0.5
    )


def _body(region: TestRegion) -> bytes:
    rows = []
    for _ in range(BATCH):
        draft = region.draft()
        content = os.urandom(64)
        rows.append(
            {
                "identifier": draft.identifier,
                "type": draft.type_code,
                "holders": [holder.to_json() for holder in draft.holders],
                "valid_from": draft.valid_from.isoformat(),
                "valid_until": "2030-12-31",
                "fields": dict(draft.fields),
                "file": {
                    "sha256": sha256(content).hex(),
                    "sm3": sm3(content).hex(),
                    "size": len(content),
                    "media_type": "application/pdf",
                },
            }
        )
    return json.dumps({"licenses": rows}, ensure_ascii=False).encode()


def _register(region: TestRegion, lease: Lease, body: bytes) -> list[Registered]:
    value = parse_json(body, max_bytes=MAX_BYTES)
    assert isinstance(value, dict)
    drafts = drafts_from_rows(value["licenses"], max_file_bytes=MAX_BYTES)
    sound = [one for one in drafts if isinstance(one, LicenseDraft)]
    outcomes = region.issuance.register_batch(sound, office=region.office)
    done = [one for one in outcomes if isinstance(one, Registered)]
    assert len(done) == BATCH
    # As the worker does: one round integrates all that waits.
    assert region.sequencer.round(lease).count == BATCH
    return done


def _bare_seconds(
    folder: Path, region: TestRegion, registered: Sequence[Registered], *, is_sequenced: bool
) -> float:
    """Time of the same digests, seals, signatures and writes without anything around them."""
    names, rows, holders = _stored_rows(folder, {one.record.id for one in registered})
    cipher = region.look_up._cipher
    opened = [open_disclosures(cipher, one.record) for one in registered]
    connection = _empty_database(folder / f"bare-{is_sequenced}.sqlite")
    key, seal = SigningKey.generate(), AESGCM(os.urandom(32))
    tiles: dict[tuple[int, int], bytes] = {}
    begin = time.perf_counter()
    for first in range(0, len(registered), BATCH):
        batch = slice(first, first + BATCH)
        leaves = [
            _bare_cryptography(one, texts, key, seal)
            for one, texts in zip(registered[batch], opened[batch], strict=True)
        ]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(_insert("license", names), rows[batch])
        connection.executemany(_insert("license_holder", _HOLDER_COLUMNS), holders[batch])
        connection.execute("COMMIT")
        if not is_sequenced:
            TileTree(read=lambda level, index: b"", tree_size=0).append(leaves)
            continue
        connection.execute("BEGIN IMMEDIATE")
        tree = TileTree(read=lambda level, index: tiles[level, index], tree_size=first)
        growth = tree.append(leaves)
        tiles.update(growth.tiles)
        connection.executemany(
            "UPDATE license SET epoch = 0, leaf_index = ? WHERE id = ?",
            [(first + at, row[0]) for at, row in enumerate(rows[batch])],
        )
        connection.executemany(
            "INSERT OR REPLACE INTO log_tile VALUES ('110000', 0, ?, ?, ?)",
            [(level, index, hashes) for (level, index), hashes in growth.tiles.items()],
        )
        connection.execute("COMMIT")
    seconds = time.perf_counter() - begin
    connection.close()
    return seconds


_HOLDER_COLUMNS = ("holder_digest", "license_id", "type_code")


def _stored_rows(
    folder: Path, ids: set[str]
) -> tuple[tuple[str, ...], list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Columns and rows as our own run stored them, without positions."""
    stored = sqlite3.connect(folder / "region.sqlite")
    columns = [str(row[1]) for row in stored.execute("PRAGMA table_info(license)")]
    names = tuple(name for name in columns if name not in ("epoch", "leaf_index"))
    rows = [row for row in stored.execute(_select("license", names)) if row[0] in ids]
    holders = [
        row for row in stored.execute(_select("license_holder", _HOLDER_COLUMNS)) if row[1] in ids
    ]
    stored.close()
    return names, rows, holders


def _empty_database(path: Path) -> sqlite3.Connection:
    upgrade(f"sqlite:///{path}")
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    return connection


def _bare_cryptography(
    one: Registered, texts: Sequence[str], key: SigningKey, seal: AESGCM
) -> Digest:
    """Every digest, the seal and the signature of one license; its leaf hash."""
    for text in texts:
        disclosure_digest(text)
    for label in ("identifier", "check_code", "holder", "number", "content"):
        keyed_digest(b"k" * 32, label, one.record.promise[:64])
    seal.encrypt(os.urandom(12), one.record.sealed, None)
    key.sign(one.record.promise)
    return leaf_hash(one.record.entry)


def _select(table: str, columns: Sequence[str]) -> str:
    return f"SELECT {', '.join(columns)} FROM {table}"


def _insert(table: str, columns: Sequence[str]) -> str:
    marks = ", ".join("?" * len(columns))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})"
