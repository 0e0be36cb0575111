"""`license-ledger node`: make, run and look at one region's node."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from nodes.cli.console import write_json, write_line, write_pairs, write_table
from nodes.cli.failures import ExitCode, UsageError
from nodes.cli.options import DEFAULT_URL, AsJson, Config, Url

app = typer.Typer(help="Make, run and look at a region's node.", no_args_is_help=True)

_REGION: Final = re.compile(r"[0-9]{6}")


class Only(StrEnum):
    """Which half of a node a process runs."""

    API = "api"
    WORKER = "worker"


@app.command()
def init(
    region: Annotated[str, typer.Argument(help="The region's six digits, such as 110000.")],
    *,
    data_dir: Annotated[Path, typer.Option(help="Folder of the new node.")] = Path("var/node"),
    as_json: AsJson = False,
) -> None:
    """Make a region's keys and a template of its settings; print what its admission needs."""
    from ledger.types import Region
    from nodes.devnet.whole_file import write_whole
    from nodes.keys import create_keys_file, generate_keys
    from nodes.settings_template import render_template

    if _REGION.fullmatch(region) is None:
        raise UsageError(f"{region} is no region code: six digits are expected, such as 110000")
    keys = generate_keys(Region(region))
    path = data_dir / "keys.json"
    create_keys_file(path, keys)
    public = {
        "region": region,
        "anchor_address": keys.anchor_address,
        "signing_key": keys.signing_key.public.raw.hex(),
        "encryption_key": keys.encryption_key.public.raw.hex(),
    }
    settings = data_dir / "node.toml"
    is_new = not settings.exists()
    if is_new:
        write_whole(settings, render_template({"region": region, "data_dir": "."}).encode())
    if as_json:
        write_json({"keys_file": str(path), "settings_file": str(settings), **public})
        return
    write_line(f"keys are in {path} (mode 0600): keep a copy of it where nobody else has access")
    write_pairs(public)
    write_line("")
    said = "is a template" if is_new else "was there already and is kept"
    write_line(f"{settings} {said}: lines marked MISSING need a value")
    write_line(
        "next: have the region admitted with these public keys, fill in the settings, and start it "
        f"with `license-ledger node run --config {settings}`"
    )


@app.command()
def migrate(*, config: Config = None, as_json: AsJson = False) -> None:
    """Bring the node's database to this version's schema."""
    from nodes.settings_sources import load_settings
    from nodes.storage import migrate as migrate_database

    migrate_database(load_settings(config))
    write_json({"migrated": True}) if as_json else write_line("the database has the newest schema")


@app.command()
def run(
    *,
    host: Annotated[str | None, typer.Option(help="In place of the setting.")] = None,
    port: Annotated[int | None, typer.Option(help="In place of the setting.")] = None,
    only: Annotated[
        Only | None, typer.Option(help="Run one half in this process: the API or the workers.")
    ] = None,
    config: Config = None,
) -> None:
    """Run the node until SIGTERM or Ctrl-C; a second signal ends it at once."""
    import os

    from nodes.running import run_node
    from nodes.settings_sources import load_settings

    settings = load_settings(config, host=host, port=port)
    is_orderly = run_node(
        settings, with_api=only is not Only.WORKER, with_workers=only is not Only.API
    )
    if not is_orderly:
        os._exit(ExitCode.FAILED)  # a thread may hang; everything durable is already on disk


@app.command()
def resume(
    *,
    looked: Annotated[
        bool, typer.Option("--people-have-looked", help="Confirm that the reason was looked into.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Let a halted mirror follow the chain again, after people looked at why it halted."""
    from nodes.settings_sources import load_settings
    from nodes.storage import open_migrated

    database = open_migrated(load_settings(config), may_migrate=False)
    try:
        with database.read() as session:
            position = session.mirror.position()
        reason = None if position is None else position.halted
        if reason is not None and not looked:
            raise UsageError(
                f"the mirror halted: {reason}. Compare the block with other regions first, then "
                "confirm with --people-have-looked"
            )
        if reason is not None:
            with database.write() as writing:
                writing.mirror.resume()
    finally:
        database.close()
    if as_json:
        write_json({"was_halted": reason})
    else:
        write_line("the mirror was not halted" if reason is None else "the mirror follows again")


@app.command()
def status(*, url: Url = DEFAULT_URL, as_json: AsJson = False) -> None:
    """Show how a running node is doing. Exit code 1: it is not ready."""
    answer = _readiness(url)
    if as_json:
        write_json(answer)
    else:
        write_line("ready" if answer.get("ready") else "not ready")
        parts = answer.get("parts") or []
        write_table(
            ("part", "ready", "detail"),
            (
                (one.get("name"), "yes" if one.get("ready") else "no", one.get("detail"))
                for one in parts
            ),
        )
    if not answer.get("ready"):
        raise typer.Exit(ExitCode.FAILED)


def _readiness(url: str) -> dict[str, Any]:
    from nodes.cli.api_client import ApiClient

    with ApiClient(url, None) as client:
        response = client.request("GET", "/readyz", accept=(503,))
        return client.json_of(response)
