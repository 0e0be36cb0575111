"""Reads the settings' two sources, and says what is wrong with them in words for an operator."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource

from ledger.errors import ConfigurationError
from nodes.settings import PREFIX, NodeSettings

CONFIG_VARIABLE: Final = "LEDGER_CONFIG"

CLIENT_VARIABLES: Final = frozenset({CONFIG_VARIABLE, "LEDGER_URL", "LEDGER_TOKEN"})
"""Variables with our prefix that are for the command line and no settings of a node."""

_PATHS: Final = ("data_dir", "files_dir", "keys_file", "database_password_file", "peer_ca_file")
"""In a file these are relative to the file's folder."""


def load_settings(config: Path | None = None, **overrides: object) -> NodeSettings:
    """The settings from `config` (else LEDGER_CONFIG's file), the environment and `overrides`.

    The later source wins. Raise ConfigurationError naming each wrong setting, where it stands and
    what is wrong with it.
    """
    path = config or (Path(named) if (named := os.environ.get(CONFIG_VARIABLE)) else None)
    from_file = {} if path is None else _read_file(path)
    _refuse_unknown_variables(os.environ)
    from_environment = {
        name: value for name, value in EnvSettingsSource(NodeSettings)().items() if value != ""
    }
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return NodeSettings(**{**from_file, **from_environment, **given})
    except ValidationError as error:
        places = _Places(path, frozenset(from_file), frozenset(from_environment), frozenset(given))
        raise ConfigurationError(_describe(error, places)) from error


def _read_file(path: Path) -> dict[str, object]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"settings file {path} cannot be read ({error}); check --config or {CONFIG_VARIABLE}"
        ) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"settings file {path} is not TOML: {error}") from error
    base = path.absolute().parent
    for name in _PATHS:
        if isinstance(values.get(name), str):
            values[name] = base / str(values[name])
    return values


def _refuse_unknown_variables(environment: Mapping[str, str]) -> None:
    known = {PREFIX + name.upper() for name in NodeSettings.model_fields} | CLIENT_VARIABLES
    unknown = sorted(name for name in environment if name.startswith(PREFIX) and name not in known)
    if unknown:
        raise ConfigurationError(
            f"no such setting: {', '.join(unknown)}. Unset it, or see docs/configuration.md"
        )


class _Places:
    """Where each given setting came from."""

    def __init__(
        self,
        path: Path | None,
        in_file: frozenset[str],
        in_environment: frozenset[str],
        in_options: frozenset[str],
    ) -> None:
        self._path = path
        self._in_file = in_file
        self._in_environment = in_environment
        self._in_options = in_options

    def of(self, name: str) -> str:
        variable = PREFIX + name.upper()
        if name in self._in_options:
            return f"option --{name.replace('_', '-')}"
        if name in self._in_environment:
            return variable
        if name in self._in_file:
            return f"{name} in {self._path}"
        return f"{variable} (or {name} in a settings file)"


def _describe(error: ValidationError, places: _Places) -> str:
    lines = []
    for one in error.errors(include_url=False):
        name = str(one["loc"][0]) if one["loc"] else "settings"
        said = str(one["msg"]).removeprefix("Value error, ")
        problem = {
            "missing": "is required and not set",
            "extra_forbidden": "is no setting; see docs/configuration.md",
        }.get(one["type"])
        lines.append(f"{places.of(name)} {problem or 'is wrong: ' + said}")
    return "; ".join(lines)
