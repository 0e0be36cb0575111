"""`license-ledger demo`: four regions on a real chain, from nothing to tampering refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nodes.cli.failures import UsageError
from nodes.cli.options import AsJson

if TYPE_CHECKING:
    from nodes.devnet.demo.texts import Language

Folder = Annotated[
    Path, typer.Option("--directory", help="Where the demo keeps its state; made if missing.")
]
DEFAULT_FOLDER = Path("var/demo")


def demo(
    *,
    stop: Annotated[
        bool, typer.Option("--stop", help="End a running demo and keep its state.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Return when all is shown; nodes and chain go on.")
    ] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Set the state of earlier runs aside, begin anew.")
    ] = False,
    licenses: Annotated[
        int | None,
        typer.Option(min=40, max=20_000, help="How many licenses to register (640)."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_532, help="Port of the first node, three follow (8110)."),
    ] = None,
    chain_port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Port of the chain (8545).")
    ] = None,
    lang: Annotated[
        str | None, typer.Option(help="zh-CN or en; left out: by the environment's locale.")
    ] = None,
    directory: Folder = DEFAULT_FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show the whole promise: issue, look up across regions, verify; tamper, and be refused.

    Ctrl-C ends it. Its state is kept, and the next run goes on from there. With --json every event
    is a JSON object on a line of its own.
    """
    from nodes.devnet.demo.ending import stop_demo
    from nodes.devnet.demo.folder import DemoFolder
    from nodes.devnet.demo.report import ConsoleReport, JsonReport, Report
    from nodes.devnet.demo.run import DemoOptions, run_demo

    report: Report = JsonReport() if as_json else ConsoleReport(_language(lang))
    if stop:
        ended = stop_demo(DemoFolder(directory.absolute()))
        report.say("stopped" if ended else "nothing_runs", number=ended)
        return
    run_demo(
        DemoOptions(
            root=directory,
            licenses=licenses,
            first_port=port,
            chain_port=chain_port,
            detach=detach,
            fresh=fresh,
        ),
        report,
    )


def _language(asked: str | None) -> Language:
    from nodes.devnet.demo.texts import Language

    if asked is not None:
        try:
            return Language(asked)
        except ValueError as error:
            raise UsageError(f"no such language: {asked}; use zh-CN or en") from error
    locale = os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG")
    return Language.ZH if (locale or "").startswith("zh") else Language.EN
