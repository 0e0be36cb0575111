"""What a verifier relies on, and what it asked: the inputs of `ledger.verification`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from ledger.keys import VerifyingKey
from ledger.types import AnchoredHead, BlockRef, EpochStart, LicenseStatus, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFacts:
    """What the verifier's chain says of one bundle, as of `block`. All of it is trusted."""

    block: BlockRef
    """The final block that these facts speak for."""
    finality: str
    anchor: AnchoredHead | None
    """The head anchored at the bundle's (region, epoch, tree size); None: no such slot."""
    mirrored_size: int
    """Size of the region's newest anchored head in the bundle's epoch, 0 without one."""
    lineage: tuple[EpochStart, ...]
    region_active: bool
    """The region was an active member at the anchor's block."""
    type_granted: bool
    """The type was active and granted to the region at the anchor's block."""
    status: LicenseStatus
    signing_keys: Mapping[int, VerifyingKey] = field(default_factory=dict, hash=False)
    """The region's signing keys by number, for registration promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a verifier relies on."""

    chain_id: int
    facts: ChainFacts | None
    """None when the chain could not be read: nothing is valid then, and nothing invalid by it."""
    max_age: timedelta
    """How old the block may be that the facts speak for, before they are `stale`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked; an answer about another license is `wrong_license`, however genuine."""

    region: Region | None = None
    id: str | None = None
    type_code: str | None = None
    holder_code: str | None = None
    identifier: str | None = None
    check_code: str | None = None
