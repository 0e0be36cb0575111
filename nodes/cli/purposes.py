"""Why a license is asked for (用证事由): a JSON file that an office keeps, and the case at hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from nodes.cli.failures import UsageError

PurposeFile = Annotated[
    Path | None,
    typer.Option(
        "--purpose",
        help="JSON: {system, matter_code, case_number, handler: {name, id_digest, office}}.",
    ),
]
Case = Annotated[
    str | None, typer.Option("--case", help="Case number (办件编号), in place of the file's.")
]


def read_purpose(path: Path | None, case: str | None) -> dict[str, Any]:
    """The purpose in `path` for `case`. The node says what is missing in it."""
    if path is None:
        raise UsageError(
            "another region's licenses are asked for with a purpose: give --purpose FILE "
            "(docs/operations.md shows one)"
        )
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise UsageError(f"{path} is not a JSON object")
    return value if case is None else {**value, "case_number": case}


def purpose_header(purpose: dict[str, Any]) -> dict[str, str]:
    """The header field for requests without a body: a purpose never stands in a URL."""
    from ledger.encoding import b64url_encode

    data = json.dumps(purpose, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return {"License-Purpose": b64url_encode(data)}
