"""Options that many commands share, described once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]

Url = Annotated[
    str,
    typer.Option("--url", envvar="LEDGER_URL", help="The node to ask.", show_default=True),
]

DEFAULT_URL = "http://127.0.0.1:8000"

Token = Annotated[
    str | None,
    typer.Option(
        "--token",
        envvar="LEDGER_TOKEN",
        help="Bearer token of an office (better in LEDGER_TOKEN than on the command line).",
        show_default=False,
    ),
]

Config = Annotated[
    Path | None,
    typer.Option(
        "--config",
        envvar="LEDGER_CONFIG",
        help="TOML file with the node's settings; LEDGER_… variables win over it.",
        show_default=False,
    ),
]

Output = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="Where to write; never over an existing file."),
]
