"""What commands print: JSON for programs, tables for people; progress goes to standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.progress import Progress
    from rich.status import Status

_UNBOUNDED: Final = 10_000


def write_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def write_line(text: str) -> None:
    """One line on standard output, without markup."""
    sys.stdout.write(text + "\n")


def write_note(text: str) -> None:
    """One line on standard error, for people."""
    sys.stderr.write(text + "\n")


def write_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, title: str | None = None
) -> None:
    """A table on standard output; cells are shown as they are, never as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    # Where no terminal sets the width, nothing is cut.
    Console(width=None if sys.stdout.isatty() else _UNBOUNDED).print(table)


def write_pairs(pairs: Mapping[str, object]) -> None:
    """Names and values, one pair a line."""
    width = max(map(len, pairs), default=0)
    for name, value in pairs.items():
        write_line(f"{name:<{width}}  {'-' if value is None else value}")


def progress() -> Progress:
    """A progress bar on standard error, silent where nobody watches."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


def waiting(text: str) -> AbstractContextManager[Status | None]:
    """Say what is waited for while it lasts, where somebody watches."""
    from contextlib import nullcontext

    from rich.console import Console

    console = Console(stderr=True)
    return console.status(text) if console.is_terminal else nullcontext()


def read_line(path: Path | None, prompt: str) -> str:
    """One secret line: from `path` (`-` is standard input), else asked for without echo.

    Never from an argument, which every user of the machine can read.
    """
    if path is not None and str(path) != "-":
        return path.read_text(encoding="utf-8").strip()
    if path is None and sys.stdin.isatty():
        from getpass import getpass

        return getpass(f"{prompt}: ", stream=sys.stderr).strip()
    return sys.stdin.readline().strip()
