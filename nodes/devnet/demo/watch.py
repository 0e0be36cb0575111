"""Starts again what ends by itself, as long as the demo runs in the foreground or works."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import LedgerError
from nodes.devnet.demo.report import Report

_POLL_SECONDS = 0.5
_MOST_RESTARTS = 5
"""Of one program; what ends more often has a cause that starting again does not cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One program, and how to see to it."""

    name: str
    log: Path
    has_ended: Callable[[], bool]
    start: Callable[[], None]


class Watch:
    """A thread that looks after some programs. A context manager; ends before they are ended."""

    def __init__(self, programs: Sequence[Watched], report: Report) -> None:
        self._programs = programs
        self._report = report
        self._restarts = {one.name: 0 for one in programs}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self.failure: LedgerError | None = None
        """Why one could not be started again; the demo cannot go on."""

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._ending.set()
        self._thread.join()

    def wait(self) -> None:
        """Return never, but by an exception: Ctrl-C, or LedgerError when the demo cannot go on."""
        while self.failure is None:
            self._ending.wait(_POLL_SECONDS)
        raise self.failure

    def _run(self) -> None:
        while not self._ending.wait(_POLL_SECONDS):
            for program in self._programs:
                if not self._ending.is_set() and program.has_ended():
                    self._start_again(program)

    def _start_again(self, program: Watched) -> None:
        self._report.say("died", what=program.name, log=program.log)
        self._restarts[program.name] += 1
        try:
            if self._restarts[program.name] > _MOST_RESTARTS:
                raise LedgerError(f"{program.name} keeps ending; {program.log} says why")
            program.start()
        except LedgerError as error:
            self.failure = error
            self._ending.set()
