"""`license-ledger verify`: is it real, is it in force? Asked of a node, without a login."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from nodes.cli.console import write_json
from nodes.cli.failures import UsageError
from nodes.cli.options import DEFAULT_URL, AsJson, Token, Url
from nodes.cli.type_names import type_names
from nodes.cli.verdicts import EXIT_CODES, write_verdict

if TYPE_CHECKING:
    from nodes.cli.api_client import ApiClient

_SHA256: Final = re.compile(r"[0-9a-fA-F]{64}")
_CHECK_CODE: Final = re.compile(r"[A-Za-z0-9_-]{22}")
_IDENTIFIER: Final = "1.2.156.3005.2."
_CODE_PATH: Final = "/v/"


def verify(
    target: Annotated[
        str,
        typer.Argument(
            help="A license's file, a bundle (.license.json), a SHA-256 in hex, a check code or "
            "the QR's link, or an identifier; `-` reads one of the last three from standard input."
        ),
    ],
    *,
    as_of: Annotated[
        str | None,
        typer.Option(help="Judge as of this instant, such as 2026-11-24T08:00:00Z."),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Verify a license. Exit codes: 0 valid, 1 invalid, 3 unknown."""
    from nodes.cli.api_client import ApiClient

    text = sys.stdin.readline().strip() if target == "-" else target
    question = {} if as_of is None else {"as_of": as_of}
    with ApiClient(url, token, token_optional=True) as client:
        path = Path(text)
        if target != "-" and _is_file(path):
            verdict = _verify_file(client, path, question)
        else:
            verdict = client.post("/v1/verify", {**question, **recognise(text)})
        names = type_names(client) if verdict.get("license") and not as_json else {}
    if as_json:
        write_json(verdict)
    else:
        write_verdict(verdict, names)
    raise typer.Exit(EXIT_CODES.get(str(verdict.get("verdict")), EXIT_CODES["unknown"]))


def _verify_file(client: ApiClient, path: Path, question: dict[str, str]) -> dict[str, Any]:
    from nodes.cli.api_client import read_file

    content = read_file(path)
    if not content:
        raise UsageError(f"{path} is empty")
    # A bundle goes as the bytes that it is: parsed and written again it might be another.
    return client.post_form("/v1/verify", question, "file", content, path.name)


def recognise(text: str) -> dict[str, str]:
    """What kind of thing the text is; raise UsageError when it is none."""
    if _SHA256.fullmatch(text):
        return {"sha256": text.lower()}
    if text.startswith(_IDENTIFIER):
        return {"identifier": text}
    code = text.rpartition(_CODE_PATH)[2] if _CODE_PATH in text else text
    if _CHECK_CODE.fullmatch(code):
        return {"check_code": code}
    raise UsageError(
        "this is no file, no SHA-256 (64 hex digits), no check code (22 characters), no link with "
        f"{_CODE_PATH} in it and no identifier ({_IDENTIFIER}…); check its spelling"
    )


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # too long for a name, or with a zero byte in it
        return False
