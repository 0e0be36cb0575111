"""The words of the pages: one catalogue for each language, the same keys in both.

A catalogue is JSON of nested sections (`locales/zh-CN.json`, `locales/en.json`); a word's key is
its path with dots, such as `verdict.valid.word`. Which language a request gets: `?lang=`, then the
cookie that an earlier `?lang=` left, then Accept-Language, then Chinese.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request

from api.language import CHINESE, ENGLISH, preferred
from ledger.errors import ConfigurationError

LANGUAGES: Final = (CHINESE, ENGLISH)
COOKIE: Final = "ledger_lang"
PARAMETER: Final = "lang"

_FOLDER: Final = Path(__file__).parent / "locales"


@dataclass(frozen=True, slots=True)
class Words:
    """One language's words. Call it with a key, and with what stands in the word's braces."""

    language: str
    texts: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The word. Raise KeyError for a key that no catalogue has: that is our mistake."""
        return self.texts[key].format(**values)

    def get(self, key: str) -> str | None:
        """The word as it stands, or None: for keys that come from outside."""
        return self.texts.get(key)

    @property
    def is_english(self) -> bool:
        return self.language == ENGLISH


def load_words() -> Mapping[str, Words]:
    """Every language's words, read from the package."""
    return {language: Words(language, _read(language)) for language in LANGUAGES}


def language_of(request: Request) -> str:
    """The language of the answer to `request`."""
    for chosen in (request.query_params.get(PARAMETER), request.cookies.get(COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    return preferred(request.headers.get("accept-language", ""))


def other_language(language: str) -> str:
    """The one that is not `language`."""
    return ENGLISH if language == CHINESE else CHINESE


def _read(language: str) -> Mapping[str, str]:
    path = _FOLDER / f"{language}.json"
    try:
        return dict(_flatten("", json.loads(path.read_text(encoding="utf-8"))))
    except (OSError, ValueError) as error:
        raise ConfigurationError(
            f"the page catalogue {path.name} cannot be read ({error}); install the package again"
        ) from error


def _flatten(prefix: str, section: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, value in section.items():
        if isinstance(value, dict):
            yield from _flatten(f"{prefix}{name}.", value)
        else:
            yield prefix + name, str(value)
