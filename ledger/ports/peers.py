"""Other regions' nodes, as the exchange and the mirror need them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ledger.ports.mirror import RegionFacts
from ledger.purpose import Purpose
from ledger.types import LogKind


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerQuery:
    """What one region asks another for."""

    holder_code: str
    type_codes: tuple[str, ...]
    """Empty: every type that the answering region may show."""
    purpose: Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRefusal:
    """A type that the peer holds back by rule, whether or not a license exists."""

    type_code: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerFailure:
    """A license that the peer has but does not serve, since its own checks of it failed."""

    license_id: str
    type_code: str
    reason: str
    check: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerAnswer:
    """What a peer sent: bundles as parsed JSON, unverified, and what it holds back and why."""

    unverified_bundles: tuple[object, ...]
    refusals: tuple[PeerRefusal, ...]
    failures: tuple[PeerFailure, ...]
    more: bool
    """Whether the holder has more licenses there than the peer sent."""


class Peers(Protocol):
    """Signed calls to other nodes. Sizes, times and concurrency are capped; no redirects.

    Raise PeerUnreachableError when no usable answer comes in time and PeerRefusedError when the
    peer refuses (its `reason` is a reason of `ledger.policy`, `not_found`, or a reason of DESIGN §6
    with which the peer withholds a damaged license). What a peer sends is unverified.
    """

    async def search(self, peer: RegionFacts, query: PeerQuery) -> PeerAnswer: ...
    async def bundle(self, peer: RegionFacts, license_id: str, purpose: Purpose) -> object: ...
    async def file(
        self, peer: RegionFacts, license_id: str, purpose: Purpose
    ) -> tuple[object, bytes]:
        """(unverified bundle, file bytes)."""

    async def find_public(
        self, peer: RegionFacts, *, check_code: str | None, sha256: str | None
    ) -> object | None:
        """An unverified bundle for an anonymous verifier, or None when the peer knows of none."""

    def tile(self, peer: RegionFacts, kind: LogKind, level: int, index: int, width: int) -> bytes:
        """Tile bytes for the mirror (public, unsigned, checked against the anchored root)."""
