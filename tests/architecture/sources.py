"""The project's own Python files as syntax trees: what the house rules are checked on."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ledger", "contracts", "api", "nodes")

ADAPTERS = ("ledger.chain", "ledger.store", "ledger.peers")
"""What implements ports; everything else in `ledger` is core, ports or services."""


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file."""

    name: str
    """Dotted name of the module."""
    path: Path
    tree: ast.Module

    @property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def is_in(self, *packages: str) -> bool:
        return any(self.name == each or self.name.startswith(each + ".") for each in packages)

    def __str__(self) -> str:
        return str(self.path.relative_to(ROOT))


@cache
def sources(*folders: str) -> tuple[Source, ...]:
    """Every Python file below `folders`; the project's packages if none are named."""
    found = [
        Source(_module_name(path), path, ast.parse(path.read_bytes(), filename=str(path)))
        for folder in folders or PACKAGES
        for path in sorted((ROOT / folder).rglob("*.py"))
    ]
    assert found, f"no source in {folders}: the check would check nothing"
    return tuple(found)


def imported(source: Source) -> Iterator[str]:
    """Every dotted name that `source` imports, lazily and under TYPE_CHECKING too.

    `from a import b` gives `a` and `a.b`: whether `b` is a module is the caller's question.
    """
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(source, node)
            yield base
            yield from (f"{base}.{alias.name}" for alias in node.names)


def dotted(node: ast.expr) -> str:
    """`a.b.c` for that expression; empty for any other."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _absolute(source: Source, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = source.name.split(".")
    if source.path.name != "__init__.py":
        package = package[:-1]
    base = package[: len(package) - node.level + 1]
    return ".".join([*base, *([node.module] if node.module else [])])
