"""Where the programs and files live that the project takes from npm and the machine.

`make setup` puts them under `node_modules` beside the source; a program on PATH is the second
choice. Nothing here downloads: what is missing is a `ConfigurationError` that says what to run.
npm's install scripts are switched off (`.npmrc`), so the binary of a platform package is used
directly and never through the JavaScript launcher that its install script prepares.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import ConfigurationError

PROJECT_ROOT = Path(__file__).resolve().parents[2]
"""The checkout (or, for an installed package, the folder that holds `nodes`)."""

MINIMUM_NODE = 20
"""Oldest major version of Node that npm's packages here run on."""

_SYSTEMS = {"linux": "linux", "darwin": "darwin"}
_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_FONT = Path("@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """An operating system and a processor in the words of npm's platform packages."""

    system: str
    machine: str

    @classmethod
    def current(cls) -> Platform:
        """Describe this machine; unknown names are kept, so that messages can show them."""
        system, machine = platform.system().lower(), platform.machine().lower()
        return cls(system=_SYSTEMS.get(system, system), machine=_MACHINES.get(machine, machine))


@dataclass(frozen=True, slots=True)
class Places:
    """Where to look: a folder with `node_modules`, and a search path."""

    root: Path = PROJECT_ROOT
    search_path: str | None = None
    """Directories as in PATH; None stands for the environment's PATH."""

    def on_path(self, *names: str) -> Path | None:
        """The first of `names` that can be run, or None."""
        for name in names:
            if found := shutil.which(name, path=self.search_path):
                return Path(found)
        return None


def find_anvil(places: Places | None = None, machine: Platform | None = None) -> Path:
    """Locate the chain client of the development chain.

    Raise `ConfigurationError` where neither npm's package for this platform nor PATH has it.
    """
    where, here = places or Places(), machine or Platform.current()
    package = f"@foundry-rs/anvil-{here.system}-{here.machine}"
    bundled = where.root / "node_modules" / package / "bin" / "anvil"
    if _is_program(bundled):
        return bundled
    if found := where.on_path("anvil"):
        return found
    raise ConfigurationError(
        f"the chain client anvil is missing: neither {bundled} nor a program on PATH. "
        "Run `make setup`; where npm has no package for this platform "
        f"({here.system} {here.machine}), install Foundry and put anvil on PATH."
    )


def find_node(places: Places | None = None) -> Path:
    """Locate Node: the one on PATH if it is recent enough, else the one beside this Python."""
    where = places or Places()
    beside = Path(sys.executable).parent / "node"
    seen: list[str] = []
    for candidate in _distinct(where.on_path("node"), beside):
        version = _version_of(candidate)
        if version >= MINIMUM_NODE:
            return candidate
        seen.append(f"{candidate} is version {version or 'unknown'}")
    raise ConfigurationError(
        f"Node {MINIMUM_NODE} or newer is missing ({'; '.join(seen) or 'none found'}). "
        "Run `make setup`, which takes it from PyPI where PATH has none."
    )


def find_document_font(places: Places | None = None) -> Path:
    """Locate the full TrueType font of documents: Noto Sans SC Regular (OFL-1.1)."""
    font = (places or Places()).root / "node_modules" / _FONT
    if not font.is_file():
        raise ConfigurationError(f"the font {font} is missing. Run `make setup`.")
    return font


def _is_program(path: Path) -> bool:
    return path.is_file() and bool(path.stat().st_mode & 0o111)


def _distinct(*paths: Path | None) -> Iterator[Path]:
    seen: set[Path] = set()
    for path in paths:
        if path is not None and path not in seen and _is_program(path):
            seen.add(path)
            yield path


def _version_of(node: Path) -> int:
    """Major version that `node --version` prints; 0 if it cannot be run."""
    try:
        done = subprocess.run(
            [node, "--version"], capture_output=True, text=True, timeout=20, check=True
        )
        return int(done.stdout.strip().removeprefix("v").split(".")[0])
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0
