"""Everything that the routes need, handed in by whoever starts the node; nothing is global here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from ledger.ports.clock import Clock
from ledger.ports.database import Database
from ledger.services.accounts import Accounts
from ledger.services.evidence import Evidence
from ledger.services.exchange import Exchange
from ledger.services.issuance import Issuance
from ledger.services.lookup import LookUp
from ledger.services.peer_gate import PeerGate
from ledger.services.provision import Provision
from ledger.services.status import StatusService
from ledger.services.verifying import PublicVerification
from ledger.types import Region

MEBIBYTE: Final = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionName:
    """What a region is called; the codes themselves come from the chain."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Limits with their units, and where this API is reached."""

    region: Region
    public_url: str
    """Scheme, host and port as callers see them, without a final slash; QR codes begin with it."""
    version: str = "0.1.0"
    region_names: Mapping[Region, RegionName] = field(default_factory=dict, hash=False)
    allowed_hosts: frozenset[str] = frozenset()
    """Host names (without port) that requests may name; empty: any."""
    max_json_bytes: int = MEBIBYTE
    """Body of a JSON request without files."""
    max_file_bytes: int = 20 * MEBIBYTE
    """One license file."""
    max_batch_bytes: int = 64 * MEBIBYTE
    """Body of one batch, files in base64 included."""
    max_batch_rows: int = 1000
    max_header_bytes: int = 16 * 1024
    """Request line and headers together."""
    body_seconds: float = 60.0
    """Time for a request's whole body to arrive."""
    max_concurrent_requests: int = 200
    """Requests in hand at once; more are answered 503 and read nothing of."""
    max_concurrent_uploads: int = 8
    """Bodies above `max_json_bytes` held in memory at once; one counts once per 16 MiB."""
    verify_rate: str = "60/minute"
    """Anonymous verifications per client address, in the notation of `limits`; empty: no limit."""
    peer_find_rate: str = "600/minute"
    """Anonymous verifiers' questions that one region may pass on, in the notation of `limits`."""
    reads_inline: bool = False
    """Answer small public queries in the event loop instead of in a thread. For an embedded
    database, whose reads take less time than the way to a thread and back."""
    access_log: bool = True
    """One log line per request; never a body, a query string or a check code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """One part that the node needs."""

    name: str
    """`database`, `file_store`, `chain`, `mirror`, `worker` …: stable."""
    is_ready: bool
    detail: str
    """What is wrong and what to do; a short word such as `ok` otherwise. Never personal data."""


class HealthProbe(Protocol):
    """Looks at the node's parts. Never raises: a part that cannot be looked at is not ready."""

    def parts(self) -> tuple[PartHealth, ...]:
        """Every part, in the order in which an operator should look at them.

        The mirror is not ready when it lags beyond its limit or has halted; `detail` says which.
        """

    def unbacked_heads(self) -> int:
        """Anchored heads of any region whose leaves nobody could produce in time (DESIGN §5)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The node's services, made once at start and shared by all requests; all are thread-safe."""

    issuance: Issuance
    status: StatusService
    look_up: LookUp
    public_verification: PublicVerification
    exchange: Exchange
    provision: Provision
    peer_gate: PeerGate
    accounts: Accounts
    evidence: Evidence
    database: Database
    clock: Clock
    health: HealthProbe
    settings: ApiSettings
