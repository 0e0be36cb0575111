"""Where the contracts keep each fact: storage slots, computed from the compiler's own layout.

No slot and no offset is numbered by hand. `StorageLayout` walks the `storageLayout` that the
compiler wrote beside the code (Solidity, "Layout of State Variables in Storage"); `LicenseLogSlots`
and `ConsortiumSlots` name the facts of checks 4-6 by their place in it. A `Place` then reads the
fact out of a storage word that `eth_getProof` proved; an absent word is 0.

A history is an array of one-slot checkpoints. What held as of block b is shown by three slots: the
length, element i with sinceBlock <= b, and element i + 1 with sinceBlock > b (if there is one).

The words come from proofs and are only read as numbers; the layout is ours and is trusted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ledger.hashing import keccak256
from ledger.types import LogKind, Region

Layout = Mapping[str, Any]
"""`storageLayout` of one contract: `storage` and `types`."""

Step = str | int | bytes
"""One step into a value: a struct's member, a mapping's key, an array's index, or `LENGTH`."""

LENGTH = "length"
"""The step from a dynamic array to the slot of its length."""

_WORD = 32


@dataclass(frozen=True, slots=True)
class Place:
    """A value in storage that fills one slot or a part of one."""

    layout: Layout
    slot: int
    offset: int
    """Bytes from the word's low end."""
    type: str

    @property
    def key(self) -> bytes:
        """The slot as 32 bytes, the form that `eth_getProof` takes."""
        return self.slot.to_bytes(_WORD, "big")

    def read(self, word: int) -> int:
        """The value's bits out of its storage word."""
        size = int(self.layout["types"][self.type]["numberOfBytes"])
        return word >> (8 * self.offset) & ((1 << (8 * size)) - 1)

    def members(self, word: int) -> dict[str, int]:
        """All members of a struct that fills one slot, by name."""
        return {
            member["label"]: Place(
                self.layout, self.slot, self.offset + member["offset"], member["type"]
            ).read(word)
            for member in self.layout["types"][self.type]["members"]
        }


