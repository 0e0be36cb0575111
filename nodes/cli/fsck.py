"""`license-ledger fsck`: recompute everything that a node holds and compare it with the chain."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from nodes.cli.console import progress, write_json, write_line
from nodes.cli.failures import ExitCode
from nodes.cli.options import AsJson, Config

if TYPE_CHECKING:
    from ledger.services.fsck import FsckReport


RequireChain = Annotated[
    bool,
    typer.Option("--require-chain", help="Fail when the contract's own head cannot be compared."),
]


def fsck(
    *, config: Config = None, require_chain: RequireChain = False, as_json: AsJson = False
) -> None:
    """Check a node's database and files. Reads only, beside a running node if need be.

    Exit codes: 0 clean, 1 findings, 5 clean but the chain is away and --require-chain was given.
    """
    from nodes.bootstrap import open_fsck
    from nodes.settings_sources import load_settings

    checker, storage = open_fsck(load_settings(config))
    try:
        with progress() as bar:
            task = bar.add_task("checking", total=None)
            report = checker.run(lambda done, total: bar.update(task, completed=done, total=total))
    finally:
        storage.database.close()
    write_json(asdict(report)) if as_json else _write(report)
    if report.findings:
        raise typer.Exit(ExitCode.FAILED)
    if require_chain and not report.chain_compared:
        raise typer.Exit(ExitCode.UNREACHABLE)


def _write(report: FsckReport) -> None:
    for finding in report.findings:
        write_line(f"{finding.code}  {finding.where}: {finding.detail}; {finding.next_step}")
    if not report.chain_compared:
        write_line("chain not compared: its client is away; the mirror has the last word here")
    found = len(report.findings)
    write_line(
        f"{report.licenses} licenses, {report.files} files, log of {report.tree_size}, "
        f"{report.anchored_size} anchored: {f'{found} findings' if found else 'clean'}"
    )
