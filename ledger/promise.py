"""The registration promise: what an office holds from the moment its license is stored.

    {"v":1, "leaf_hash", "region", "time", "anchor_by", "key", "signature"}

The region signs that the leaf is stored and that a head covering it will be anchored by
`anchor_by`. Until then a missing anchor is `not_anchored`; after it the promise is evidence that
the region broke its word (DESIGN §6). The signature is Ed25519 over the RFC 8785 bytes of all the
other members.

Checked here: form, and the signature under a key that the caller names. That `key` is the region's
signing key of that number, and what time it is, the caller must know.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from ledger.encoding import b64url_decode, b64url_encode, format_instant, parse_instant
from ledger.errors import MalformedError
from ledger.keys import SIGNATURE_SIZE, KeyId, SigningKey, VerifyingKey, parse_key_id
from ledger.types import DIGEST_SIZE, Digest, Region

VERSION: Final = 1

_MEMBERS = frozenset({"v", "leaf_hash", "region", "time", "anchor_by", "key", "signature"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationPromise:
    """A signed promise. Its signature is not checked by having one: call `verify`."""

    leaf_hash: Digest
    time: datetime
    """When the license was stored, whole seconds by the region's clock."""
    anchor_by: datetime
    """The last instant at which the leaf may still be without an anchor."""
    key: KeyId
    signature: bytes

    @property
    def region(self) -> Region:
        """The region that promises: the one whose key signed."""
        return self.key.region

    def signed_bytes(self) -> bytes:
        """The RFC 8785 bytes of all members but the signature."""
        return _signed_bytes(self.leaf_hash, self.time, self.anchor_by, self.key)

    def verify(self, key: VerifyingKey) -> None:
        """Return if `key` signed this promise, else raise `SignatureError`."""
        key.verify(self.signature, self.signed_bytes())

    def to_json(self) -> dict[str, object]:
        """The promise as JSON members; `parse_promise` takes them back."""
        return {
            "v": VERSION,
            "leaf_hash": b64url_encode(self.leaf_hash),
            "region": self.region,
            "time": format_instant(self.time),
            "anchor_by": format_instant(self.anchor_by),
            "key": str(self.key),
            "signature": b64url_encode(self.signature),
        }

    def encode(self) -> bytes:
        """The RFC 8785 bytes of `to_json`."""
        signature = f'"signature":"{b64url_encode(self.signature)}",'
        return _document(self.leaf_hash, self.time, self.anchor_by, self.key, signature)


def sign_promise(
    signing_key: SigningKey,
    *,
    key: KeyId,
    leaf_hash: Digest,
    time: datetime,
    anchor_by: datetime,
) -> RegistrationPromise:
    """A promise by the region of `key`. Both instants are cut to whole seconds."""
    time, anchor_by = time.replace(microsecond=0), anchor_by.replace(microsecond=0)
    _check_order(time, anchor_by)
    return RegistrationPromise(
        leaf_hash=leaf_hash,
        time=time,
        anchor_by=anchor_by,
        key=key,
        signature=signing_key.sign(_signed_bytes(leaf_hash, time, anchor_by, key)),
    )


def parse_promise(value: object) -> RegistrationPromise:
    """The promise in a parsed JSON value, unverified; any other form is a `MalformedError`."""
    if not isinstance(value, dict) or value.keys() != _MEMBERS:
        raise MalformedError(
            f"promise: must have exactly the members {', '.join(sorted(_MEMBERS))}"
        )
    if type(value["v"]) is not int or value["v"] != VERSION:
        raise MalformedError(f"promise: v must be {VERSION}")
    key = parse_key_id(value["key"])
    if value["region"] != key.region:
        raise MalformedError("promise: region must be the region of the key")
    time, anchor_by = parse_instant(value["time"]), parse_instant(value["anchor_by"])
    _check_order(time, anchor_by)
    return RegistrationPromise(
        leaf_hash=Digest(b64url_decode(value["leaf_hash"], DIGEST_SIZE)),
        time=time,
        anchor_by=anchor_by,
        key=key,
        signature=b64url_decode(value["signature"], SIGNATURE_SIZE),
    )


def _signed_bytes(leaf_hash: Digest, time: datetime, anchor_by: datetime, key: KeyId) -> bytes:
    return _document(leaf_hash, time, anchor_by, key, "")


def _document(
    leaf_hash: Digest, time: datetime, anchor_by: datetime, key: KeyId, signature: str
) -> bytes:
    """RFC 8785 bytes put together directly (no member needs an escape): one for each license."""
    return (
        f'{{"anchor_by":"{format_instant(anchor_by)}","key":"{key}",'
        f'"leaf_hash":"{b64url_encode(leaf_hash)}","region":"{key.region}",{signature}'
        f'"time":"{format_instant(time)}","v":{VERSION}}}'
    ).encode("ascii")


def _check_order(time: datetime, anchor_by: datetime) -> None:
    if anchor_by <= time:
        raise MalformedError(
            f"promise: anchor_by {format_instant(anchor_by)} must come after "
            f"time {format_instant(time)}"
        )
