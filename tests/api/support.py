"""The real app on a real region: SQLite, files and cipher, with a chain driven by the test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from httpx2 import Response
from sqlalchemy import create_engine, text
from starlette.testclient import TestClient

from api.app import create_app
from api.context import ApiSettings, PartHealth, Services
from ledger import identifier
from ledger.draft import LicenseDraft
from ledger.errors import LedgerError
from ledger.keys import KeyId
from ledger.ports.accounts import Office
from ledger.services.accounts import ROLES
from ledger.services.peer_gate import PeerGate
from ledger.signing import Signer
from tests.support.region import TestChain, TestRegion, open_region

ORIGIN: Final = "http://testserver"
PDF: Final = b"%PDF-1.7 example"


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

    def json(self, draft: LicenseDraft | None = None, **changes: object) -> dict[str, Any]:
        """A sound license as an office sends it in JSON; `changes` replace its members."""
        one = draft or self.region.draft()
        return {
            "identifier": one.identifier,
            "type": one.type_code,
            "holders": [holder.to_json() for holder in one.holders],
            "fields": dict(one.fields),
            "valid_from": one.valid_from.isoformat(),
            "valid_until": None if one.valid_until is None else one.valid_until.isoformat(),
        } | changes

    def register(self, client: TestClient, **changes: Any) -> dict[str, Any]:
        """Register one license with a file through the API and bring it to final."""
        answered = client.post("/v1/licenses", files=form(self.json(**changes)))
        assert answered.status_code == 201, answered.text
        self.chain.anchor()
        registered: dict[str, Any] = answered.json()
        return registered

    def stored(self) -> int:
        """Licenses in the database."""
        with self.region.database.read() as session:
            return session.licenses.count()

    def edit(self, statement: str, **values: object) -> None:
        """Change one row of the database behind the software's back."""
        engine = create_engine(f"sqlite:///{self.region.folder / 'region.sqlite'}")
        with engine.begin() as connection:
            assert connection.execute(text(statement), values).rowcount == 1
        engine.dispose()

    def other_office(self, role: str = "business") -> TestClient:
        """A client of another office of the same region."""
        uscc = "11110000MB0000002" + identifier.credit_code_check("11110000MB0000002")
        self.region.accounts.put_office(Office(uscc=uscc, name="另一局"))
        made = self.region.accounts.create_token(
            office=uscc,
            label="other",
            scopes=[scope.value for scope in ROLES[role]],
            life=timedelta(days=1),
        )
        return self._client({"Authorization": f"Bearer {made.secret}"})

    def client(self, role: str | None = None, **settings: Any) -> TestClient:
        """A client with a token of this role, or without one."""
        headers = {}
        if role is not None:
            headers["Authorization"] = f"Bearer {self.region.token(role).secret}"
        return self._client(headers, **settings)

    def _client(self, headers: Mapping[str, str], **settings: Any) -> TestClient:
        changed = replace(self.services.settings, **settings)
        app = create_app(replace(self.services, settings=changed))
        return TestClient(app, base_url=ORIGIN, headers={"Accept-Language": "en", **headers})


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


def form(metadata: object, content: bytes = PDF, declared: str = "application/pdf") -> Any:
    """A form with metadata and a file, as `files` of the client."""
    return {
        "metadata": (None, json.dumps(metadata), "application/json"),
        "file": ("../../etc/passwd", content, declared),
    }


def code_of(answered: Response) -> str:
    """The one fault's code, or the problem's own."""
    members = answered.json()
    assert answered.headers["content-type"] == "application/problem+json"
    assert answered.status_code == members["status"] < 500
    faults: set[str] = {fault["code"] for fault in members["errors"]}
    assert len(faults) <= 1, members
    for fault in members["errors"]:
        assert fault["field"], fault
        assert fault["problem"], fault
        assert fault["next_step"], fault
    return faults.pop() if faults else str(members["code"])
