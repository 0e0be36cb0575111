"""The documents' font: parsed and cut down to the characters in use, once for all documents."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Final

from fontTools import subset, ttLib

from ledger.hashing import sha256
from nodes.devnet.whole_file import write_whole

_DROPPED_TABLES: Final = ("GSUB", "GPOS", "GDEF", "BASE", "STAT", "DSIG", "vhea", "vmtx", "VORG")
_ASCII: Final = "".join(map(chr, range(0x20, 0x7F)))


def prepare_font(source: Path, texts: Iterable[str], folder: Path) -> Path:
    """A TrueType font in `folder` with ASCII and the characters of `texts`, taken from `source`.

    Named by the digest of the characters that it holds: the same ones are never cut out twice.
    """
    characters = "".join(sorted(set(_ASCII).union(*texts)))
    kept = folder / f"{source.stem}-{sha256(characters.encode()).hex()[:16]}.ttf"
    if not kept.is_file():
        write_whole(kept, _cut_down(source, characters))
    return kept


def _cut_down(source: Path, characters: str) -> bytes:
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    options.drop_tables += list(_DROPPED_TABLES)
    font = ttLib.TTFont(source, recalcTimestamp=False, lazy=True)
    cutter = subset.Subsetter(options)
    cutter.populate(text=characters)
    cutter.subset(font)
    held = BytesIO()
    font.save(held)
    return held.getvalue()
