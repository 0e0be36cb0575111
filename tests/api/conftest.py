"""The real app on a real region: SQLite, files and cipher, with a chain driven by the test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.context import ApiSettings, PartHealth, Services
from ledger.errors import LedgerError
from ledger.keys import KeyId
from ledger.services.peer_gate import PeerGate
from ledger.signing import Signer
from tests.support.region import CHAIN_ID, TestChain, TestRegion, open_region

ORIGIN = "http://testserver"


@dataclass
class DatabaseProbe:
    """Looks at the database for real; the other parts are as the test says."""

    region: TestRegion
    failing: dict[str, str] = field(default_factory=dict)

    def parts(self) -> tuple[PartHealth, ...]:
        detail = "ok"
        try:
            with self.region.database.read() as session:
                session.mirror.position()
        except LedgerError as error:
            detail = str(error)
        names = ("file_store", "chain", "mirror", "worker")
        return (
            PartHealth(name="database", is_ready=detail == "ok", detail=detail),
            *(
                PartHealth(
                    name=name,
                    is_ready=name not in self.failing,
                    detail=self.failing.get(name, "ok"),
                )
                for name in names
            ),
        )

    def unbacked_heads(self) -> int:
        return 0


@dataclass
class Node:
    """A region, its chain and its API."""

    region: TestRegion
    chain: TestChain
    services: Services
    probe: DatabaseProbe

    def client(self, role: str | None = None, **settings: Any) -> TestClient:
        """A client with a token of this role, or without one."""
        changed = replace(self.services.settings, **settings)
        app = create_app(replace(self.services, settings=changed))
        headers = {"Accept-Language": "en"}
        if role is not None:
            headers["Authorization"] = f"Bearer {self.region.token(role).secret}"
        return TestClient(app, base_url=ORIGIN, headers=headers, raise_server_exceptions=True)


def services_of(region: TestRegion, probe: DatabaseProbe) -> Services:
    return Services(
        issuance=region.issuance,
        status=region.status,
        look_up=region.look_up,
        public_verification=region.public,
        exchange=region.exchange,
        provision=region.provision,
        accounts=region.accounts,
        evidence=region.evidence,
        database=region.database,
        clock=region.clock,
        peer_gate=PeerGate(
            database=region.database,
            clock=region.clock,
            signer=Signer(key_id=KeyId(region.code, 0), key=region.signing_key),
        ),
        health=probe,
        settings=ApiSettings(
            region=region.code, public_url=ORIGIN, verify_rate="", access_log=False
        ),
    )


def open_node(folder: Path) -> Node:
    region = open_region(folder)
    probe = DatabaseProbe(region)
    return Node(region, TestChain([region]), services_of(region, probe), probe)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Node]:
    built = open_node(tmp_path)
    yield built
    built.region.database.close()


__all__ = ["CHAIN_ID", "Node"]
