"""Which of our two languages a caller reads (RFC 9110 §12.5.4)."""

from __future__ import annotations

from typing import Final

CHINESE: Final = "zh-CN"
ENGLISH: Final = "en"


def preferred(accept_language: str) -> str:
    """`zh-CN` or `en`, whichever the header weighs more; Chinese when it names neither."""
    weights = {CHINESE: -1.0, ENGLISH: -1.0}
    for item in accept_language[:400].split(","):
        tag, _, parameters = item.strip().lower().partition(";")
        language = {"zh": CHINESE, "en": ENGLISH}.get(tag.strip().split("-")[0])
        if language is not None:
            weights[language] = max(weights[language], _weight(parameters))
    return ENGLISH if weights[ENGLISH] > max(weights[CHINESE], 0.0) else CHINESE


def _weight(parameters: str) -> float:
    name, _, text = parameters.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    digits = text.strip()
    return float(digits) if digits.replace(".", "", 1).isdecimal() and digits.isascii() else 0.0
