"""The node's own keys: one file, mode 0600, made once by `node init` and by the devnet.

    {"v": 1, "region": "110000",
     "anchor_key": 32 bytes,                       secp256k1: sends this region's anchors
     "signing_key": {"number": n, "key": 32},      Ed25519: promises, receipts, peer requests
     "encryption_key": {"number": n, "key": 32},   X25519: opens what is sealed for this region
     "master_key": 32 bytes}                       wraps the data keys of database and files

Bytes are base64url without padding; `number` is the key's place in the contract's list. The cold
key (the region's admin) is never here: no node needs it. Nothing of a key is ever logged: the value
has no `repr`.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from eth_account import Account

from ledger import canonical
from ledger.encoding import b64url_decode, b64url_encode
from ledger.errors import ConfigurationError, MalformedError
from ledger.keys import KEY_SIZE, KeyId, OpeningKey, SigningKey
from ledger.types import Region

VERSION: Final = 1
_MAX_FILE_BYTES: Final = 64 * 1024
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeKeys:
    """All the secrets that a node works with."""

    region: Region
    anchor_key: bytes = field(repr=False)
    signing_key: SigningKey = field(repr=False)
    signing_number: int
    encryption_key: OpeningKey = field(repr=False)
    encryption_number: int
    master_key: bytes = field(repr=False)

    @property
    def signing_id(self) -> KeyId:
        """How signatures name the signing key."""
        return KeyId(self.region, self.signing_number)

    @property
    def anchor_address(self) -> str:
        """Checksummed address of the anchor key."""
        return str(Account.from_key(self.anchor_key).address)

    def with_anchor_key(self, key: bytes) -> NodeKeys:
        """The same keys with another anchor key (after a rotation)."""
        return replace(self, anchor_key=key)


def generate_keys(region: Region) -> NodeKeys:
    """New keys from the operating system's randomness, each the first of its list."""
    return NodeKeys(
        region=region,
        anchor_key=bytes(Account.create().key),
        signing_key=SigningKey.generate(),
        signing_number=0,
        encryption_key=OpeningKey.generate(),
        encryption_number=0,
        master_key=os.urandom(KEY_SIZE),
    )


def create_keys_file(path: Path, keys: NodeKeys) -> None:
    """Write a new file, durably and whole. Raise ConfigurationError if there is one already."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(canonical.encode(_to_json(keys)))
            out.flush()
            os.fsync(out.fileno())
        os.link(partial, path)  # unlike a rename, never replaces
    except FileExistsError as error:
        raise ConfigurationError(
            f"{path} exists and is not overwritten: it may hold the only copy of this node's keys"
        ) from error
    except OSError as error:
        raise ConfigurationError(f"keys file {path} cannot be written: {error}") from error
    finally:
        partial.unlink(missing_ok=True)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_keys_file(path: Path, region: Region) -> NodeKeys:
    """The keys of `region` in `path`; raise ConfigurationError that says what to do."""
    data = read_secret_file(path, what="keys file", made_by="make it with `node init`")
    try:
        keys = _from_json(canonical.parse(data, max_bytes=_MAX_FILE_BYTES))
    except MalformedError as error:
        raise ConfigurationError(
            f"keys file {path} is damaged ({error}); restore it from its backup"
        ) from error
    if keys.region != region:
        raise ConfigurationError(
            f"keys file {path} is of region {keys.region}, this node is {region}; "
            "set LEDGER_KEYS_FILE or LEDGER_REGION right"
        )
    return keys


def read_secret_file(path: Path, *, what: str, made_by: str) -> bytes:
    """The bytes of a file that only its owner may read.

    Raise ConfigurationError, with the remedy, when it is missing or open to others.
    """
    try:
        with path.open("rb") as source:
            mode = os.fstat(source.fileno()).st_mode
            data = source.read(_MAX_FILE_BYTES + 1)
    except FileNotFoundError as error:
        raise ConfigurationError(f"{what} {path} is missing; {made_by}") from error
    except OSError as error:
        raise ConfigurationError(f"{what} {path} cannot be read: {error}") from error
    if mode & _OTHERS:
        raise ConfigurationError(
            f"{what} {path} has mode {stat.S_IMODE(mode):04o}, others may read it; "
            f"run: chmod 600 {path}"
        )
    return data


def _to_json(keys: NodeKeys) -> dict[str, object]:
    return {
        "v": VERSION,
        "region": keys.region,
        "anchor_key": b64url_encode(keys.anchor_key),
        "signing_key": {
            "number": keys.signing_number,
            "key": b64url_encode(keys.signing_key.to_bytes()),
        },
        "encryption_key": {
            "number": keys.encryption_number,
            "key": b64url_encode(keys.encryption_key.to_bytes()),
        },
        "master_key": b64url_encode(keys.master_key),
    }


def _from_json(value: object) -> NodeKeys:
    said = _object(value, {"v", "region", *_KEYS})
    if said["v"] != VERSION or not isinstance(said["region"], str):
        raise MalformedError(f"not a keys file of version {VERSION}")
    signing = _object(said["signing_key"], {"number", "key"})
    encryption = _object(said["encryption_key"], {"number", "key"})
    return NodeKeys(
        region=Region(said["region"]),
        anchor_key=_key(said["anchor_key"]),
        signing_key=SigningKey.from_bytes(_key(signing["key"])),
        signing_number=_number(signing["number"]),
        encryption_key=OpeningKey.from_bytes(_key(encryption["key"])),
        encryption_number=_number(encryption["number"]),
        master_key=_key(said["master_key"]),
    )


_KEYS: Final = ("anchor_key", "signing_key", "encryption_key", "master_key")


def _object(value: object, members: set[str]) -> dict[str, object]:
    if not isinstance(value, dict) or set(value) != members:
        raise MalformedError(f"an object with exactly {', '.join(sorted(members))} is expected")
    return value


def _key(value: object) -> bytes:
    key = b64url_decode(value) if isinstance(value, str) else b""
    if len(key) != KEY_SIZE:
        raise MalformedError(f"a key must be {KEY_SIZE} bytes")
    return key


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**32:
        raise MalformedError("a key's number must be a whole number from 0")
    return value
