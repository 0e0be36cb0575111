"""This software's version: of the installed distribution, or of the checkout that runs."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

DISTRIBUTION: Final = "license-ledger"
_PROJECT: Final = Path(__file__).resolve().parents[1] / "pyproject.toml"


@cache
def software_version() -> str:
    """Such as `0.1.0`."""
    try:
        return version(DISTRIBUTION)
    except PackageNotFoundError:
        project = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))["project"]
        return str(project["version"])
