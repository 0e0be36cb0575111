"""`license-ledger region`: the consortium's regions as a node's mirror has them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from nodes.cli.console import write_json, write_pairs, write_table
from nodes.cli.failures import UsageError
from nodes.cli.options import DEFAULT_URL, AsJson, Token, Url

app = typer.Typer(help="Regions, their endpoints and keys.", no_args_is_help=True)

Code = Annotated[str, typer.Argument(metavar="REGION", help="Six digits, such as 110000.")]


@app.command(name="list")
def list_(*, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False) -> None:
    """List every region ever admitted."""
    regions = _regions(url, token)
    if as_json:
        write_json({"regions": regions})
        return
    write_table(
        ("code", "name", "active", "endpoint"),
        (
            (one.get("code"), one.get("name_zh"), _yes(one.get("active")), one.get("endpoint"))
            for one in regions
        ),
    )


@app.command()
def show(
    code: Code, *, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False
) -> None:
    """Show one region."""
    found = _one(code, url, token)
    write_json(found) if as_json else write_pairs(_flat(found))


@app.command()
def keys(
    code: Code, *, url: Url = DEFAULT_URL, token: Token = None, as_json: AsJson = False
) -> None:
    """Show one region's public keys."""
    found = _one(code, url, token)
    wanted = {name: value for name, value in found.items() if "key" in name}
    write_json({"code": code, **wanted}) if as_json else write_pairs(_flat(wanted))


def _regions(url: str, token: str | None) -> list[dict[str, Any]]:
    from nodes.cli.api_client import ApiClient

    with ApiClient(url, token) as client:
        return client.get("/v1/regions").get("regions") or []


def _one(code: str, url: str, token: str | None) -> dict[str, Any]:
    regions = _regions(url, token)
    found = next((one for one in regions if one.get("code") == code), None)
    if found is None:
        known = ", ".join(str(one.get("code")) for one in regions) or "none yet"
        raise UsageError(f"no region {code}; this node knows {known}")
    return found


def _flat(value: dict[str, Any], prefix: str = "") -> dict[str, object]:
    """Members of members by dotted name."""
    flat: dict[str, object] = {}
    for name, member in value.items():
        if isinstance(member, dict):
            flat |= _flat(member, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = member
    return flat


def _yes(value: object) -> str:
    return "yes" if value else "no"
