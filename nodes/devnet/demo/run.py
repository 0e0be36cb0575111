"""Runs the demo once: alone in its folder, on free ports, and ended without leaving anything."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Final

from ledger.encoding import hex_decode, parse_date
from ledger.errors import ConfigurationError
from nodes.devnet import process_lock
from nodes.devnet.demo.closing import say_goodbye
from nodes.devnet.demo.drawing import Drawing
from nodes.devnet.demo.ending import end_parts, running_parts
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.demo.kept import Kept, read_kept
from nodes.devnet.demo.network import Network
from nodes.devnet.demo.record import DemoRecord, read_record
from nodes.devnet.demo.report import Report
from nodes.devnet.demo.tampering.journal import Journal
from nodes.devnet.demo.teller import Teller
from nodes.devnet.demo.watch import Watch
from nodes.devnet.samples.collection import Collection
from nodes.devnet.samples.places import PLACES

DEFAULT_LICENSES: Final = 640
DEFAULT_PORT: Final = 8110
DEFAULT_CHAIN_PORT: Final = 8545

_PARTS: Final = len(PLACES) + 1
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOptions:
    """What the caller asks for. None: as kept, or the default."""

    root: Path
    licenses: int | None = None
    first_port: int | None = None
    chain_port: int | None = None
    detach: bool = False
    """Return when the story is told, and leave everything running."""
    fresh: bool = False
    """Set the folder of earlier runs aside."""


def run_demo(options: DemoOptions, report: Report) -> None:
    """Tell the demo; then stay until Ctrl-C, unless detached.

    Raise ConfigurationError when another demo works in the folder or a port is taken, LedgerError
    when something went wrong: then nothing is left running, and the next run goes on from here.
    """
    begun = time.monotonic()
    folder = DemoFolder(options.root.absolute())
    with _signals_as_interrupt():
        if options.fresh:
            _set_aside(folder, report)
        with _alone(folder):
            with report.phase("prepare"):
                if (running := _running_record(folder, options)) is not None:
                    report.say("runs_already")
                    say_goodbye(running, folder, report)
                    return
                teller = _teller(folder, _prepare(folder, options, report), options, report)
            _run(teller, begun, stay=not options.detach)


def _run(teller: Teller, begun: float, *, stay: bool) -> None:
    """Tell, and leave the network running only if all went well and nobody stays."""
    is_left_running = False
    try:
        _tell(teller, begun, stay=stay)
        is_left_running = not stay
    except KeyboardInterrupt:
        teller.report.say("interrupted")
        raise
    finally:
        if not is_left_running:
            _end(teller.folder, teller.report)


def _tell(teller: Teller, begun: float, *, stay: bool) -> None:
    report, network = teller.report, teller.network
    samples = teller.collection.samples(teller.kept.licenses)
    drawing = Drawing(teller.folder, samples, network.urls)
    try:
        record = teller.start_network(drawing)
        with Watch(list(network.watched()), report) as watch:
            record = teller.register(record, drawing)
            teller.tell(record)
            say_goodbye(record, teller.folder, report)
            report.say("took", seconds=time.monotonic() - begun)
            if not stay:
                report.say("detached")
                return
            report.say("stays")
            with suppress(KeyboardInterrupt):
                watch.wait()
    finally:
        drawing.abandon()


def _prepare(folder: DemoFolder, options: DemoOptions, report: Report) -> Kept:
    """End what an earlier run left, make its damage good, and decide what this run is."""
    if ended := end_parts(folder):
        report.say("leftovers", number=ended)
    if undone := Journal(folder.damage).undo_all():
        report.say("undone_late", number=undone)
    kept = read_kept(folder.kept)
    if kept is None:
        report.say("first_run", folder=folder.root)
        kept = Kept.begin(
            day=datetime.now(UTC).date(),
            licenses=options.licenses or DEFAULT_LICENSES,
            first_port=options.first_port or DEFAULT_PORT,
            chain_port=options.chain_port or DEFAULT_CHAIN_PORT,
        )
    else:
        report.say("goes_on" if kept.is_registered else "half_finished", folder=folder.root)
        kept = _changed(kept, options)
    return kept


def _changed(kept: Kept, options: DemoOptions) -> Kept:
    """What was kept, with other ports or more licenses when they are asked for."""
    licenses = max(kept.licenses, options.licenses or 0)
    return replace(
        kept,
        licenses=licenses,
        first_port=options.first_port or kept.first_port,
        chain_port=options.chain_port or kept.chain_port,
        is_registered=kept.is_registered and licenses == kept.licenses,
    )


def _teller(folder: DemoFolder, kept: Kept, options: DemoOptions, report: Report) -> Teller:
    network = Network(folder, kept, detached=options.detach)
    network.require_free_ports()
    kept.write(folder.kept)
    return Teller(
        folder=folder,
        kept=kept,
        collection=Collection(seed=hex_decode(kept.seed), day=parse_date(kept.day)),
        network=network,
        report=report,
    )


def _running_record(folder: DemoFolder, options: DemoOptions) -> DemoRecord | None:
    """The record of a whole demo, as it is asked for, that an earlier run left running."""
    kept = read_kept(folder.kept)
    if kept is None or not kept.is_registered or kept != _changed(kept, options):
        return None
    if folder.damage.exists() or running_parts(folder) != _PARTS:
        return None
    return read_record(folder.record)


def _set_aside(folder: DemoFolder, report: Report) -> None:
    """Rename the folder of earlier runs; nothing is deleted."""
    if not folder.root.exists():
        return
    with _alone(folder):
        end_parts(folder)
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    aside = folder.root.with_name(f"{folder.root.name}.{stamp}")
    folder.root.rename(aside)
    report.say("set_aside", folder=aside)


def _end(folder: DemoFolder, report: Report) -> None:
    """End nodes and chain; their ends are bounded in time, so further signals wait for that."""
    for signum in _SIGNALS:
        signal.signal(signum, signal.SIG_IGN)
    report.say("stopping")
    report.say("stopped", number=end_parts(folder))


@contextmanager
def _alone(folder: DemoFolder) -> Iterator[None]:
    """Hold the folder's lock; raise ConfigurationError when another demo works in it."""
    folder.root.mkdir(parents=True, exist_ok=True)
    lock = process_lock.hold(folder.lock, port=0)
    if lock is None:
        other = process_lock.holder(folder.lock)
        who = "another process" if other is None else f"process {other.pid}"
        raise ConfigurationError(
            f"a demo is at work in {folder.root} already ({who}). Its terminal shows how far it "
            "is; `make demo-stop` ends it"
        )
    try:
        yield
    finally:
        os.close(lock)


@contextmanager
def _signals_as_interrupt() -> Iterator[None]:
    """SIGTERM and SIGHUP end the demo as Ctrl-C does."""
    before = {signum: signal.signal(signum, _interrupt) for signum in _SIGNALS}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt
