"""The types that a clerk may choose from, by the authority that defines them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from api.pages.words import Words
from ledger.catalogue import LicenseType

HELD_BACK_FROM: Final = 3
"""Types from this level on are marked: no region shows them to another yet."""


@dataclass(frozen=True, slots=True)
class TypeOption:
    """One type."""

    code: str
    name: str
    mark: str
    """Says which level it has, where that keeps it from being looked up; else empty."""


@dataclass(frozen=True, slots=True)
class TypeGroup:
    """One authority's types."""

    authority: str
    options: tuple[TypeOption, ...]


def type_groups(types: Iterable[LicenseType], words: Words) -> tuple[TypeGroup, ...]:
    """All types in the catalogue's order, grouped."""
    groups: dict[str, list[TypeOption]] = {}
    for type_ in types:
        authority = type_.authority_en if words.is_english else type_.authority_zh
        name = type_.name_en if words.is_english else type_.name_zh
        mark = ""
        if type_.level >= HELD_BACK_FROM:
            mark = words(f"clerk.types.level.{type_.level}")
        groups.setdefault(authority, []).append(TypeOption(type_.code, name, mark))
    return tuple(TypeGroup(name, tuple(options)) for name, options in groups.items())
