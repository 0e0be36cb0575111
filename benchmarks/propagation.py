"""From a 201 in one region to `valid` in another, on a real chain of 1 s blocks and two real nodes.

Measured while the network is at rest and again during a bulk import; then cross-region look-ups.
"""

from __future__ import annotations

import base64
import tempfile
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import httpx2

from benchmarks.result import Result, at_most, percentile
from ledger.catalogue import ORGANIZATION, LicenseType
from ledger.draft import CREDIT_CODE
from ledger.identifier import credit_code_check, make
from ledger.ports.accounts import Office
from ledger.services.accounts import ROLES
from nodes.cli.devnet_network import Devnet, plan_devnet
from nodes.devnet.ports import free_port
from nodes.settings_sources import load_settings
from nodes.storage import open_accounts, open_migrated
from tests.support.region import CATALOGUE, office_of

ISSUER, ASKER = "110000", "133100"
SAMPLES = 30
LOOK_UPS = 100
POLL_SECONDS = 0.1
_PURPOSE = {
    "system": "benchmark",
    "matter_code": "B-1",
    "case_number": "2026-1",
    "handler": {"name": "测试", "id_digest": "0" * 64, "office": office_of(ASKER)},
}


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder, _network(Path(folder)) as pair:
        quiet = [pair.seconds_to_valid() for _ in range(SAMPLES)]
        with pair.bulk_import() as imported:
            busy = [pair.seconds_to_valid() for _ in range(SAMPLES)]
        assert imported.count > 0
        times = [pair.look_up_seconds() for _ in range(LOOK_UPS)]
    yield at_most("201 to valid in another region, p95", percentile(quiet, 0.95), "s", 10)
    yield at_most(
        f"201 to valid during a bulk import ({imported.count:,} licenses), p95",
        percentile(busy, 0.95),
        "s",
        10,
    )
    yield at_most("cross-region look-up, p95", percentile(times, 0.95), "s", 1)


class _Imported:
    count = 0


class _Pair:
    """Two running nodes and a client for each."""

    def __init__(self, issuer: httpx2.Client, asker: httpx2.Client) -> None:
        self.issuer = issuer
        self.asker = asker
        self._serial = iter(range(1, 10**9))
        self.holder = _firm(1)

    def seconds_to_valid(self) -> float:
        content = b"%PDF-1.7 " + uuid.uuid4().bytes
        answer = self.issuer.post("/v1/licenses", json=self._row(_KIND, self.holder, content))
        assert answer.status_code == 201, answer.text
        begin = time.perf_counter()
        query = {"check_code": answer.json()["check_code"]}
        while True:
            verdict = self.asker.post("/v1/verify", json=query).json()
            if verdict.get("verdict") == "valid":
                return time.perf_counter() - begin
            assert time.perf_counter() - begin < 60, verdict
            time.sleep(POLL_SECONDS)

    def look_up_seconds(self) -> float:
        begin = time.perf_counter()
        answer = self.asker.post(
            "/v1/exchange/search",
            json={
                "holder": {"code": self.holder},
                "types": [_KIND.code],
                "regions": [ISSUER],
                "purpose": _PURPOSE,
            },
        )
        seconds = time.perf_counter() - begin
        assert answer.status_code == 200, answer.text
        return seconds

    @contextmanager
    def bulk_import(self) -> Iterator[_Imported]:
        stop, imported = threading.Event(), _Imported()

        def feed() -> None:
            while not stop.is_set():
                rows = [self._row(_KIND, _firm(2 + at), None) for at in range(500)]
                answer = self.issuer.post("/v1/licenses/batch", json={"licenses": rows})
                if answer.status_code == 503:
                    time.sleep(1)
                    continue
                assert answer.json()["registered"] == len(rows), answer.text[:500]
                imported.count += len(rows)

        feeder = threading.Thread(target=feed)
        feeder.start()
        try:
            yield imported
        finally:
            stop.set()
            feeder.join()

    def _row(self, kind: LicenseType, holder: str, content: bytes | None) -> dict[str, object]:
        serial = f"{next(self._serial):09d}"
        row: dict[str, object] = {
            "identifier": str(make(kind.code, office_of(ISSUER), serial, 1)),
            "type": kind.code,
            "holders": [{"name": "示例公司", "code": holder, "code_type": CREDIT_CODE}],
            "valid_from": "2026-01-01",
            "valid_until": "2036-12-31",
            "fields": {"certificate_name": kind.name_zh, "certificate_number": serial},
        }
        if content is not None:
            row["file"] = {
                "content": base64.b64encode(content).decode(),
                "media_type": "application/pdf",
            }
        return row


_KIND = next(one for one in CATALOGUE if one.holder == ORGANIZATION and one.level == 1)


def _firm(number: int) -> str:
    body = f"91110000{number:09d}"
    return body + credit_code_check(body)


@contextmanager
def _network(folder: Path) -> Iterator[_Pair]:
    network: Devnet = plan_devnet(folder, [ISSUER, ASKER], free_port(), free_port())
    try:
        network.start_chain()
        network.found()
        network.start_nodes()
        with (
            _client(network, ISSUER, "business") as issuer,
            _client(network, ASKER, "clerk") as asker,
        ):
            yield _Pair(issuer, asker)
    finally:
        network.stop()


def _client(network: Devnet, region: str, role: str) -> httpx2.Client:
    node = next(one for one in network.nodes if one.place.code == region)
    database = open_migrated(load_settings(node.folder.config), may_migrate=False)
    accounts = open_accounts(database)
    accounts.put_office(Office(uscc=office_of(region), name=region))
    token = accounts.create_token(
        office=office_of(region),
        label="benchmark",
        scopes=[scope.value for scope in ROLES[role]],
        life=timedelta(hours=1),
    )
    database.close()
    return httpx2.Client(
        base_url=node.url,
        headers={"Authorization": f"Bearer {token.secret}"},
        timeout=30,
    )
