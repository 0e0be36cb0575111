"""The words of the domain as types: digests, regions, positions, heads.

Everything here is immutable and free of IO. A type that two modules need lives here or in
`ledger.ports`, never in one of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import NewType

Digest = NewType("Digest", bytes)
"""A SHA-256 digest, 32 bytes."""

Region = NewType("Region", str)
"""A region code in the form of GB/T 2260: six ASCII digits, for example `110000`."""

Index = NewType("Index", int)
"""A leaf's place in a log, counted from 0."""

DIGEST_SIZE = 32
"""Bytes in a `Digest`."""

MAX_TREE_SIZE = 2**48 - 1
"""Largest tree size that a head may state (DESIGN §3)."""


class LogKind(IntEnum):
    """The two logs that every region keeps; the value is the `kind` of the contract's `append`."""

    LICENSES = 0
    ACCESS = 1


class LicenseStatus(IntEnum):
    """Two bits per license on the chain; the value is the bit pattern (`StatusWord.sol`)."""

    IN_FORCE = 0
    SUSPENDED = 1
    REVOKED = 2
    SUPERSEDED = 3


class LicenseState(StrEnum):
    """How far a registration has come (DESIGN §3). The order is the order of the pipeline."""

    PENDING = "pending"
    INTEGRATED = "integrated"
    ANCHORED = "anchored"
    FINAL = "final"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """Where a leaf stands in a log. A position is never used twice."""

    epoch: int
    """The log's epoch, counted from 0; a reopened log goes on in a new one."""
    index: Index
    """The leaf's index, counted over the whole log and not from the epoch's start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a log committed to: every leaf below `tree_size`."""

    epoch: int
    tree_size: int
    """Leaves committed; never decreases within an epoch."""
    root_hash: Digest
    """RFC 9162 root over leaves [0, tree_size)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredHead:
    """A head that the contract accepted, with the block that accepted it."""

    epoch: int
    tree_size: int
    previous_size: int
    """Size of the anchored head before it: this one covers first [previous_size, tree_size)."""
    root_hash: Digest
    block_number: int
    block_time: int
    """Seconds since 1970 as the block states them: its proposer's clock, for display."""


@dataclass(frozen=True, slots=True)
class EpochStart:
    """One step of a log's live lineage: `epoch` goes on from `start_size` of the one before."""

    epoch: int
    start_size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRef:
    """One block of the chain."""

    number: int
    hash: bytes
    parent_hash: bytes
    time: int
    """Seconds since 1970, the proposer's clock."""
