"""Processes that write to a database, to be killed or to compete: `python -m … URL MODE`."""

from __future__ import annotations

import sys
import time

from ledger.store.database import open_database
from ledger.types import Index
from tests.ports.databases import REGION
from tests.ports.samples import license_id, new_license

BATCH = 50


def write_for_ever(url: str) -> None:
    """Batches of licenses with their positions, one transaction each; says what it committed."""
    database = open_database(url, region=REGION)
    number = 0
    while True:
        batch = range(number, number + BATCH)
        with database.write() as session:
            session.licenses.create([new_license(each, f"holder {each}") for each in batch])
            ids = [license_id(each) for each in batch]
            session.licenses.assign_positions(0, Index(number), ids)
        number += BATCH
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


def hold(url: str) -> None:
    """Write one batch and never commit it."""
    database = open_database(url, region=REGION)
    with database.write() as session:
        session.licenses.create([new_license(each) for each in range(BATCH)])
        sys.stdout.write("held\n")
        sys.stdout.flush()
        time.sleep(600)


def add_in_turn(url: str, times: int = 40) -> None:
    """Count the licenses and add the next one, so that two writers at once would clash.

    Says that it is ready, and starts when it is told to.
    """
    database = open_database(url, region=REGION, busy_timeout=30)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    for _ in range(times):
        with database.write() as session:
            session.licenses.create([new_license(session.licenses.count())])


if __name__ == "__main__":
    {"for ever": write_for_ever, "hold": hold, "in turn": add_in_turn}[sys.argv[2]](sys.argv[1])
