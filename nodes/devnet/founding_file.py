"""What a deployment must not forget: its keys, and the signed transaction that creates it.

    <folder>/founding.json       mode 0600; see `Founding`
    <folder>/<region>.keys.json  each region's node keys (`nodes.keys`), mode 0600

Everything is written before anything is sent, so an interrupted deployment is gone on from.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from eth_account import Account

from ledger import canonical
from ledger.encoding import b64url_decode, b64url_encode
from ledger.errors import ConfigurationError, MalformedError
from ledger.types import Region
from nodes.devnet.whole_file import write_whole
from nodes.keys import NodeKeys, create_keys_file, generate_keys, read_keys_file, read_secret_file

VERSION: Final = 1
_MAX_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundingSecrets:
    """The keys of a deployment that no node needs."""

    deployer_key: bytes = field(repr=False)
    admin_keys: dict[Region, bytes] = field(repr=False)
    """Cold keys by region."""
    creation: bytes | None = None
    """The signed transaction that creates the contracts, stored before it is sent."""


@dataclass(frozen=True, slots=True)
class FoundingFolder:
    """The folder of one deployment."""

    root: Path

    @property
    def path(self) -> Path:
        return self.root / "founding.json"

    def keys_path(self, region: Region) -> Path:
        """Where the keys of the region's node are."""
        return self.root / f"{region}.keys.json"

    def open(self, regions: Sequence[Region]) -> FoundingSecrets:
        """The kept secrets, or new ones, durably written.

        Raise ConfigurationError when what is kept belongs to other regions or is damaged.
        """
        if not self.path.exists():
            secrets = FoundingSecrets(
                deployer_key=bytes(Account.create().key),
                admin_keys={region: bytes(Account.create().key) for region in regions},
            )
            self._write(secrets)
            return secrets
        secrets = self._read()
        if set(secrets.admin_keys) != set(regions):
            raise ConfigurationError(
                f"{self.path} belongs to the regions {sorted(secrets.admin_keys)}, asked for are "
                f"{sorted(regions)}; move {self.root} away to found another consortium"
            )
        return secrets

    def keep_creation(self, secrets: FoundingSecrets, raw: bytes) -> FoundingSecrets:
        """Store the signed creation; only then may it be sent."""
        kept = replace(secrets, creation=raw)
        self._write(kept)
        return kept

    def node_keys(self, region: Region) -> NodeKeys:
        """The keys of the region's node, made at the first call."""
        path = self.keys_path(region)
        if not path.exists():
            create_keys_file(path, generate_keys(region))
        return read_keys_file(path, region)

    def _write(self, secrets: FoundingSecrets) -> None:
        creation = secrets.creation
        document = {
            "v": VERSION,
            "deployer_key": b64url_encode(secrets.deployer_key),
            "admin_keys": {
                region: b64url_encode(key) for region, key in secrets.admin_keys.items()
            },
            "creation": None if creation is None else b64url_encode(creation),
        }
        write_whole(self.path, json.dumps(document, indent=1).encode(), mode=0o600)

    def _read(self) -> FoundingSecrets:
        content = read_secret_file(self.path, what="founding file", made_by="deploy again")
        try:
            document = canonical.parse(content, max_bytes=_MAX_BYTES)
            return _parse(document)
        except (MalformedError, KeyError, TypeError, AttributeError) as error:
            raise ConfigurationError(
                f"{self.path} is damaged ({error!r}); restore it, or move {self.root} and the "
                "chain's folder away to begin again"
            ) from error


def _parse(document: object) -> FoundingSecrets:
    if not isinstance(document, dict) or document.get("v") != VERSION:
        raise MalformedError(f"a founding file has version {VERSION}")
    creation = document["creation"]
    return FoundingSecrets(
        deployer_key=b64url_decode(document["deployer_key"]),
        admin_keys={
            Region(code): b64url_decode(key) for code, key in document["admin_keys"].items()
        },
        creation=None if creation is None else b64url_decode(creation),
    )
