"""License, disclosure and entry: what an office says and how the log commits to it (DESIGN §3).

Everything that says something is a *disclosure* whose digest stands in the entry; what an entry
says in clear (region, type, dates) can be checked without any disclosure. Salts come from the
caller, so nothing here reads a random source or a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import pairwise

from ledger import canonical
from ledger.encoding import b64url_decode, b64url_encode, parse_date
from ledger.errors import MalformedError
from ledger.hashing import disclosure_digest, leaf_hash
from ledger.types import DIGEST_SIZE, Digest, Region

ENTRY_VERSION = 1
SALT_SIZE = 16
"""Bytes of salt in an entry and in a disclosure."""

MAX_DISCLOSURES = 256
"""Most disclosures that one license may have."""

REMEMBERED_DISCLOSURES = 16_384
REMEMBERED_ENTRIES = 4_096
"""Parsed values that are kept in memory: what a text says never changes."""

IDENTIFIER, HOLDERS, FILE, CHECK_CODE = "identifier", "holders", "file", "check_code"
RESERVED_NAMES = frozenset({IDENTIFIER, HOLDERS, FILE, CHECK_CODE})
"""Disclosure names that an office's own field may not take."""

_ENTRY_MEMBERS = frozenset(
    {"v", "id", "region", "type", "sd", "valid_from", "valid_until", "supersedes", "salt"}
)
_UNCHECKED = "holder_code_unchecked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """One holder (持证主体) of a license."""

    name: str
    code: str
    """持证主体代码, in the form that its type asks for."""
    code_type: str
    """持证主体代码类型: `001` credit code, `111` citizen number, others unchecked."""

    def to_json(self) -> dict[str, object]:
        return {"name": self.name, "code": self.code, "code_type": self.code_type}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """What a license says of its file."""

    sha256: bytes
    sm3: bytes
    size: int
    media_type: str

    def to_json(self) -> dict[str, object]:
        return {
            "sha256": self.sha256.hex(),
            "sm3": self.sm3.hex(),
            "size": self.size,
            "media_type": self.media_type,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """One version of a license as its issuing office states it."""

    id: str
    """Opaque UUIDv7; what URLs and log lines carry."""
    region: Region
    type_code: str
    identifier: str
    holders: tuple[Holder, ...]
    fields: Mapping[str, object]
    valid_from: date
    valid_until: date | None
    """Last day of validity, inclusive, Asia/Shanghai; None: no end."""
    check_code: str
    """128 random bits as base64url: the capability in the QR."""
    file: FileFacts | None = None
    supersedes: Digest | None = None
    """Leaf hash of the version that this one replaces."""
    holder_code_unchecked: bool = False

    def statements(self) -> dict[str, object]:
        """Name and value of every disclosure."""
        said: dict[str, object] = {
            IDENTIFIER: self.identifier,
            HOLDERS: [holder.to_json() for holder in self.holders],
            CHECK_CODE: self.check_code,
        }
        if self.file is not None:
            said[FILE] = self.file.to_json()
        said.update(self.fields)
        return said


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What the log commits to. `encode` gives the bytes that are hashed."""

    id: str
    region: Region
    type_code: str
    sd: tuple[str, ...]
    """Digests of all disclosures, base64url, sorted."""
    valid_from: date
    valid_until: date | None
    supersedes: Digest | None
    salt: bytes
    holder_code_unchecked: bool = False

    def to_json(self) -> dict[str, object]:
        value: dict[str, object] = {
            "v": ENTRY_VERSION,
            "id": self.id,
            "region": self.region,
            "type": self.type_code,
            "sd": list(self.sd),
            "valid_from": self.valid_from.isoformat(),
            "valid_until": None if self.valid_until is None else self.valid_until.isoformat(),
            "supersedes": None if self.supersedes is None else b64url_encode(self.supersedes),
            "salt": b64url_encode(self.salt),
        }
        if self.holder_code_unchecked:
            value[_UNCHECKED] = True
        return value

    def encode(self) -> bytes:
        """The RFC 8785 bytes of `to_json`, put together directly: one is made for each license
        and the general encoder takes five times as long. Digests and dates need no escapes."""
        quoted = canonical.encode_text
        unchecked = f'"{_UNCHECKED}":true,' if self.holder_code_unchecked else ""
        until = "null" if self.valid_until is None else f'"{self.valid_until}"'
        replaced = "null" if self.supersedes is None else f'"{b64url_encode(self.supersedes)}"'
        digests = '","'.join(self.sd)
        return canonical.encode_utf8(
            f'{{{unchecked}"id":{quoted(self.id)},"region":{quoted(self.region)},'
            f'"salt":"{b64url_encode(self.salt)}","sd":["{digests}"],"supersedes":{replaced},'
            f'"type":{quoted(self.type_code)},"v":{ENTRY_VERSION},'
            f'"valid_from":"{self.valid_from}","valid_until":{until}}}'
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosure:
    """base64url(JCS([salt, name, value])); its digest stands in the entry (SD-JWT's rule)."""

    text: str
    name: str
    value: object = field(hash=False)
    digest: str
    """base64url of SHA-256 over `text`'s ASCII."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """An entry with the disclosures that open it."""

    entry: bytes
    leaf_hash: Digest
    disclosures: tuple[str, ...]


def commit(license_: License, random_bytes: Callable[[int], bytes]) -> Commitment:
    """Commit to `license_` with fresh salts from `random_bytes`."""
    said = license_.statements()
    salts = random_bytes(SALT_SIZE * (len(said) + 1))
    disclosures = tuple(
        b64url_encode(
            _salted_bytes(b64url_encode(salts[at * SALT_SIZE : (at + 1) * SALT_SIZE]), name, value)
        )
        for at, (name, value) in enumerate(said.items())
    )
    entry = Entry(
        id=license_.id,
        region=license_.region,
        type_code=license_.type_code,
        sd=tuple(sorted(b64url_encode(disclosure_digest(text)) for text in disclosures)),
        valid_from=license_.valid_from,
        valid_until=license_.valid_until,
        supersedes=license_.supersedes,
        salt=salts[-SALT_SIZE:],
        holder_code_unchecked=license_.holder_code_unchecked,
    ).encode()
    return Commitment(entry=entry, leaf_hash=leaf_hash(entry), disclosures=disclosures)


def _salted_bytes(salt: str, name: str, value: object) -> bytes:
    """JCS([salt, name, value]) for a base64url `salt`. Most values are texts, and those are put
    together here: the general encoder takes three times as long."""
    if type(value) is not str:
        return canonical.encode([salt, name, value])
    quoted = canonical.encode_text
    return canonical.encode_utf8(f'["{salt}",{quoted(name)},{quoted(value)}]')


@lru_cache(maxsize=REMEMBERED_ENTRIES)
def parse_entry_bytes(data: bytes) -> Entry:
    """The entry whose hashed bytes these are; raise MalformedError as `parse_entry` does."""
    entry = parse_entry(canonical.parse(data))
    if entry.encode() != data:
        raise MalformedError("entry: not in canonical form (RFC 8785)")
    return entry


def parse_entry(value: object) -> Entry:
    """The entry in `value` (parsed JSON). Raise MalformedError unless it has exactly its form."""
    if not isinstance(value, dict) or set(value) - {_UNCHECKED} != _ENTRY_MEMBERS:
        raise MalformedError("entry: its members are not those of version 1")
    if value["v"] != ENTRY_VERSION or isinstance(value["v"], bool):
        raise MalformedError(f"entry: version {value['v']!r} is not known here")
    if value.get(_UNCHECKED, True) is not True:
        raise MalformedError(f"entry: {_UNCHECKED} can only be true or absent")
    return Entry(
        id=_text(value, "id"),
        region=Region(_text(value, "region")),
        type_code=_text(value, "type"),
        sd=_digests(value["sd"]),
        valid_from=parse_date(_text(value, "valid_from")),
        valid_until=None
        if value["valid_until"] is None
        else parse_date(_text(value, "valid_until")),
        supersedes=None
        if value["supersedes"] is None
        else Digest(b64url_decode(_text(value, "supersedes"), DIGEST_SIZE)),
        salt=b64url_decode(_text(value, "salt"), SALT_SIZE),
        holder_code_unchecked=_UNCHECKED in value,
    )


@lru_cache(maxsize=REMEMBERED_DISCLOSURES)
def parse_disclosure(text: str) -> Disclosure:
    """The disclosure in `text`. Its bytes must be the canonical ones, so one value has one text.

    Remembered, since one license is often verified again and again; nobody changes a `value`.
    """
    raw = b64url_decode(text)
    value = canonical.parse(raw)
    if (
        not isinstance(value, list)
        or len(value) != 3
        or not isinstance(value[0], str)
        or not isinstance(value[1], str)
    ):
        raise MalformedError("disclosure: not [salt, name, value]")
    b64url_decode(value[0], SALT_SIZE)
    if _salted_bytes(value[0], value[1], value[2]) != raw:
        raise MalformedError("disclosure: not in canonical form (RFC 8785)")
    digest = b64url_encode(disclosure_digest(text))
    return Disclosure(text=text, name=value[1], value=value[2], digest=digest)


def parse_disclosures(texts: Sequence[str]) -> tuple[Disclosure, ...]:
    """All disclosures of one license. Two of one name are malformed (DESIGN §3)."""
    if len(texts) > MAX_DISCLOSURES:
        raise MalformedError(f"{len(texts)} disclosures; at most {MAX_DISCLOSURES} are accepted")
    opened = tuple(parse_disclosure(text) for text in texts)
    if len({disclosure.name for disclosure in opened}) != len(opened):
        raise MalformedError("disclosures: one name occurs twice")
    return opened


def _text(value: Mapping[str, object], name: str) -> str:
    text = value[name]
    if not isinstance(text, str):
        raise MalformedError(f"entry: {name} is not text")
    return text


def _digests(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not 0 < len(value) <= MAX_DISCLOSURES:
        raise MalformedError("entry: sd is not a list of digests")
    digests = []
    for text in value:
        if not isinstance(text, str):
            raise MalformedError("entry: sd is not a list of digests")
        b64url_decode(text, DIGEST_SIZE)
        digests.append(text)
    if any(left >= right for left, right in pairwise(digests)):
        raise MalformedError("entry: sd is not sorted, or names a digest twice")
    return tuple(digests)
