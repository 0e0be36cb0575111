"""What the contracts announce, as values. The mirror rebuilds every fact of checks 4-6 from these.

Each event is past tense and carries everything that a mirror needs; `since_block` is the first
block in which a change is effective (the one after the block that announced it).
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.types import Digest, LogKind, Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """The contract accepted a head."""

    region: Region
    kind: LogKind
    epoch: int
    tree_size: int
    previous_size: int
    root_hash: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class LogReopened:
    """A log goes on in `epoch` from `start_size` of `parent_epoch`; what was beyond is disowned."""

    region: Region
    kind: LogKind
    epoch: int
    parent_epoch: int
    start_size: int
    root_hash: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWordChanged:
    """A change of a status word as the contract announces it: word = word & ~mask | values.

    The mirror, which knows the word before, makes a `StatusWordSet` of it.
    """

    region: Region
    epoch: int
    word_index: int
    mask: int
    values: int
    """What the pairs in `mask` become; zero elsewhere."""
    reason: int
    corrected: bool

    def applied_to(self, word: int) -> StatusWordSet:
        """The word after the change, where `word` stood before."""
        return StatusWordSet(
            region=self.region,
            epoch=self.epoch,
            word_index=self.word_index,
            mask=self.mask,
            values=word & ~self.mask | self.values,
            reason=self.reason,
            corrected=self.corrected,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusWordSet:
    """A status word as it stands after the change, two bits per license, 128 to a word."""

    region: Region
    epoch: int
    word_index: int
    mask: int
    values: int
    reason: int
    corrected: bool
    """True when the cold key or the quorum set it, not the anchor key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoritySet:
    """From `since_block` the region is (in)active and `anchor_key` is its only anchor key."""

    region: Region
    since_block: int
    anchor_key: str
    """Checksummed address."""
    active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionKeySet:
    """From `since_block` key `number` is current for `use`; the one before it ended there."""

    region: Region
    use: str
    """`signing` or `encryption`."""
    number: int
    algorithm: int
    public: bytes
    since_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointSet:
    """From `since_block` the region's node answers at `url`."""

    region: Region
    url: str
    since_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeSet:
    """From `since_block` the type has this level and may (not) be issued at all."""

    type_hash: Digest
    level: int
    active: bool
    since_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantSet:
    """From `since_block` the region may (not) issue the type."""

    region: Region
    type_hash: Digest
    granted: bool
    since_block: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GovernanceNoted:
    """Any other announcement (proposals, admins, quorum, successor), kept for auditors."""

    name: str
    arguments: str
    """Canonical JSON of the event's arguments."""


ChainEvent = (
    Anchored
    | LogReopened
    | StatusWordSet
    | AuthoritySet
    | RegionKeySet
    | EndpointSet
    | TypeSet
    | GrantSet
    | GovernanceNoted
)

Announcement = ChainEvent | StatusWordChanged
"""What is read from a block: the events, with status words as changes of what stood before."""
