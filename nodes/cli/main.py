"""The command `license-ledger`: one file per command, one line per error, codes of DESIGN §10."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ledger.errors import LedgerError
from nodes.cli import demo, devnet, download, fsck, license, lookup, node, region, token, verify
from nodes.cli.console import write_line
from nodes.cli.failures import ExitCode, exit_code, report

app = typer.Typer(
    name="license-ledger",
    help="Electronic licenses that regions share and anyone can verify (电子证照共享与核验).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    epilog="Exit codes: 0 done · 1 failed or invalid · 2 wrong usage · 3 unknown · 4 refused · "
    "5 not reachable. Every command takes --json.",
)
app.command()(demo.demo)
# A check code may begin with a dash: what is no option is what to verify.
app.command(context_settings={"ignore_unknown_options": True})(verify.verify)
app.command()(lookup.lookup)
app.command()(download.download)
app.add_typer(download.bundle_app, name="bundle")
app.add_typer(license.app, name="license")
app.command()(fsck.fsck)
app.add_typer(node.app, name="node")
app.add_typer(devnet.app, name="devnet")
app.add_typer(region.app, name="region")
app.add_typer(token.app, name="token")


def _show_version(wanted: bool) -> None:
    if wanted:
        from nodes.version import software_version

        write_line(software_version())
        raise typer.Exit


@app.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Options of the whole command."""


def main() -> None:
    """Run the command that the arguments name, and exit."""
    try:
        app(prog_name="license-ledger")
    except LedgerError as error:
        report(error, as_json="--json" in sys.argv)
        sys.exit(exit_code(error))
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
