"""How the demo reports: for people on a console, or as JSON lines for programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from nodes.devnet.demo.texts import PHASES, Language, check_name, region_name, text, title

_STYLES: Final = {
    "passed": "green",
    "valid": "bold green",
    "failed": "bold red",
    "invalid": "bold red",
    "refused": "bold red",
    "skipped": "dim",
}
_HEADINGS: Final = frozenset({"things"})
"""Texts that stand at the left margin, as the headings of `pairs` do."""
_UNCERTAIN: Final = "yellow"

Advance = Callable[[int], None]
"""Tells a progress bar how many more are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a listing: what, where, and what was found."""

    license: str
    region: str
    verdict: str
    detail: str = ""


class Report(Protocol):
    """What happens, as it happens."""

    def phase(self, name: str) -> Any:
        """A context manager around one numbered phase; it says how long that took."""

    def bar(self, key: str, total: int) -> Any:
        """A context manager around something with progress; gives an `Advance`."""

    def say(self, key: str, **values: object) -> None: ...
    def rows(self, rows: Sequence[Row]) -> None: ...
    def checks(self, verdict: Mapping[str, Any]) -> None:
        """A verdict with its numbered checks (DESIGN §10)."""

    def commands(self, key: str, commands: Sequence[str]) -> None:
        """Something to try, as lines to copy."""

    def pairs(self, key: str, pairs: Mapping[str, str]) -> None: ...


@dataclass
class ConsoleReport:
    """For people."""

    language: Language
    console: Console = field(default_factory=lambda: Console(highlight=False, soft_wrap=True))
    begun: float = field(default_factory=time.monotonic)

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        number = list(PHASES).index(name) + 1
        heading = f"[{number}/{len(PHASES)}] {title(self.language, name)}"
        self._line(heading, style="bold")
        started = time.monotonic()
        yield
        self._line(f"    {time.monotonic() - started:.1f} s", style="dim")

    @contextmanager
    def bar(self, key: str, total: int) -> Iterator[Advance]:
        columns = (TextColumn("    {task.description}"), BarColumn(), MofNCompleteColumn())
        is_watched = self.console.is_terminal
        with Progress(
            *columns, console=self.console, transient=True, disable=not is_watched
        ) as shown:
            task = shown.add_task(text(self.language, key), total=total)
            yield lambda done: shown.advance(task, done)

    def say(self, key: str, **values: object) -> None:
        is_bold = key in _HEADINGS or key.startswith("tamper.")
        style = _STYLES.get(key, "bold" if is_bold else "")
        named = {name: self._named(name, value) for name, value in values.items()}
        indent = "" if key in _HEADINGS else "    "
        self._line(f"{indent}{text(self.language, key, **named)}", style=style)

    def rows(self, rows: Sequence[Row]) -> None:
        for row in rows:
            line = Text(f"      {region_name(self.language, row.region)}  {row.license}  ")
            line.append(row.verdict, style=_STYLES.get(row.verdict, _UNCERTAIN))
            line.append(f"  {row.detail}" if row.detail else "", style="dim")
            self.console.print(line)

    def checks(self, verdict: Mapping[str, Any]) -> None:
        for check in verdict["checks"]:
            name = check_name(self.language, str(check["name"]))
            line = Text(f"      {check['number']} {name:<10}")
            outcome = str(check["outcome"])
            line.append(f"{outcome:<8}", style=_STYLES.get(outcome, _UNCERTAIN))
            line.append(str(check["detail"]), style="dim")
            self.console.print(line)
        value = str(verdict["verdict"])
        line = Text("      → ")
        line.append(f"{value} ({verdict['reason']})", style=_STYLES.get(value, _UNCERTAIN))
        self.console.print(line)

    def commands(self, key: str, commands: Sequence[str]) -> None:
        self._line(f"  {text(self.language, key)}")
        for command in commands:
            self._line(f"    {command}", style="cyan")

    def pairs(self, key: str, pairs: Mapping[str, str]) -> None:
        self._line(text(self.language, key), style="bold")
        for name, value in pairs.items():
            self._line(f"  {name}  {value}")

    def _named(self, name: str, value: object) -> object:
        if name == "region":
            return region_name(self.language, str(value))
        if isinstance(value, tuple | list):
            return text(self.language, "and").join(map(str, value))
        return check_name(self.language, str(value)) if name == "check" else value

    def _line(self, line: str, style: str = "") -> None:
        self.console.print(Text(line, style=style))


class JsonReport:
    """For programs: one JSON object a line on standard output, named by `event`."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        self._write("phase_started", phase=name)
        started = time.monotonic()
        yield
        self._write("phase_ended", phase=name, seconds=round(time.monotonic() - started, 3))

    @contextmanager
    def bar(self, key: str, total: int) -> Iterator[Advance]:
        done = 0

        def advance(more: int) -> None:
            nonlocal done
            done += more
            self._write("progress", what=key, done=done, total=total)

        yield advance

    def say(self, key: str, **values: object) -> None:
        self._write(key, **values)

    def rows(self, rows: Sequence[Row]) -> None:
        for row in rows:
            self._write(
                "found",
                license=row.license,
                region=row.region,
                verdict=row.verdict,
                detail=row.detail,
            )

    def checks(self, verdict: Mapping[str, Any]) -> None:
        self._write("verdict", verdict=dict(verdict))

    def commands(self, key: str, commands: Sequence[str]) -> None:
        self._write(key, commands=list(commands))

    def pairs(self, key: str, pairs: Mapping[str, str]) -> None:
        self._write(key, pairs=dict(pairs))

    def _write(self, event: str, **values: object) -> None:
        line = {"event": event, "at": round(time.monotonic() - self._begun, 3), **values}
        sys.stdout.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        sys.stdout.flush()
