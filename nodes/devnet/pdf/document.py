"""The PDF of one sample license: Chinese text that can be selected, and a QR that can be read.

The same sample, font and address give the same bytes: the document's clock is its issue date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time
from itertools import groupby
from pathlib import Path
from typing import Final

import segno
from fpdf import FPDF
from fpdf.fonts import TTFFont

from nodes.devnet.pdf import ornament
from nodes.devnet.pdf.ornament import FONT, GOLD, GREY, HEIGHT, INK, RED, WIDTH
from nodes.devnet.samples.fields import LABELS
from nodes.devnet.samples.sample import Sample

_LEFT, _RIGHT = 28.0, 182.0
_LABEL_WIDTH: Final = 46.0
_QR_SIDE: Final = 32.0
_FOOT: Final = 220.0
"""Where QR and seal begin, mm from the top. The longest table of a sample ends above."""

_QUIET_MODULES: Final = 4
"""White margin that a QR needs (ISO/IEC 18004)."""

_SCAN: Final = ("扫码核验", "Scan to verify")
_IDENTIFIER: Final = ("证照标识", "Identifier")
_NOTE: Final = "本证照为虚构样本，无法律效力  ·  Invented specimen without legal effect"


def texts_of(samples: Iterable[Sample]) -> Iterator[str]:
    """All that the documents of `samples` show, for `prepare_font`."""
    for pair in (*LABELS.values(), _SCAN, _IDENTIFIER):
        yield from pair
    yield from (_NOTE, ornament.WATERMARK, ornament.SEAL_NOTE)
    for sample in samples:
        yield from (sample.type_.name_zh, sample.type_.name_en, *sample.fields.values())


def render(sample: Sample, *, font: Path, url: str) -> bytes:
    """The document of `sample`, whose QR leads to `url`."""
    pdf = FPDF(format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(datetime.combine(sample.valid_from, time.min, UTC))
    pdf.set_lang("zh-CN")
    pdf.set_title(f"{sample.type_.name_zh} {sample.type_.name_en}")
    pdf.set_author(sample.office.name_zh)
    _add_font(pdf, font)
    pdf.add_page()
    ornament.draw_frame(pdf)
    ornament.draw_watermark(pdf)
    _draw_title(pdf, sample)
    _draw_table(pdf, sample)
    _draw_qr(pdf, url)
    ornament.draw_seal(pdf, 156, _FOOT + 20, sample.office.name_zh)
    _draw_foot(pdf, sample)
    return bytes(pdf.output())


def _add_font(pdf: FPDF, font: Path) -> None:
    pdf.add_font(FONT, "", font)
    added = pdf.fonts[FONT]
    if isinstance(added, TTFFont):
        # Glyphs are only left out, never changed: their boxes hold, and compiling them anew costs
        # half of the whole document.
        added.ttfont.recalcBBoxes = False


def _draw_title(pdf: FPDF, sample: Sample) -> None:
    pdf.set_text_color(*RED)
    name = sample.type_.name_zh
    pdf.set_font(FONT, size=30 if len(name) <= 10 else 22)
    pdf.set_xy(_LEFT, 27)
    pdf.cell(_RIGHT - _LEFT, 14, name, align="C")
    pdf.set_text_color(*GREY)
    pdf.set_font(FONT, size=11)
    pdf.set_xy(_LEFT, 41)
    pdf.cell(_RIGHT - _LEFT, 6, sample.type_.name_en, align="C")
    pdf.set_draw_color(*GOLD)
    pdf.set_line_width(0.6)
    pdf.line(75, 50, WIDTH - 75, 50)


def _draw_table(pdf: FPDF, sample: Sample) -> None:
    """One row for each field, in the order of `LABELS`; long values go on in further lines."""
    pdf.set_draw_color(*GOLD)
    pdf.set_line_width(0.1)
    y = 56.0
    for field, (label_zh, label_en) in LABELS.items():
        if field not in sample.fields:
            continue
        pdf.set_xy(_LEFT, y)
        pdf.set_text_color(*INK)
        pdf.set_font(FONT, size=10)
        pdf.cell(h=5.2, text=label_zh)
        pdf.set_text_color(*GREY)
        pdf.set_font(FONT, size=7)
        pdf.cell(h=5.8, text=label_en)
        pdf.set_text_color(*INK)
        pdf.set_font(FONT, size=10.5)
        pdf.set_xy(_LEFT + _LABEL_WIDTH, y)
        pdf.multi_cell(_RIGHT - _LEFT - _LABEL_WIDTH, 5.2, sample.fields[field], align="L")
        y = pdf.get_y() + 0.9
        pdf.line(_LEFT, y, _RIGHT, y)
        y += 1.1


def _draw_qr(pdf: FPDF, url: str) -> None:
    """Level M; as rectangles, one for each run of dark modules."""
    rows = list(segno.make_qr(url, error="m", boost_error=False).matrix)
    module = _QR_SIDE / (len(rows) + 2 * _QUIET_MODULES)
    left, top = _LEFT + module * _QUIET_MODULES, _FOOT + module * _QUIET_MODULES
    pdf.set_fill_color(255, 255, 255)
    pdf.rect(_LEFT, _FOOT, _QR_SIDE, _QR_SIDE, style="F")
    pdf.set_fill_color(0, 0, 0)
    for down, row in enumerate(rows):
        across = 0
        for is_dark, run in groupby(row):
            length = len(list(run))
            if is_dark:
                x, y = left + across * module, top + down * module
                pdf.rect(x, y, length * module, module, style="F")
            across += length
    pdf.set_text_color(*INK)
    pdf.set_font(FONT, size=9)
    pdf.set_xy(_LEFT, _FOOT + _QR_SIDE)
    pdf.cell(_QR_SIDE, 4.5, _SCAN[0], align="C")
    pdf.set_text_color(*GREY)
    pdf.set_font(FONT, size=7)
    pdf.set_xy(_LEFT, _FOOT + _QR_SIDE + 4.5)
    pdf.cell(_QR_SIDE, 3.5, _SCAN[1], align="C")


def _draw_foot(pdf: FPDF, sample: Sample) -> None:
    pdf.set_text_color(*INK)
    pdf.set_font(FONT, size=8)
    pdf.set_xy(_LEFT, HEIGHT - 31)
    label = f"{_IDENTIFIER[0]} {_IDENTIFIER[1]}"
    pdf.multi_cell(_RIGHT - _LEFT, 4.2, f"{label}  {sample.identifier}", align="C")
    pdf.set_text_color(*GREY)
    pdf.set_font(FONT, size=7)
    pdf.set_xy(_LEFT, HEIGHT - 22)
    pdf.cell(_RIGHT - _LEFT, 3.5, _NOTE, align="C")
