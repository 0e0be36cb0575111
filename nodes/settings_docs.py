"""The settings' reference for people, made from their descriptions.

`python -m nodes.settings_docs` writes `docs/configuration.md` and `.env.example`; tests compare
both with what is made here.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from pathlib import Path, PurePath
from typing import Final

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from nodes.settings import PREFIX, NodeSettings

ROOT: Final = Path(__file__).resolve().parents[1]
REFERENCE: Final = ROOT / "docs" / "configuration.md"
EXAMPLE: Final = ROOT / ".env.example"

SECTIONS: Final = (
    ("Identity", "region"),
    ("Storage", "data_dir"),
    ("Chain", "rpc_url"),
    ("Pipeline", "anchor_within_seconds"),
    ("Other regions", "peer_patience_seconds"),
    ("HTTP limits", "max_json_bytes"),
    ("Process", "shutdown_timeout_seconds"),
)
"""Title of each section and the setting that it begins with."""

_INTRODUCTION: Final = f"""# Configuration

<!-- Made by `python -m nodes.settings_docs` from nodes/settings.py; a test compares the two. -->

A node reads its settings once, when it starts. Each has a variable in the environment
(`{PREFIX}REGION`) and the same name in lower case in a TOML file (`region`), which
`--config FILE` or `{PREFIX}CONFIG` names. The environment wins over the file. A name that is no
setting is an error in either, and paths in a file are relative to the file's folder.

Secrets are never settings: settings name the files that hold them, and a file that others may read
is refused. `license-ledger node status` shows how a running node is doing; which commands exist and
what to do when something fails stands in [operations.md](operations.md).

The command line uses `{PREFIX}URL` (the node to ask) and `{PREFIX}TOKEN` (an office's token)
besides.
"""

_EXAMPLE_HEAD: Final = """\
# Settings of one node: copy to .env, or set them in the environment. docs/configuration.md has
# them as a table. A line that is commented out shows the default.
"""


def render_reference() -> str:
    """`docs/configuration.md`."""
    parts = [_INTRODUCTION]
    for title, fields in sections():
        parts.append(f"\n## {title}\n\n| Variable | Default | Meaning |\n|---|---|---|\n")
        parts.extend(
            f"| `{PREFIX}{name.upper()}` | {_shown_default(field)} | {field.description} |\n"
            for name, field in fields
        )
    return "".join(parts)


def render_example() -> str:
    """`.env.example`."""
    parts = [_EXAMPLE_HEAD]
    for title, fields in sections():
        parts.append(f"\n# --- {title}\n")
        for name, field in fields:
            parts.append(f"# {field.description}\n")
            mark = "" if field.is_required() else "# "
            parts.append(f"{mark}{PREFIX}{name.upper()}={default_text(field)}\n")
    return "".join(parts)


def main() -> None:
    """Write both files."""
    REFERENCE.parent.mkdir(exist_ok=True)
    REFERENCE.write_text(render_reference(), encoding="utf-8")
    EXAMPLE.write_text(render_example(), encoding="utf-8")


def sections() -> Iterator[tuple[str, list[tuple[str, FieldInfo]]]]:
    """Each section's title, with its settings in order."""
    fields = list(NodeSettings.model_fields.items())
    names = [name for name, _ in fields]
    starts = [names.index(first) for _, first in SECTIONS]
    for (title, _), start, end in zip(SECTIONS, starts, [*starts[1:], len(fields)], strict=True):
        yield title, fields[start:end]


def _shown_default(field: FieldInfo) -> str:
    if field.is_required():
        return "**required**"
    text = default_text(field)
    return f"`{text}`" if text else "empty"


def default_text(field: FieldInfo) -> str:
    """A setting's default as it is written in a file; empty where there is none."""
    value = field.default
    if value is PydanticUndefined or value is None or value == ():
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return str(value).lower()
    return value.as_posix() if isinstance(value, PurePath) else str(value)


if __name__ == "__main__":
    main()
