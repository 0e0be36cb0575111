"""Registers the samples over the API: batches of metadata and files, all offices at once.

Safe to repeat: a batch carries an Idempotency-Key that follows from its content, and a license
that is there already with the same content is answered as a repeat.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import groupby, islice
from typing import Final

from ledger.errors import LedgerError
from ledger.hashing import sha256
from nodes.devnet.demo.client import NodeClient
from nodes.devnet.demo.record import DemoRecord
from nodes.devnet.samples.sample import Sample

BATCH_ROWS: Final = 40
"""Some 2 MB with files in base64."""

_AT_ONCE: Final = 4
_POLL_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredBatch:
    """One batch that a node acknowledged."""

    region: str
    token: str
    ids: Mapping[str, str]
    """License id by the sample's name."""


def register(
    record: DemoRecord,
    samples: Sequence[Sample],
    content_of: Callable[[Sample], bytes],
    advance: Callable[[int], None],
) -> list[RegisteredBatch]:
    """Register all of `samples`. Raise LedgerError naming the first row that a node refuses."""
    done = []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        waiting = [
            pool.submit(_register_batch, record, batch, content_of) for batch in _batches(samples)
        ]
        try:
            for future in as_completed(waiting):
                done.append(future.result())
                advance(len(done[-1].ids))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return done


def await_final(
    record: DemoRecord,
    batches: Iterable[RegisteredBatch],
    seconds: float,
    advance: Callable[[int], None],
) -> None:
    """Return once every license of `batches` is final; raise LedgerError after `seconds`.

    A log takes licenses in the order of their registration, so a batch is final with its last.
    """
    deadline = time.monotonic() + seconds
    for batch in batches:
        license_id = max(batch.ids.values())
        with NodeClient(record.region(batch.region).url, batch.token) as client:
            while (state := client.get(f"/v1/licenses/{license_id}")["state"]) != "final":
                if time.monotonic() > deadline:
                    raise LedgerError(
                        f"license {license_id} of {batch.region} is {state} and not final after "
                        f"{seconds:g} s; the node's log and GET /readyz say what it waits for"
                    )
                time.sleep(_POLL_SECONDS)
        advance(len(batch.ids))


def _batches(samples: Sequence[Sample]) -> Iterator[list[Sample]]:
    by_office = sorted(samples, key=lambda one: one.office.uscc)
    for _, group in groupby(by_office, key=lambda one: one.office.uscc):
        while batch := list(islice(group, BATCH_ROWS)):
            yield batch


def _register_batch(
    record: DemoRecord, batch: Sequence[Sample], content_of: Callable[[Sample], bytes]
) -> RegisteredBatch:
    office = batch[0].office
    node = record.region(office.region)
    token = next(one.business_token for one in node.offices if one.uscc == office.uscc)
    rows = [sample.to_json(content_of(sample)) for sample in batch]
    body = json.dumps({"licenses": rows}).encode()
    with NodeClient(node.url, token) as client:
        said = client.post("/v1/licenses/batch", body, {"Idempotency-Key": sha256(body).hex()})
    ids = {}
    for sample, row in zip(batch, said["results"], strict=True):
        if row["license"] is None:
            raise LedgerError(f"{office.region} refuses sample {sample.name}: {row['errors']}")
        ids[sample.name] = row["license"]["id"]
    return RegisteredBatch(region=office.region, token=token, ids=ids)
