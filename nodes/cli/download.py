"""`license-ledger download` and `bundle export`: a license's file, and its portable proof."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from nodes.cli.console import waiting, write_json, write_line, write_note
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

_ASK_AGAIN_SECONDS: Final = 1.0
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
    wait: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for the license's anchor on the chain.")
    ] = 30.0,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Export a license's bundle: `verify` accepts it at any node, with or without its issuer.

    One that is not anchored yet is waited for; after that its bundle is provisional, and says so.
    """
    from nodes.cli.api_client import ApiClient, write_new_file

    with ApiClient(url, token) as client:
        bundle = _bundle(client, license_id, region, (purpose, case))
        if not bundle.is_anchored and wait:
            bundle = _await_anchor(client, license_id, region, (purpose, case), wait) or bundle
    target = output or Path(f"{license_id}.license.json")
    write_new_file(target, bundle.content)
    if not bundle.is_anchored:
        write_note(
            "WARNING: this bundle is provisional: its license is not anchored on the chain yet; "
            "only its region's promise speaks for it. Export it again in a minute."
        )
    _tell(target, bundle.response, as_json, provisional=not bundle.is_anchored)


@dataclass(frozen=True, slots=True)
class _Exported:
    """A bundle as it came."""

    response: Response
    content: bytes
    is_anchored: bool
    """Whether it holds the proof from the log; without it, only the region's promise."""


def _bundle(
    client: ApiClient, license_id: str, region: str | None, stated: tuple[Path | None, str | None]
) -> _Exported:
    from ledger import canonical

    if region is None:
        response = _get(client, license_id, None, "bundle", stated)
        held = client.json_of(response)
        return _Exported(response, response.content, held.get("head") is not None)
    response = _get(client, license_id, region, "", stated)
    held = client.json_of(response).get("bundle") or {}
    return _Exported(response, canonical.encode(held), held.get("head") is not None)


def _await_anchor(
    client: ApiClient,
    license_id: str,
    region: str | None,
    stated: tuple[Path | None, str | None],
    seconds: float,
) -> _Exported | None:
    """The bundle once it is anchored; None when that does not happen in time."""
    deadline = time.monotonic() + seconds
    with waiting("waiting for the license's anchor on the chain …"):
        while (left := deadline - time.monotonic()) > 0:
            time.sleep(min(_ASK_AGAIN_SECONDS, left))
            bundle = _bundle(client, license_id, region, stated)
            if bundle.is_anchored:
                return bundle
    return None


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


def _tell(
    target: Path, response: Response, as_json: bool, *, provisional: bool | None = None
) -> None:
    verdict = response.headers.get("License-Verdict")
    size = target.stat().st_size
    if as_json:
        told = {"path": str(target), "size": size, "verdict": verdict}
        write_json(told if provisional is None else {**told, "provisional": provisional})
        return
    write_line(f"{target} ({size} bytes)")
    if verdict is not None:
        write_note(f"verdict: {json.dumps(verdict, ensure_ascii=False)[1:-1]}")
