"""A verdict for people: the value, the reason, and the numbered checks (DESIGN §6)."""

from __future__ import annotations

import sys
from typing import Any, Final

from nodes.cli.failures import ExitCode
from nodes.cli.type_names import TypeNames, named_type

EXIT_CODES: Final = {
    "valid": ExitCode.DONE,
    "invalid": ExitCode.FAILED,
    "unknown": ExitCode.UNKNOWN,
}

_STYLES: Final = {"valid": "bold green", "invalid": "bold red", "unknown": "bold yellow"}
_MARKS: Final = {
    "passed": ("✓", "green"),
    "failed": ("✗", "red"),
    "unknown": ("?", "yellow"),
    "skipped": ("-", "dim"),
}
_UNBOUNDED: Final = 10_000


def write_verdict(verdict: dict[str, Any], names: TypeNames) -> None:
    """Print one verdict; every value is shown as it is, never as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=None if sys.stdout.isatty() else _UNBOUNDED, highlight=False)
    value = str(verdict.get("verdict"))
    console.print(Text(f"{value.upper()}  {verdict.get('reason')}", style=_STYLES.get(value, "")))
    for line in _about(verdict, names):
        console.print(Text(line))
    table = Table("", "check", "", "detail", box=None, pad_edge=False)
    for check in verdict.get("checks") or ():
        mark, style = _MARKS.get(str(check.get("outcome")), ("?", ""))
        table.add_row(
            str(check.get("number")),
            Text(str(check.get("name"))),
            Text(mark, style=style),
            Text(str(check.get("detail") or "")),
        )
    console.print(table)


def _about(verdict: dict[str, Any], names: TypeNames) -> list[str]:
    lines = []
    found, chain = verdict.get("license"), verdict.get("chain")
    if isinstance(found, dict):
        until = found.get("valid_until") or "no end"
        lines.append(
            f"license {found.get('id')}  type {named_type(found.get('type'), names)}  "
            f"region {found.get('region')}  "
            f"{found.get('valid_from')} - {until}"
        )
    if isinstance(chain, dict):
        lines.append(
            f"as of {verdict.get('at')}, by block {chain.get('block_number')} "
            f"({chain.get('block_time')}, final by {chain.get('finality')}) "
            f"of chain {chain.get('chain_id')}"
        )
    else:
        lines.append(f"as of {verdict.get('at')}, without the chain")
    return lines
