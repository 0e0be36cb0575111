"""The demo's last words: addresses, tokens, and three things to try that really work."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any, Final

from nodes.devnet.demo.choice import SPARE
from nodes.devnet.demo.clerk import Clerk
from nodes.devnet.demo.client import NodeClient
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.demo.record import DemoRecord, SampleRecord
from nodes.devnet.demo.report import Report
from nodes.devnet.demo.story import DOWNLOADED, FIRM, shown
from nodes.devnet.samples.places import BEIJING, HEBEI, XIONGAN
from nodes.devnet.whole_file import write_whole

_OWNER_ONLY: Final = 0o600


def say_goodbye(record: DemoRecord, folder: DemoFolder, report: Report) -> None:
    """Print what a newcomer needs; also writes the files that the commands read."""
    with Clerk(record.region(XIONGAN.code)) as asking:
        purpose = asking.purpose
    report.pairs(
        "urls", {f"{one.code} {one.name_zh} {one.name_en}": one.url for one in record.regions}
    )
    clerk = record.region(XIONGAN.code)
    business = record.region(BEIJING.code)
    report.pairs(
        "tokens",
        {
            f"{clerk.code} clerk": clerk.tokens["clerk"],
            f"{business.code} business": business.tokens["business"],
        },
    )
    report.say("record", file=shown(folder.record))
    report.say("things")
    report.commands("try.verify", _verify(record, folder))
    report.commands("try.lookup", _look_up(record, folder, purpose))
    report.commands("try.revoke", _revoke(record))


def _verify(record: DemoRecord, folder: DemoFolder) -> list[str]:
    sample = record.samples[DOWNLOADED]
    url = record.region(XIONGAN.code).url
    file, changed = shown(Path(sample.file)), shown(folder.root / "changed.pdf")
    verify = f"{_command()} verify --url {url}"
    return [
        f"{verify} {shlex.quote(file)}",
        f"(cat {shlex.quote(file)}; echo) > {shlex.quote(changed)}; "
        f"{verify} {shlex.quote(changed)}",
    ]


def _look_up(record: DemoRecord, folder: DemoFolder, purpose: dict[str, Any]) -> list[str]:
    path = folder.root / "purpose.json"
    write_whole(path, json.dumps(purpose, ensure_ascii=False, indent=2).encode())
    clerk = record.region(XIONGAN.code)
    return [
        f"echo {record.samples[FIRM].holder_code} | LEDGER_TOKEN={clerk.tokens['clerk']} "
        f"{_command()} lookup --url {clerk.url} --purpose {shlex.quote(shown(path))} "
        f"--region {BEIJING.code} --region {HEBEI.code}"
    ]


def _revoke(record: DemoRecord) -> list[str]:
    node = record.region(BEIJING.code)
    sample = _still_in_force(record)
    return [
        f"LEDGER_TOKEN={node.tokens['business']} {_command()} license status {sample.id} revoke "
        f"--reason inspection --note demo --url {node.url}",
        f"{_command()} verify --url {record.region(XIONGAN.code).url} {sample.check_code}",
    ]


def _still_in_force(record: DemoRecord) -> SampleRecord:
    """A spare license that nobody revoked yet, in this run or an earlier one."""
    spares = [one for name, one in record.samples.items() if name.startswith(SPARE)]
    node = record.region(BEIJING.code)
    with NodeClient(node.url, node.tokens["business"]) as client:
        for sample in spares:
            found = client.get(f"/v1/licenses/{sample.id}")
            if found["status"] == "in_force" and found["change"] is None:
                return sample
    return spares[-1]


def _command() -> str:
    """How this very program is called from here."""
    script = Path(sys.executable).with_name("license-ledger")
    if script.is_file():
        return shlex.quote(shown(script))
    return f"{shlex.quote(shown(Path(sys.executable)))} -m nodes.cli"
