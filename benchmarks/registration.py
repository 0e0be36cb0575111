"""Bulk registration, from a request's body to `integrated`, on one core.

The reference does, for the same rows and in the same run, only what no implementation can leave
out: the same SHA-256 and HMAC digests, the same seals and signatures, and the same rows inserted
into the same schema with the same durability, by the bare driver.
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
from ledger.services.issuance import Registered
from ledger.services.sealed import open_disclosures
from ledger.store.migrations import upgrade
from ledger.tile_tree import TileTree
from nodes.memory import tune_memory
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
        tune_memory()
        _register(region, bodies[0])  # warm
        begin = time.perf_counter()
        registered = [one for body in bodies[1:] for one in _register(region, body)]
        ours = len(registered) / (time.perf_counter() - begin)
        bare = len(registered) / _bare_seconds(folder, region, registered)
        region.database.close()
    yield at_least("bulk registration, body to integrated, one core", ours, "licenses/s", 3000)
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


def _register(region: TestRegion, body: bytes) -> list[Registered]:
    value = parse_json(body, max_bytes=MAX_BYTES)
    assert isinstance(value, dict)
    drafts = drafts_from_rows(value["licenses"], max_file_bytes=MAX_BYTES)
    sound = [one for one in drafts if isinstance(one, LicenseDraft)]
    outcomes = region.issuance.register_batch(sound, office=region.office)
    done = [one for one in outcomes if isinstance(one, Registered)]
    assert len(done) == BATCH
    region.sequence()
    return done


def _bare_seconds(folder: Path, region: TestRegion, registered: Sequence[Registered]) -> float:
    """Time of the same digests, seals, signatures and inserts without anything around them."""
    stored = sqlite3.connect(folder / "region.sqlite")
    columns = [row[1] for row in stored.execute("PRAGMA table_info(license)")]
    names = ", ".join(columns)
    ids = {one.record.id for one in registered}
    rows = [row for row in stored.execute(f"SELECT {names} FROM license") if row[0] in ids]  # noqa: S608
    holders = [row for row in stored.execute("SELECT * FROM license_holder") if row[1] in ids]
    stored.close()
    cipher = region.look_up._cipher
    opened = [open_disclosures(cipher, one.record) for one in registered]
    target = folder / "bare.sqlite"
    upgrade(f"sqlite:///{target}")
    connection = sqlite3.connect(target, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    marks = ", ".join("?" * len(columns))
    key, seal, size = SigningKey.generate(), AESGCM(os.urandom(32)), 0
    begin = time.perf_counter()
    for first in range(0, len(registered), BATCH):
        leaves = []
        for one, texts in zip(
            registered[first : first + BATCH], opened[first : first + BATCH], strict=True
        ):
            for text in texts:
                disclosure_digest(text)
            leaves.append(leaf_hash(one.record.entry))
            for label in ("identifier", "check_code", "holder", "number", "content"):
                keyed_digest(b"k" * 32, label, one.record.promise[:64])
            seal.encrypt(os.urandom(12), one.record.sealed, None)
            key.sign(one.record.promise)
        TileTree(read=lambda level, index: b"", tree_size=0).append(leaves)
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            f"INSERT INTO license ({names}) VALUES ({marks})",  # noqa: S608
            rows[first : first + BATCH],
        )
        connection.executemany(
            f"INSERT INTO license_holder VALUES ({', '.join('?' * len(holders[0]))})",  # noqa: S608
            holders[first : first + BATCH],
        )
        connection.execute("COMMIT")
        size += len(leaves)
    seconds = time.perf_counter() - begin
    connection.close()
    return seconds
