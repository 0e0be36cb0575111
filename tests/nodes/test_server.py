"""A process from its port to its end, with real signals."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx2
import pytest

from nodes.devnet.ports import free_port
from nodes.devnet.tools import PROJECT_ROOT


@contextmanager
def running(
    *, request: float = 0.0, round_: float = 0.05, patience: float = 10.0
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    port = free_port()
    arguments = [str(port), str(request), str(round_), str(patience)]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.nodes.server_program", *arguments],
        cwd=PROJECT_ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 15
        while True:
            try:
                httpx2.get(url, trust_env=False)
                break
            except httpx2.HTTPError:
                assert process.poll() is None, process.communicate()[1]
                assert time.monotonic() < deadline
                time.sleep(0.05)
        yield process, url
    finally:
        process.kill()
        process.communicate()


class Asking(threading.Thread):
    """A request under way."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.answer = ""

    def run(self) -> None:
        try:
            self.answer = httpx2.get(f"{self.url}/slow", timeout=20, trust_env=False).text
        except httpx2.HTTPError as error:
            self.answer = type(error).__name__


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_what_is_under_way_is_finished(signum: signal.Signals) -> None:
    with running(request=1.0, round_=0.4) as (process, url):
        asking = Asking(url)
        asking.start()
        time.sleep(0.4)
        process.send_signal(signum)
        time.sleep(0.3)
        with pytest.raises(httpx2.HTTPError):
            httpx2.get(url, trust_env=False)
        asking.join()
        said = process.communicate(timeout=10)[1]
    assert asking.answer == "whole"
    assert process.returncode == 0
    assert said.rindex("round finished") < said.rindex("given back") < said.rindex('"ended"')


def test_a_second_signal_ends_at_once() -> None:
    with running(request=30.0, patience=60.0) as (process, url):
        Asking(url).start()
        time.sleep(0.4)
        process.terminate()
        time.sleep(0.3)
        begun = time.monotonic()
        process.terminate()
        said = process.communicate(timeout=10)[1]
        assert time.monotonic() - begun < 3
    assert process.returncode == 1
    assert "cut short" in said


def test_the_end_is_bounded_also_when_a_round_hangs() -> None:
    with running(round_=60.0, patience=1.5) as (process, _):
        time.sleep(0.3)
        begun = time.monotonic()
        process.terminate()
        said = process.communicate(timeout=15)[1]
        assert time.monotonic() - begun < 6
    assert process.returncode == 1
    assert "cut short" in said


def test_a_taken_port_is_said_with_its_owner() -> None:
    with running() as (process, url):
        port = url.rpartition(":")[2]
        second = subprocess.run(
            [sys.executable, "-m", "tests.nodes.server_program", port, "0", "0", "5"],
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    assert second.returncode != 0
    assert "ConfigurationError" in second.stderr
    assert f"port {port}" in second.stderr
    assert str(process.pid) in second.stderr
