"""Builds a node from its settings: the only module that sees every part of it.

Order: keys, then storage (migrated or refused), then the chain's identity, then services. A wrong
chain, wrong contracts, a wrong key file or a wrong schema refuses the start, each by name; a chain
that is merely away does not (`nodes.chain_gate`).
"""

from __future__ import annotations

import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

import structlog
from fastapi import FastAPI

from api.app import create_app
from api.context import ApiSettings, Services
from ledger.chain.connect import ChainSettings, open_chain
from ledger.chain.finality import finality_rule
from ledger.chain.identity import ChainIdentity, parse_address
from ledger.chain.reader import RpcChainReader
from ledger.chain.rpc import RpcSettings
from ledger.errors import ChainUnavailableError, ConfigurationError
from ledger.peers.client import HttpPeers
from ledger.peers.endpoint import AllowedAddresses
from ledger.peers.link import PeerSettings
from ledger.services.evidence import Evidence, EvidenceSettings
from ledger.services.exchange import Exchange
from ledger.services.fsck import Fsck
from ledger.services.issuance import Issuance, IssuanceLimits, Issuer
from ledger.services.lookup import LookUp
from ledger.services.peer_gate import PeerGate
from ledger.services.provision import Provision
from ledger.services.status import StatusService
from ledger.services.verifying import PublicVerification
from ledger.signing import Signer
from ledger.types import Region
from nodes.chain_gate import ChainGate
from nodes.health import NodeHealth
from nodes.keys import NodeKeys, read_keys_file
from nodes.region_names import REGION_NAMES
from nodes.settings import Finality, NodeSettings
from nodes.storage import Storage, new_id, open_accounts, open_storage, system_clock
from nodes.version import software_version
from nodes.workers.heartbeats import Heartbeats

_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})

_log = structlog.get_logger("ledger.node")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A node's parts, open. `close` ends what they hold."""

    settings: NodeSettings
    keys: NodeKeys
    storage: Storage
    chain_settings: ChainSettings
    chain: RpcChainReader
    gate: ChainGate
    evidence: Evidence
    peers: HttpPeers

    def close(self) -> None:
        """Close the database; the peers' connections close with the application."""
        self.storage.database.close()


def open_parts(settings: NodeSettings, *, may_migrate: bool) -> Parts:
    """Open everything and refuse what must not run. See the module's text for the errors."""
    keys = read_keys_file(settings.keys, Region(settings.region))
    chain_settings = _chain_settings(settings)
    chain = open_chain(chain_settings)
    storage = open_storage(settings, keys, may_migrate=may_migrate)
    try:
        gate = ChainGate(chain)
        _meet_chain(gate)
        return Parts(
            settings=settings,
            keys=keys,
            storage=storage,
            chain_settings=chain_settings,
            chain=chain,
            gate=gate,
            evidence=open_evidence(settings, storage),
            peers=_open_peers(settings, storage, keys),
        )
    except BaseException:
        storage.database.close()
        raise


def open_evidence(settings: NodeSettings, storage: Storage) -> Evidence:
    """What proves a stored license, from the database and the mirror."""
    return Evidence(
        cipher=storage.cipher,
        settings=EvidenceSettings(
            region=Region(settings.region),
            chain_id=settings.chain_id,
            finality=f"depth {settings.finality_depth_blocks}"
            if settings.finality is Finality.DEV
            else settings.finality.value,
            max_age=settings.max_chain_age,
        ),
    )


def open_fsck(settings: NodeSettings) -> tuple[Fsck, Storage]:
    """What `fsck` needs; a chain that is away refuses nothing. Close the storage after."""
    keys = read_keys_file(settings.keys, Region(settings.region))
    storage = open_storage(settings, keys, may_migrate=False)
    fsck = Fsck(
        database=storage.database,
        files=storage.files,
        cipher=storage.cipher,
        evidence=open_evidence(settings, storage),
        chain=open_chain(_chain_settings(settings)),
    )
    return fsck, storage


def build_services(parts: Parts, health: NodeHealth) -> Services:
    """Every service that the routes call."""
    settings, keys = parts.settings, parts.keys
    database, cipher, files = parts.storage.database, parts.storage.cipher, parts.storage.files
    evidence, clock = parts.evidence, system_clock
    look_up = LookUp(database=database, files=files, cipher=cipher, clock=clock, evidence=evidence)
    provision = Provision(database=database, cipher=cipher, look_up=look_up)
    return Services(
        issuance=_issuance(parts),
        status=StatusService(
            database=database, evidence=evidence, cipher=cipher, clock=clock, new_id=new_id
        ),
        look_up=look_up,
        public_verification=PublicVerification(
            database=database,
            cipher=cipher,
            clock=clock,
            evidence=evidence,
            peers=parts.peers,
            patience=settings.peer_find_patience_seconds,
        ),
        exchange=Exchange(
            database=database,
            clock=clock,
            evidence=evidence,
            peers=parts.peers,
            provision=provision,
            patience=settings.peer_patience_seconds,
        ),
        provision=provision,
        peer_gate=PeerGate(database=database, clock=clock, signer=_signer(keys)),
        accounts=open_accounts(database),
        evidence=evidence,
        database=database,
        clock=clock,
        health=health,
        settings=_api_settings(settings),
    )


