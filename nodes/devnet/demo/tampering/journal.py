"""Notes each piece of damage before it is done, so that a killed demo can still undo it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ledger.encoding import hex_decode
from ledger.errors import ConfigurationError, MalformedError
from ledger.types import Region
from nodes.devnet.demo.tampering.file_damage import FileDamage
from nodes.devnet.demo.tampering.rewrite import Rewrite, Version
from nodes.devnet.demo.tampering.row_edit import RowEdit
from nodes.devnet.whole_file import write_whole

Damage = RowEdit | FileDamage | Rewrite
"""All know `apply` and `undo`; each may be called again, whatever was done before."""

_OWNER_ONLY = 0o600


class Journal:
    """The damage that is being done, in one file; no file, no damage."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def do(self, damage: Damage) -> None:
        """Note `damage` durably, then do it."""
        noted = [*self._read(), damage]
        text = json.dumps([_to_json(one) for one in noted], indent=2)
        write_whole(self._path, text.encode(), mode=_OWNER_ONLY)
        damage.apply()

    def undo_all(self) -> int:
        """Undo everything noted, the newest first; return how much that was."""
        noted = self._read()
        for damage in reversed(noted):
            damage.undo()
        self._path.unlink(missing_ok=True)
        return len(noted)

    def _read(self) -> list[Damage]:
        try:
            return [_from_json(one) for one in json.loads(self._path.read_bytes())]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError, MalformedError) as error:
            raise ConfigurationError(
                f"{self._path}, which says how to undo the demo's own tampering, cannot be read "
                f"({error}). Begin anew with `make demo ARGS=--fresh`."
            ) from error


def _to_json(damage: Damage) -> dict[str, object]:
    if isinstance(damage, RowEdit):
        return {
            "kind": "row",
            "database": str(damage.database),
            "license_id": damage.license_id,
            "old": damage.old,
            "new": damage.new,
        }
    if isinstance(damage, FileDamage):
        return {
            "kind": "files",
            "files": [str(path) for path in damage.files],
            "copies": [str(path) for path in damage.copies],
            "replacements": [str(path) for path in damage.replacements],
        }
    return {
        "kind": "entry",
        "database": str(damage.database),
        "region": damage.region,
        "license_id": damage.license_id,
        "old": _version_to_json(damage.old),
        "new": _version_to_json(damage.new),
    }


def _from_json(said: Mapping[str, Any]) -> Damage:
    if said["kind"] == "row":
        return RowEdit(
            database=Path(said["database"]),
            license_id=said["license_id"],
            old=said["old"],
            new=said["new"],
        )
    if said["kind"] == "files":
        return FileDamage(
            files=tuple(map(Path, said["files"])),
            copies=tuple(map(Path, said["copies"])),
            replacements=tuple(map(Path, said["replacements"])),
        )
    return Rewrite(
        database=Path(said["database"]),
        region=Region(said["region"]),
        license_id=said["license_id"],
        old=_version_from_json(said["old"]),
        new=_version_from_json(said["new"]),
    )


def _version_to_json(version: Version) -> dict[str, object]:
    return {
        "entry": version.entry.hex(),
        "promise": version.promise.hex(),
        "valid_until": version.valid_until,
    }


def _version_from_json(said: Mapping[str, Any]) -> Version:
    return Version(
        entry=hex_decode(said["entry"]),
        promise=hex_decode(said["promise"]),
        valid_until=said["valid_until"],
    )
