"""`license-ledger lookup`: a holder's licenses in other regions, verified by the asked node."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from nodes.cli.console import read_line, write_json, write_line, write_table
from nodes.cli.failures import ExitCode, UsageError
from nodes.cli.options import DEFAULT_URL, AsJson, Token, Url
from nodes.cli.purposes import Case, PurposeFile, read_purpose
from nodes.cli.type_names import TypeNames, named_type, type_names


def lookup(
    *,
    purpose: PurposeFile = None,
    case: Case = None,
    region: Annotated[
        list[str] | None, typer.Option(help="A region to ask; may be repeated. Left out: all.")
    ] = None,
    type_: Annotated[
        list[str] | None, typer.Option("--type", help="A type code; may be repeated.")
    ] = None,
    holder_file: Annotated[
        Path | None,
        typer.Option(help="File with the holder's code; `-` or left out: standard input."),
    ] = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Find a holder's licenses in other regions. Exit code 5: a region did not answer; 1: one has
    more licenses of the holder than it sent.

    The holder's code is read from a file, standard input or a prompt, never from an argument.
    """
    from nodes.cli.api_client import ApiClient

    stated = read_purpose(purpose, case)
    code = read_line(holder_file, "holder's code")
    if not code:
        raise UsageError("no holder's code was given")
    question = {
        "holder": {"code": code},
        "types": type_ or [],
        "regions": region or [],
        "purpose": stated,
    }
    with ApiClient(url, token) as client:
        answer = client.post("/v1/exchange/search", question)
        names = {} if as_json else type_names(client)
    if as_json:
        write_json(answer)
    else:
        _write(answer, names)
    if not answer.get("complete"):
        raise typer.Exit(_outcome(answer))


def _outcome(answer: dict[str, Any]) -> ExitCode:
    outcomes = {str(one.get("outcome")) for one in answer.get("regions") or ()}
    if "unreachable" in outcomes:
        return ExitCode.UNREACHABLE
    return ExitCode.REFUSED if "refused" in outcomes else ExitCode.FAILED


def _write(answer: dict[str, Any], names: TypeNames) -> None:
    regions = answer.get("regions") or []
    found = [one for region in regions for one in region.get("licenses") or ()]
    if found:
        write_table(
            ("region", "id", "type", "verdict", "reason", "valid"),
            (_row(one, names) for one in found),
        )
        write_line("")
    for warning in answer.get("warnings") or ():
        write_line(f"warning: {warning}")
    for region in regions:
        line = f"{region.get('region')}: {region.get('outcome')}"
        if region.get("outcome") == "answered":
            line += f", {len(region.get('licenses') or [])} found"
        if kept := held_back(region):
            line += f", held back: {kept}"
        if detail := region.get("detail"):
            line += f" ({detail})"
        write_line(line)


def _row(one: dict[str, Any], names: TypeNames) -> tuple[object, ...]:
    verdict = one.get("verdict") or {}
    found = verdict.get("license") or {}
    valid = f"{found['valid_from']} - {found.get('valid_until') or 'no end'}" if found else ""
    return (
        one.get("region"),
        one.get("id"),
        named_type(one.get("type"), names),
        verdict.get("verdict"),
        verdict.get("reason"),
        valid,
    )


def held_back(region: dict[str, Any]) -> str:
    """How many types one region holds back, for each reason."""
    counts = Counter(str(one.get("reason")) for one in region.get("refusals") or ())
    return ", ".join(
        f"{count} {'type' if count == 1 else 'types'} ({reason})"
        for reason, count in sorted(counts.items())
    )