def build_app(parts: Parts, services: Services) -> FastAPI:
    """The web application; the peers' connections live as long as it does."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await parts.peers.aclose()

    return create_app(services, lifespan=lifespan)


def _meet_chain(gate: ChainGate) -> None:
    """Refuse a wrong chain now. Keys are compared when the mirror has caught up, not before."""
    try:
        gate.require()
    except ChainUnavailableError as error:
        _log.warning("the chain is away; this node serves what it has", reason=str(error))


def _issuance(parts: Parts) -> Issuance:
    settings, keys = parts.settings, parts.keys
    return Issuance(
        database=parts.storage.database,
        files=parts.storage.files,
        cipher=parts.storage.cipher,
        clock=system_clock,
        random_bytes=os.urandom,
        new_id=new_id,
        issuer=Issuer(region=keys.region, key_id=keys.signing_id, key=keys.signing_key),
        limits=IssuanceLimits(
            anchor_within=timedelta(seconds=settings.anchor_within_seconds),
            max_anchor_lag=timedelta(seconds=settings.max_anchor_lag_seconds),
            max_pending=settings.max_pending_licenses,
        ),
    )


def _signer(keys: NodeKeys) -> Signer:
    return Signer(key_id=keys.signing_id, key=keys.signing_key)


def _chain_settings(settings: NodeSettings) -> ChainSettings:
    genesis = settings.genesis_hash.removeprefix("0x")
    return ChainSettings(
        rpc=RpcSettings(url=settings.rpc_url, read_seconds=settings.rpc_timeout_seconds),
        identity=ChainIdentity(
            chain_id=settings.chain_id,
            genesis_hash=bytes.fromhex(genesis) if genesis else None,
            consortium=parse_address(settings.consortium_address),
            license_log=parse_address(settings.license_log_address),
        ),
        finality=finality_rule(settings.finality.value, depth=settings.finality_depth_blocks),
        gas_price=settings.gas_price_wei,
    )


def _open_peers(settings: NodeSettings, storage: Storage, keys: NodeKeys) -> HttpPeers:
    return HttpPeers(
        signer=_signer(keys),
        database=storage.database,
        clock=system_clock,
        random_bytes=os.urandom,
        settings=PeerSettings(
            allowed=AllowedAddresses(
                networks=settings.peer_networks, loopback=settings.finality is Finality.DEV
            ),
            answer_seconds=settings.peer_answer_seconds,
            file_seconds=settings.peer_file_seconds,
            max_answer_bytes=settings.peer_max_answer_bytes,
            max_file_bytes=settings.peer_max_file_bytes,
            concurrency=settings.peer_concurrency,
            tls=_authorities(settings),
        ),
    )


def _authorities(settings: NodeSettings) -> ssl.SSLContext | None:
    if settings.peer_ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=str(settings.peer_ca_file))
    except OSError as error:  # ssl.SSLError is one
        raise ConfigurationError(
            f"peer_ca_file {settings.peer_ca_file} is no PEM file of certificates: {error}"
        ) from error


def _api_settings(settings: NodeSettings) -> ApiSettings:
    host = urlsplit(settings.base_url).hostname or settings.host
    named = frozenset(settings.allowed_hosts)
    return ApiSettings(
        region=Region(settings.region),
        public_url=settings.base_url,
        version=software_version(),
        region_names=REGION_NAMES,
        allowed_hosts=frozenset() if "*" in named else named | _LOOPBACK_NAMES | {host},
        max_json_bytes=settings.max_json_bytes,
        max_file_bytes=settings.max_file_bytes,
        max_batch_bytes=settings.max_batch_bytes,
        max_header_bytes=settings.max_header_bytes,
        body_seconds=settings.body_seconds,
        max_concurrent_requests=settings.max_concurrent_requests,
        max_concurrent_uploads=settings.max_concurrent_uploads,
        verify_rate=settings.verify_rate,
        peer_find_rate=f"{settings.peer_budget_per_minute}/minute",
        reads_inline=settings.database.startswith("sqlite"),
        access_log=settings.access_log,
    )


def build_health(
    parts: Parts, heartbeats: Heartbeats | None, unbacked: Callable[[], int]
) -> NodeHealth:
    """The probe of this process; `heartbeats` is None where other processes work."""
    return NodeHealth(
        region=parts.keys.region,
        database=parts.storage.database,
        files=parts.settings.files,
        clock=system_clock,
        mirror_patience=parts.settings.mirror_patience_seconds,
        heartbeats=heartbeats,
        # What other processes find of the chain shows in the mirror.
        chain_problem=(lambda: "") if heartbeats is None else (lambda: parts.gate.problem),
        unbacked=unbacked,
    )
