"""One region's node as a process of its own: started, awaited, ended."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import dataclass, field

import httpx2

from ledger.errors import LedgerError
from nodes.devnet import process_lock
from nodes.devnet.chain_config import LOOPBACK
from nodes.devnet.demo.folder import NodeFolder
from nodes.devnet.samples.places import Place
from nodes.devnet.tools import PROJECT_ROOT
from nodes.settings import PREFIX

STOP_SECONDS = 20.0
"""How long a node may take to finish what is under way."""

_POLL_SECONDS = 0.1
_LOG_TAIL_CHARACTERS = 1_500


class NodeFailedError(LedgerError):
    """A node ended by itself or did not become ready; the message has the end of its log."""


@dataclass(slots=True, kw_only=True)
class NodeProcess:
    """The node of one place."""

    place: Place
    folder: NodeFolder
    port: int
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    _said_before: int = field(default=0, init=False)

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}"

    def start(self, *, attached: bool) -> None:
        """Start, without waiting. Attached, it ends with this process, however that ends."""
        log = self.folder.log
        self._said_before = log.stat().st_size if log.exists() else 0
        locked = [sys.executable, "-m", "nodes.devnet.demo.locked"]
        if attached:
            locked += ["--attached-to", str(os.getpid())]
        locked += [str(self.folder.lock.absolute()), str(self.port), "--"]
        node = [sys.executable, "-m", "nodes.cli", "node", "run"]
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [*locked, *node, "--config", str(self.folder.config.absolute())],
                cwd=PROJECT_ROOT,
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )

    def await_ready(self, seconds: float) -> None:
        """Return once `/readyz` says so; raise NodeFailedError with the end of the log."""
        deadline = time.monotonic() + seconds
        said = "nothing"
        with httpx2.Client(base_url=self.url, timeout=5, trust_env=False) as client:
            while time.monotonic() < deadline:
                if self.has_ended():
                    raise NodeFailedError(self._failure("ended by itself"))
                try:
                    answer = client.get("/readyz")
                except httpx2.HTTPError:
                    time.sleep(_POLL_SECONDS)
                    continue
                if answer.status_code == httpx2.codes.OK:
                    return
                said = answer.text[:500]
                time.sleep(_POLL_SECONDS)
        raise NodeFailedError(
            self._failure(f"was not ready within {seconds:g} s; /readyz says {said}")
        )

    def has_ended(self) -> bool:
        """Whether the process that this object started is gone."""
        return self._process is not None and self._process.poll() is not None

    def stop(self) -> bool:
        """End the node, whoever started it, and wait for that; False if none ran."""
        ended = process_lock.end_holder(self.folder.lock, timeout=STOP_SECONDS)
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return ended
        process.terminate()  # it has not come as far as its lock
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        return True

    def _failure(self, what: str) -> str:
        said = self.folder.log.read_bytes()[self._said_before :].decode("utf-8", "replace").strip()
        return (
            f"the node of {self.place.name_en} ({self.place.code}) {what}. {self.folder.log} "
            f"ends: {said[-_LOG_TAIL_CHARACTERS:] or '(nothing)'}"
        )


def _environment() -> dict[str, str]:
    """This process's own, without settings of some other node."""
    return {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
