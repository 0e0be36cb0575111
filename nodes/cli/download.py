"""`license-ledger download` and `bundle export`: a license's file, and its portable proof."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from nodes.cli.console import write_json, write_line, write_note
from nodes.cli.options import DEFAULT_URL, AsJson, Output, Token, Url
from nodes.cli.purposes import Case, PurposeFile, purpose_header, read_purpose

if TYPE_CHECKING:
    from httpx2 import Response

    from nodes.cli.api_client import ApiClient

bundle_app = typer.Typer(help="Portable proofs (.license.json).", no_args_is_help=True)

LicenseId = Annotated[str, typer.Argument(metavar="ID", help="The license's id.")]
Region = Annotated[
    str | None,
    typer.Option(help="The region that issued it; left out: one of the office's own licenses."),
]

_ENDINGS: Final = {
    "application/pdf": ".pdf",
    "application/ofd": ".ofd",
    "image/png": ".png",
    "image/jpeg": ".jpg",
}


def download(
    license_id: LicenseId,
    *,
    region: Region = None,
    purpose: PurposeFile = None,
    case: Case = None,
    output: Output = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Download a license's file. It was verified whole before its first byte left the node."""
    from nodes.cli.api_client import ApiClient, write_new_file

    with ApiClient(url, token) as client:
        response = _get(client, license_id, region, "file", (purpose, case))
    media_type = response.headers.get("Content-Type", "").partition(";")[0]
    target = output or Path(f"{license_id}{_ENDINGS.get(media_type, '.bin')}")
    write_new_file(target, response.content)
    _tell(target, response, as_json)


@bundle_app.command()
def export(
    license_id: LicenseId,
    *,
    region: Region = None,
    purpose: PurposeFile = None,
    case: Case = None,
    output: Output = None,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Export a license's bundle: `verify` accepts it at any node, with or without its issuer."""
    from ledger import canonical
    from nodes.cli.api_client import ApiClient, write_new_file

    with ApiClient(url, token) as client:
        if region is None:
            response = _get(client, license_id, None, "bundle", (purpose, case))
            content = response.content
        else:
            response = _get(client, license_id, region, "", (purpose, case))
            content = canonical.encode(client.json_of(response).get("bundle"))
    target = output or Path(f"{license_id}.license.json")
    write_new_file(target, content)
    _tell(target, response, as_json)


def _get(
    client: ApiClient,
    license_id: str,
    region: str | None,
    part: str,
    stated: tuple[Path | None, str | None],
) -> Response:
    """A part of an own license, or of another region's, for which a purpose is stated."""
    if region is None:
        return client.request("GET", f"/v1/licenses/{license_id}/{part}")
    headers = purpose_header(read_purpose(*stated))
    path = f"/v1/exchange/licenses/{region}/{license_id}"
    return client.request("GET", f"{path}/{part}" if part else path, headers=headers)


def _tell(target: Path, response: Response, as_json: bool) -> None:
    verdict = response.headers.get("License-Verdict")
    size = target.stat().st_size
    if as_json:
        write_json({"path": str(target), "size": size, "verdict": verdict})
        return
    write_line(f"{target} ({size} bytes)")
    if verdict is not None:
        write_note(f"verdict: {json.dumps(verdict, ensure_ascii=False)[1:-1]}")
