"""`license-ledger license`: an office's own licenses, through its node's API."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from nodes.cli import license_import
from nodes.cli.console import write_json, write_line
from nodes.cli.failures import UsageError
from nodes.cli.license_views import write_license, write_licenses, write_registered
from nodes.cli.options import DEFAULT_URL, AsJson, Token, Url
from nodes.cli.type_names import type_names

app = typer.Typer(
    help="Register and keep an office's licenses. Needs a token of the office (LEDGER_TOKEN).",
    no_args_is_help=True,
)
app.command(name="import")(license_import.import_)

_PATH: Final = "/v1/licenses"

LicenseId = Annotated[str, typer.Argument(metavar="ID", help="The license's id.")]
Metadata = Annotated[Path, typer.Argument(help="JSON as POST /v1/licenses takes it (docs/api.md).")]
File = Annotated[
    Path | None, typer.Option("--file", "-f", help="The license's file: PDF, OFD, PNG or JPEG.")
]


@app.command()
def register(
    metadata: Metadata,
    *,
    file: File = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Register one license. Running it again gives the same license."""
    answer, is_new = _send(url, token, _PATH, metadata, file)
    write_json(answer) if as_json else write_registered(answer, is_new=is_new)


@app.command()
def identifier(
    type_: Annotated[str, typer.Argument(metavar="TYPE", help="Type code, 21 characters.")],
    issuer: Annotated[str, typer.Argument(help="USCC of the issuing office.")],
    serial: Annotated[str, typer.Argument(help="7 to 32 characters 0-9 A-Z.")],
    version: Annotated[int, typer.Argument(help="1; a replacement counts on.")] = 1,
    *,
    as_json: AsJson = False,
) -> None:
    """Make the identifier of these parts, with its check character. Asks no node."""
    from ledger.identifier import make

    made = str(make(type_, issuer, serial, version))
    write_json({"identifier": made}) if as_json else write_line(made)


@app.command()
def replace(
    license_id: LicenseId,
    metadata: Metadata,
    *,
    file: File = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Register a new version that supersedes license ID."""
    answer, is_new = _send(url, token, f"/v1/licenses/{license_id}/replace", metadata, file)
    write_json(answer) if as_json else write_registered(answer, is_new=is_new)


@app.command()
def show(
    license_id: LicenseId,
    *,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show one license with its verdict."""
    from nodes.cli.api_client import ApiClient

    with ApiClient(url, token) as client:
        found = client.get(f"/v1/licenses/{license_id}")
        names = {} if as_json else type_names(client)
    write_json(found) if as_json else write_license(found, names)


@app.command(name="list")
def list_(
    *,
    type_: Annotated[str | None, typer.Option("--type", help="Only this type code.")] = None,
    status: Annotated[
        str | None, typer.Option(help="in_force, suspended, revoked or superseded.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many.")] = 50,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """List the office's licenses in the order of registration."""
    from nodes.cli.api_client import ApiClient

    found: list[dict[str, Any]] = []
    cursor: str | None = None
    with ApiClient(url, token) as client:
        while len(found) < limit:
            page = client.get(
                "/v1/licenses",
                type=type_,
                status=status,
                limit=min(100, limit - len(found)),
                cursor=cursor,
            )
            found += page.get("licenses") or []
            cursor = page.get("next")
            if cursor is None:
                break
        names = {} if as_json else type_names(client)
    if as_json:
        write_json({"licenses": found, "next": cursor})
        return
    write_licenses(found, names)
    if cursor is not None:
        write_line(f"there are more than {limit}: ask for them with --limit")


@app.command()
def status(
    license_id: LicenseId,
    action: Annotated[
        str | None,
        typer.Argument(help="suspend, resume or revoke; left out: show what the status is."),
    ] = None,
    *,
    reason: Annotated[
        str, typer.Option(help="A reason code, such as inspection, court_order or holder_request.")
    ] = "other",
    note: Annotated[str, typer.Option(help="Why, in words; stays in the office.")] = "",
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Show or change a license's status; a change is on the chain within seconds."""
    from nodes.cli.api_client import ApiClient

    with ApiClient(url, token) as client:
        if action is None:
            answer = client.get(f"/v1/licenses/{license_id}")
        elif not note:
            raise UsageError("say why with --note; it stays in the office")
        else:
            body = {"action": action, "reason": reason, "note": note}
            answer = client.post(f"/v1/licenses/{license_id}/status", body)
    if as_json:
        wanted = ("id", "status", "change")
        write_json({name: answer.get(name) for name in wanted})
        return
    change = answer.get("change")
    on_its_way = f", {change.get('to')} is on its way to the chain" if change else ""
    write_line(f"{answer.get('id')} is {answer.get('status')}{on_its_way}")


def _send(
    url: str, token: str | None, path: str, metadata: Path, file: Path | None
) -> tuple[dict[str, Any], bool]:
    """The answer, and whether the license is new."""
    from nodes.cli.api_client import ApiClient, read_file

    described = read_file(metadata)
    try:
        json.loads(described)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{metadata} is not JSON: {error}") from error
    content = b"" if file is None else read_file(file)
    # Registering tells a repeat by the content itself, and then says so: a key would replay the
    # first answer, a refusal too. A replacement's repeat is told by its key, made of the content.
    headers = {} if path == _PATH else {"Idempotency-Key": _key(path, described, content)}
    with ApiClient(url, token) as client:
        if file is None:
            headers["Content-Type"] = "application/json"
            response = client.request("POST", path, content=described, headers=headers)
        else:
            parts = {
                "metadata": ("metadata.json", described, "application/json"),
                "file": (file.name, content, license_import.media_type_of(file)),
            }
            response = client.request("POST", path, files=parts, headers=headers)
        return client.json_of(response), response.status_code == 201


def _key(path: str, described: bytes, content: bytes) -> str:
    from ledger.hashing import sha256

    return f"cli-{sha256(path.encode() + described + content).hex()}"
