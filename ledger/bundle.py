"""The bundle (`.license.json`): everything that proves one license, in one file (DESIGN §3).

A bundle is untrusted: parsing checks its form and nothing else. Every member is bound by something
that `ledger.verification` checks; `made_at` is the block time that the bundle speaks for, so that
no member can be changed without a check failing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ledger import canonical
from ledger.encoding import b64url_decode, b64url_encode, format_instant, parse_instant
from ledger.errors import MalformedError
from ledger.license import (
    Disclosure,
    Entry,
    parse_disclosures,
    parse_entry,
    parse_entry_bytes,
)
from ledger.promise import RegistrationPromise, parse_promise
from ledger.types import DIGEST_SIZE, MAX_TREE_SIZE, AnchoredHead, Digest, Index, Position

BUNDLE_VERSION: Final = 1
MAX_BUNDLE_BYTES: Final = 256 * 1024
"""Largest bundle that is read."""

MAX_PATH: Final = 48
"""Hashes in an inclusion proof at most: sizes are below 2^48."""

_MAX_UINT64: Final = 2**53 - 1
_MEMBERS = frozenset(
    {"v", "entry", "disclosures", "position", "inclusion", "head", "chain", "made_at"}
)
_PROMISE = "promise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inclusion:
    """RFC 9162 §2.1.3 proof that the entry stands at its position in the head's tree."""

    tree_size: int
    path: tuple[Digest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProof:
    """Where an entry stands, the proof of it, and the first anchored head that covers it."""

    position: Position
    inclusion: Inclusion
    head: AnchoredHead


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """One license with its proofs; `log` is None while the license waits for its anchor."""

    entry: Entry
    entry_bytes: bytes
    """The bytes that were hashed: the canonical form of the bundle's `entry` member."""
    disclosures: tuple[Disclosure, ...]
    log: LogProof | None
    promise: RegistrationPromise | None
    """The region's word for what is not anchored yet; absent once it is."""
    made_at: datetime
    """Block time of `head`, or the promise's time while there is none."""

    def disclosed(self) -> dict[str, object]:
        """Values by disclosure name."""
        return {disclosure.name: disclosure.value for disclosure in self.disclosures}

    def with_only(self, names: frozenset[str]) -> Bundle:
        """The same bundle with other disclosures withheld; they stay provable digests."""
        return Bundle(
            entry=self.entry,
            entry_bytes=self.entry_bytes,
            disclosures=tuple([one for one in self.disclosures if one.name in names]),
            log=self.log,
            promise=self.promise,
            made_at=self.made_at,
        )

    def to_json(self) -> dict[str, object]:
        value: dict[str, object] = {
            "v": BUNDLE_VERSION,
            "entry": self.entry.to_json(),
            "disclosures": [disclosure.text for disclosure in self.disclosures],
            "position": None,
            "inclusion": None,
            "head": None,
            "chain": None,
            "made_at": format_instant(self.made_at),
        }
        if self.log is not None:
            value |= _log_to_json(self.log)
        if self.promise is not None:
            value[_PROMISE] = self.promise.to_json()
        return value

    def encode(self) -> bytes:
        """The file's bytes (RFC 8785)."""
        return canonical.encode(self.to_json())


def build_bundle(
    *,
    entry: bytes,
    disclosures: Sequence[str],
    log: LogProof | None,
    promise: RegistrationPromise | None = None,
) -> Bundle:
    """A bundle from stored parts; raise MalformedError when they have not the form they must."""
    return Bundle(
        entry=parse_entry_bytes(entry),
        entry_bytes=entry,
        disclosures=parse_disclosures(disclosures),
        log=log,
        promise=promise,
        made_at=_spoken_for(log, promise),
    )


def parse_bundle_bytes(data: bytes) -> Bundle:
    """The bundle in a file. Its bytes must be the canonical ones: one bundle has one text."""
    value = canonical.parse(data, max_bytes=MAX_BUNDLE_BYTES)
    bundle = parse_bundle(value)
    if canonical.encode(value) != data.rstrip(b"\n"):
        raise MalformedError("bundle: not in canonical form (RFC 8785)")
    return bundle


def parse_bundle(value: object) -> Bundle:
    """The bundle in parsed JSON. Raise MalformedError unless it has exactly version 1's form."""
    if not isinstance(value, dict) or set(value) - {_PROMISE} != _MEMBERS:
        raise MalformedError("bundle: its members are not those of version 1")
    if value["v"] != BUNDLE_VERSION or isinstance(value["v"], bool):
        raise MalformedError("bundle: this version is not known here")
    if value["chain"] is not None:
        raise MalformedError(
            "bundle: chain proofs are not read by this version; ask for a fresh one"
        )
    texts = value["disclosures"]
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise MalformedError("bundle: disclosures is not a list of texts")
    entry = parse_entry(value["entry"])
    promise = parse_promise(value[_PROMISE]) if _PROMISE in value else None
    log = _parse_log(value)
    made_at = parse_instant(value["made_at"])
    if made_at != _spoken_for(log, promise):
        raise MalformedError("bundle: made_at is not the time that its proof speaks for")
    return Bundle(
        entry=entry,
        entry_bytes=canonical.encode(value["entry"]),
        disclosures=parse_disclosures(texts),
        log=log,
        promise=promise,
        made_at=made_at,
    )


def _spoken_for(log: LogProof | None, promise: RegistrationPromise | None) -> datetime:
    """The instant that a bundle's proof speaks for: its anchor's block time, else its promise's."""
    if log is not None:
        return datetime.fromtimestamp(log.head.block_time, UTC)
    if promise is not None:
        return promise.time
    raise MalformedError("bundle: neither an anchored head nor a registration promise")


def _log_to_json(log: LogProof) -> dict[str, object]:
    head = log.head
    return {
        "position": {"epoch": log.position.epoch, "index": log.position.index},
        "inclusion": {
            "tree_size": log.inclusion.tree_size,
            "path": [b64url_encode(step) for step in log.inclusion.path],
        },
        "head": {
            "epoch": head.epoch,
            "tree_size": head.tree_size,
            "previous_size": head.previous_size,
            "root_hash": b64url_encode(head.root_hash),
            "block_number": head.block_number,
            "block_time": format_instant(datetime.fromtimestamp(head.block_time, UTC)),
        },
    }


def _parse_log(value: Mapping[str, object]) -> LogProof | None:
    parts = (value["position"], value["inclusion"], value["head"])
    if all(part is None for part in parts):
        return None
    position = _members(parts[0], "position", {"epoch", "index"})
    inclusion = _members(parts[1], "inclusion", {"tree_size", "path"})
    head = _members(
        parts[2],
        "head",
        {"epoch", "tree_size", "previous_size", "root_hash", "block_number", "block_time"},
    )
    path = inclusion["path"]
    if not isinstance(path, list) or len(path) > MAX_PATH:
        raise MalformedError("bundle: inclusion.path is not a list of hashes")
    return LogProof(
        position=Position(
            _number(position, "epoch", 2**32 - 1), Index(_number(position, "index", MAX_TREE_SIZE))
        ),
        inclusion=Inclusion(
            tree_size=_number(inclusion, "tree_size", MAX_TREE_SIZE),
            path=tuple(_digest(step) for step in path),
        ),
        head=AnchoredHead(
            epoch=_number(head, "epoch", 2**32 - 1),
            tree_size=_number(head, "tree_size", MAX_TREE_SIZE),
            previous_size=_number(head, "previous_size", MAX_TREE_SIZE),
            root_hash=_digest(head["root_hash"]),
            block_number=_number(head, "block_number", _MAX_UINT64),
            block_time=int(parse_instant(head["block_time"]).timestamp()),
        ),
    )


def _members(value: object, name: str, members: set[str]) -> Mapping[str, object]:
    if not isinstance(value, dict) or set(value) != members:
        raise MalformedError(f"bundle: {name} has not the members {', '.join(sorted(members))}")
    return value


def _number(value: Mapping[str, object], name: str, limit: int) -> int:
    number = value[name]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number <= limit:
        raise MalformedError(f"bundle: {name} is not a whole number between 0 and {limit}")
    return number


def _digest(value: object) -> Digest:
    return Digest(b64url_decode(value, DIGEST_SIZE))