@dataclass(frozen=True, slots=True)
class StorageLayout:
    """The storage of one contract."""

    layout: Layout

    def locate(self, variable: str, *steps: Step) -> Place:
        """The place of a value, for example `locate("_regions", 110000, "authorities", 2)`.

        Raise `KeyError` for a name that the layout does not have.
        """
        entry = _named(self.layout["storage"], variable)
        place = Place(self.layout, int(entry["slot"]), int(entry["offset"]), entry["type"])
        for step in steps:
            place = self._enter(place, step)
        return place

    def _enter(self, place: Place, step: Step) -> Place:
        kind = self.layout["types"][place.type]
        if kind["encoding"] == "mapping":
            slot = _hash_slot(_padded(step) + place.key)
            return Place(self.layout, slot, 0, kind["value"])
        if kind["encoding"] == "dynamic_array":
            if step == LENGTH:
                return place
            return self._element(place, kind["base"], int(step))
        member = _named(kind["members"], str(step))
        return Place(
            self.layout, place.slot + int(member["slot"]), int(member["offset"]), member["type"]
        )

    def _element(self, array: Place, element: str, index: int) -> Place:
        """An element: small ones share a slot, larger ones begin on one."""
        size = int(self.layout["types"][element]["numberOfBytes"])
        first = _hash_slot(array.key)
        if size <= _WORD // 2:
            per_slot = _WORD // size
            offset = index % per_slot * size
            return Place(self.layout, first + index // per_slot, offset, element)
        return Place(self.layout, first + index * -(-size // _WORD), 0, element)


@dataclass(frozen=True, slots=True)
class LicenseLogSlots:
    """Facts of checks 4 and 6 in the storage of the LicenseLog."""

    storage: StorageLayout

    def anchor(self, region: Region, kind: LogKind, epoch: int, tree_size: int) -> Place:
        """keccak256(abi.encode(root, previousSize, blockNumber, blockTime)); absent: 0."""
        return self.storage.locate("_anchors", anchor_key(region, kind, epoch, tree_size))

    def head_root(self, region: Region, kind: LogKind) -> Place:
        """Root hash of the newest head."""
        return self.storage.locate("_logs", log_key(region, kind), "root")

    def head(self, region: Region, kind: LogKind) -> Place:
        """Struct `HeadWord`: the rest of the newest head."""
        return self.storage.locate("_logs", log_key(region, kind), "head")

    def lineage_length(self, region: Region, kind: LogKind) -> Place:
        """Steps of the live lineage after the first, which is always (0, 0) and not stored."""
        return self.storage.locate("_logs", log_key(region, kind), "reopened", LENGTH)

    def lineage_step(self, region: Region, kind: LogKind, number: int) -> Place:
        """Struct `EpochStart` of step `number`; 1 is the first that a reopening made."""
        return self.storage.locate("_logs", log_key(region, kind), "reopened", number - 1)

    def reopenings(self, region: Region, kind: LogKind) -> Place:
        """How often the log was reopened: no epoch above this number was ever opened."""
        return self.storage.locate("_logs", log_key(region, kind), "reopenings")

    def status_word(self, region: Region, epoch: int, word_index: int) -> Place:
        """128 statuses, see `ledger.status_word`."""
        return self.storage.locate("_statuses", status_key(region, epoch, word_index), "word")


@dataclass(frozen=True, slots=True)
class ConsortiumSlots:
    """Facts of check 5 in the storage of the Consortium. `LENGTH` gives a history's length."""

    storage: StorageLayout

    def authority(self, region: Region, index: Step) -> Place:
        """Struct `Authority`: who may append for a region, and whether it is a member."""
        return self.storage.locate("_regions", int(region), "authorities", index)

    def signing_key(self, region: Region, number: Step, member: str) -> Place:
        """A member (`algorithm`, `sinceBlock`, `endBlock`, `x`, `y`) of a numbered key."""
        return self._key(region, "signingKeys", number, member)

    def encryption_key(self, region: Region, number: Step, member: str) -> Place:
        """The same of an encryption key."""
        return self._key(region, "encryptionKeys", number, member)

    def license_type(self, type_hash: bytes, index: Step) -> Place:
        """Struct `TypeState`: a type's level, and whether it is in use."""
        return self.storage.locate("_types", type_hash, index)

    def grant(self, region: Region, type_hash: bytes, index: Step) -> Place:
        """Struct `Grant`: whether a region may issue a type."""
        return self.storage.locate("_grants", int(region), type_hash, index)

    def _key(self, region: Region, ring: str, number: Step, member: str) -> Place:
        return self.storage.locate("_regions", int(region), ring, number, member)


def log_key(region: Region, kind: LogKind) -> int:
    """Key of one log: | region 32 | kind 8 | (`Keys.sol`)."""
    return int(region) << 8 | kind


def anchor_key(region: Region, kind: LogKind, epoch: int, tree_size: int) -> int:
    """Key of one anchored size: | region 32 | kind 8 | epoch 32 | size 48 | (`Keys.sol`)."""
    return int(region) << 88 | kind << 80 | epoch << 48 | tree_size


def status_key(region: Region, epoch: int, word_index: int) -> int:
    """Key of one status word: | region 32 | epoch 32 | word index 64 | (`Keys.sol`)."""
    return int(region) << 96 | epoch << 64 | word_index


def _named(entries: list[dict[str, Any]], label: str) -> dict[str, Any]:
    for entry in entries:
        if entry["label"] == label:
            return entry
    raise KeyError(f"the storage layout has no {label}")


def _hash_slot(preimage: bytes) -> int:
    return int.from_bytes(keccak256(preimage), "big")


def _padded(key: Step) -> bytes:
    """A mapping's key as its 32-byte word: numbers and addresses (as hex) to the right."""
    if isinstance(key, bytes):
        return key.rjust(_WORD, b"\x00")
    number = int(key, 16) if isinstance(key, str) else key
    return number.to_bytes(_WORD, "big")
