"""What makes a sheet look like a license: frame, watermark, seal. No field of it is drawn here."""

from __future__ import annotations

import math
from typing import Final

from fpdf import FPDF

WIDTH, HEIGHT = 210.0, 297.0
"""A4 in mm."""

FONT: Final = "document"
RED, GOLD, INK, GREY = (186, 22, 28), (176, 138, 60), (32, 32, 36), (112, 112, 118)
FAINT: Final = (243, 240, 232)
SEAL_RADIUS: Final = 20.0
WATERMARK: Final = "样本 SPECIMEN"
SEAL_NOTE: Final = "电子证照专用章"

_BAND: Final = 14.25
"""Middle of the pattern between the frame's lines, from the sheet's edge."""
_INNER: Final = 16.5
_STEP: Final = 5.5


def draw_frame(pdf: FPDF) -> None:
    """A heavy and a light line, diamonds between, and a fan in each corner."""
    pdf.set_draw_color(*GOLD)
    for inset, width in ((10.0, 1.1), (12.0, 0.25), (_INNER, 0.25)):
        pdf.set_line_width(width)
        pdf.rect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset)
    for x in _spread(WIDTH):
        _diamond(pdf, x, _BAND)
        _diamond(pdf, x, HEIGHT - _BAND)
    for y in _spread(HEIGHT):
        _diamond(pdf, _BAND, y)
        _diamond(pdf, WIDTH - _BAND, y)
    for x, y, start in (
        (_INNER, _INNER, 0),
        (WIDTH - _INNER, _INNER, 90),
        (WIDTH - _INNER, HEIGHT - _INNER, 180),
        (_INNER, HEIGHT - _INNER, 270),
    ):
        for radius in (9.0, 7.0, 5.0):
            pdf.arc(x - radius, y - radius, 2 * radius, start, start + 90)


def draw_watermark(pdf: FPDF) -> None:
    """Says over the whole sheet, in pale letters, that this is a specimen."""
    pdf.set_font(FONT, size=64)
    pdf.set_text_color(*FAINT)
    with pdf.rotation(52, WIDTH / 2, HEIGHT / 2):
        pdf.text((WIDTH - pdf.get_string_width(WATERMARK)) / 2, HEIGHT / 2 + 10, WATERMARK)


def draw_seal(pdf: FPDF, x: float, y: float, office: str) -> None:
    """A round red seal about (x, y): the office along the rim, a star, and what the seal is for."""
    pdf.set_draw_color(*RED)
    pdf.set_fill_color(*RED)
    pdf.set_text_color(*RED)
    pdf.set_line_width(1.0)
    pdf.circle(x, y, SEAL_RADIUS)
    pdf.star(x, y, 2.3, 6.0, 5, rotate_degrees=180, style="F")
    pdf.set_font(FONT, size=10.5)
    span = min(240.0, 21.0 * (len(office) - 1))
    for at, letter in enumerate(office):
        angle = -span / 2 + span * at / max(1, len(office) - 1)
        reach = SEAL_RADIUS - 5.4
        turn = math.radians(angle)
        foot_x, foot_y = x + reach * math.sin(turn), y - reach * math.cos(turn)
        with pdf.rotation(-angle, foot_x, foot_y):
            pdf.text(foot_x - pdf.get_string_width(letter) / 2, foot_y, letter)
    pdf.set_font(FONT, size=7.5)
    pdf.text(x - pdf.get_string_width(SEAL_NOTE) / 2, y + 12.2, SEAL_NOTE)


def _spread(length: float) -> list[float]:
    """Places at even distances along the frame, clear of its corners."""
    room = length - 2 * _INNER
    number = int(room / _STEP)
    return [_INNER + room * (at + 0.5) / number for at in range(number)]


def _diamond(pdf: FPDF, x: float, y: float) -> None:
    pdf.polygon(((x - 1.8, y), (x, y - 1.2), (x + 1.8, y), (x, y + 1.2)))
