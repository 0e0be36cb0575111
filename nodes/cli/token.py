"""`license-ledger token`: offices' tokens, in the node's own database."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nodes.cli.console import write_json, write_line, write_note, write_table
from nodes.cli.failures import UsageError
from nodes.cli.options import AsJson, Config

if TYPE_CHECKING:
    from ledger.ports.accounts import TokenRecord
    from ledger.services.accounts import Accounts

app = typer.Typer(
    help="Make, list and revoke tokens. Works on the node's database, beside a running node.",
    no_args_is_help=True,
)


@app.command()
def create(
    office: Annotated[str, typer.Argument(help="USCC of the office that the token speaks for.")],
    *,
    role: Annotated[
        str,
        typer.Option(help="Usual scopes: clerk, business, verifier, auditor or operator."),
    ] = "clerk",
    scope: Annotated[
        list[str] | None, typer.Option(help="A scope instead of the role's; may be repeated.")
    ] = None,
    label: Annotated[str, typer.Option(help="The person or system that will use it.")] = "",
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it expires.")] = 90,
    office_name: Annotated[
        str, typer.Option(help="Name of the office, when it is new to this node.")
    ] = "",
    rename_office: Annotated[
        bool, typer.Option("--rename-office", help="Give a known office the name --office-name.")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Make a token. It is shown this once and stored nowhere."""
    from ledger.services.accounts import ROLES

    if role not in ROLES:
        raise UsageError(f"no such role: {role}; use one of {', '.join(ROLES)}")
    if rename_office and not office_name:
        raise UsageError("--rename-office needs the new name: --office-name NAME")
    with _accounts(config) as accounts:
        if office_name:
            _name_office(accounts, office, office_name, may_rename=rename_office)
        made = accounts.create_token(
            office=office,
            label=label or role,
            scopes=frozenset(scope) if scope else ROLES[role],
            life=timedelta(days=days),
        )
    if as_json:
        write_json({"token": made.secret, **_to_json(made.record)})
        return
    write_line(made.secret)
    write_note(
        f"token {made.record.id} of office {office}, until {made.record.expires_at:%Y-%m-%d}; "
        "keep it, it is not shown again"
    )


@app.command(name="list")
def list_(
    office: Annotated[str | None, typer.Option(help="Only this office's.")] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """List tokens, without their secrets."""
    with _accounts(config) as accounts:
        found = accounts.tokens(office)
    if as_json:
        write_json({"tokens": [_to_json(token) for token in found]})
        return
    write_table(
        ("id", "office", "label", "scopes", "expires", "last used", "revoked"),
        (
            (
                token.id,
                token.office,
                token.label,
                " ".join(sorted(token.scopes)) or "-",
                f"{token.expires_at:%Y-%m-%d}",
                "-" if token.last_used_at is None else f"{token.last_used_at:%Y-%m-%d %H:%M}",
                "-" if token.revoked_at is None else f"{token.revoked_at:%Y-%m-%d %H:%M}",
            )
            for token in found
        ),
    )


@app.command()
def revoke(
    token_id: Annotated[str, typer.Argument(help="Id of the token, as `token list` shows it.")],
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Revoke a token at once, also for a running node."""
    with _accounts(config) as accounts:
        accounts.revoke_token(token_id)
    if as_json:
        write_json({"id": token_id, "revoked": True})
    else:
        write_line(f"token {token_id} is revoked")


def _name_office(accounts: Accounts, uscc: str, name: str, *, may_rename: bool) -> None:
    """Make the office known by `name`; one that is known already keeps its own unless renamed."""
    from ledger.ports.accounts import Office

    known = next((one.name for one in accounts.offices() if one.uscc == uscc), None)
    if known not in (None, name) and not may_rename:
        write_note(f"office {uscc} keeps its name {known}; --rename-office changes it to {name}")
        return
    accounts.put_office(Office(uscc=uscc, name=name))


@contextmanager
def _accounts(config: Path | None) -> Iterator[Accounts]:
    from nodes.settings_sources import load_settings
    from nodes.storage import open_accounts, open_migrated

    settings = load_settings(config)
    database = open_migrated(settings, may_migrate=False)
    try:
        yield open_accounts(database)
    finally:
        database.close()


def _to_json(token: TokenRecord) -> dict[str, object]:
    return {
        "id": token.id,
        "office": token.office,
        "label": token.label,
        "scopes": sorted(token.scopes),
        "created_at": token.created_at.isoformat(),
        "expires_at": token.expires_at.isoformat(),
        "last_used_at": None if token.last_used_at is None else token.last_used_at.isoformat(),
        "revoked_at": None if token.revoked_at is None else token.revoked_at.isoformat(),
    }
