"""The demo record, `demo.json` (DESIGN §10): what a running demo is, for people and for tests.

    {rpc_url, chain_id, contracts: {consortium, license_log},
     regions: [{code, name_zh, name_en, url, database_url, files_dir,
                tokens: {clerk, business, verifier, auditor, operator},
                offices: [{uscc, name_zh, name_en, business_token}]}],
     samples: {name: {id, region, type, name_zh, identifier, check_code, holder_name, holder_code,
                      file}}}

It holds tokens: mode 0600.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from nodes.devnet.whole_file import write_whole

_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficeRecord:
    """One office, with the token that its business system registers with."""

    uscc: str
    name_zh: str
    name_en: str
    business_token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionRecord:
    """One region's node; `tokens` are those of its first office, by role."""

    code: str
    name_zh: str
    name_en: str
    url: str
    database_url: str
    files_dir: str
    tokens: Mapping[str, str]
    offices: tuple[OfficeRecord, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleRecord:
    """One license for things to try."""

    id: str
    region: str
    type: str
    name_zh: str
    identifier: str
    check_code: str
    holder_name: str
    holder_code: str
    file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRecord:
    """See the module's text."""

    rpc_url: str
    chain_id: int
    contracts: Mapping[str, str]
    regions: tuple[RegionRecord, ...]
    samples: Mapping[str, SampleRecord] = field(default_factory=dict)

    def region(self, code: str) -> RegionRecord:
        return next(one for one in self.regions if one.code == code)

    def write(self, path: Path) -> None:
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2)
        write_whole(path, text.encode(), mode=_OWNER_ONLY)

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Self:
        """Undo `write`. Raise KeyError or TypeError where the form is another."""
        return cls(
            rpc_url=said["rpc_url"],
            chain_id=said["chain_id"],
            contracts=said["contracts"],
            regions=tuple(
                RegionRecord(
                    **{**one, "offices": tuple(OfficeRecord(**two) for two in one["offices"])}
                )
                for one in said["regions"]
            ),
            samples={name: SampleRecord(**one) for name, one in said["samples"].items()},
        )


def read_record(path: Path) -> DemoRecord | None:
    """The record that an earlier run wrote; None if there is none that can be read.

    Nothing is lost without it: tokens are made anew, and ids come from registering again.
    """
    try:
        return DemoRecord.from_json(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
