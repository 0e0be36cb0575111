"""The settings file that `node init` writes: each setting with its meaning, and what is missing."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from pydantic.fields import FieldInfo

from nodes.settings_docs import default_text, sections

_NETWORK: Final = frozenset({"rpc_url", "chain_id", "genesis_hash", "finality"})
"""Settings with defaults for development, which every real network has its own values of."""

_HEAD: Final = """\
# Settings of one node (docs/configuration.md). Lines marked MISSING need a value: the consortium
# gives them to every region. What is commented out shows its default.
"""


def render_template(known: Mapping[str, str]) -> str:
    """A TOML file with the values in `known` set, and the rest commented out."""
    parts = [_HEAD]
    for title, fields in sections():
        parts.append(f"\n# --- {title}\n")
        for name, field in fields:
            parts.append(f"# {field.description}\n{_line(name, field, known)}\n")
    return "".join(parts)


def _line(name: str, field: FieldInfo, known: Mapping[str, str]) -> str:
    if name in known:
        return f"{name} = {_quoted(known[name])}"
    shown = f"# {name} = {_literal(field)}"
    return f"{shown}  # MISSING" if field.is_required() or name in _NETWORK else shown


def _literal(field: FieldInfo) -> str:
    if isinstance(field.default, bool | int | float):
        return default_text(field)
    return _quoted(default_text(field))


def _quoted(text: str) -> str:
    """A TOML basic string; JSON's escapes are all TOML's too."""
    return json.dumps(text, ensure_ascii=False)
