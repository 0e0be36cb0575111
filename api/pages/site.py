"""What every page needs, made once for the app: templates, words and the files beside them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from api.context import ApiSettings
from api.dependencies import settings_of
from api.pages.words import COOKIE, PARAMETER, Words, language_of, load_words, other_language
from ledger.errors import NotFoundError
from ledger.hashing import sha256
from ledger.types import Region

ASSETS: Final = "/static"
_FOLDER: Final = Path(__file__).parent
_MEDIA_TYPES: Final = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_COOKIE_SECONDS: Final = 365 * 24 * 3600
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file that pages refer to; its address carries its digest, so it never changes."""

    path: str
    content: bytes
    media_type: str


class Site:
    """Renders pages and hands out the files that they name."""

    def __init__(self) -> None:
        self._words = load_words()
        self._assets = {asset.path: asset for asset in map(_asset, _static_files())}
        self._environment = Environment(
            loader=FileSystemLoader(_FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        by_name = {path.name: _asset(path).path for path in _static_files()}
        self._environment.globals["asset"] = by_name.__getitem__

    def words(self, request: Request) -> Words:
        """The words in the language of `request`."""
        return self._words[language_of(request)]

    def page(
        self, request: Request, template: str, *, status: int = 200, **values: object
    ) -> Response:
        """The page, in the language of `request`; one chosen by `?lang=` is remembered.

        `replay` (name → value) are fields with which a page that answers a form can be asked for
        again in the other language; without them the switch leads to the empty form.
        """
        words, settings = self.words(request), settings_of(request)
        context: dict[str, object] = {
            "t": words,
            "language": words.language,
            "other": self._words[other_language(words.language)],
            "here": region_name(settings, settings.region, words),
            "section": "",
            "home": "/",
            "replay": None,
            "office": None,
        }
        response = HTMLResponse(
            self._environment.get_template(template).render(context | values),
            status_code=status,
            headers={
                "Content-Language": words.language,
                "Vary": "Accept-Language, Cookie",
                "Cache-Control": "no-store",
            },
        )
        if request.query_params.get(PARAMETER) == words.language:
            response.set_cookie(
                COOKIE,
                words.language,
                max_age=_COOKIE_SECONDS,
                httponly=True,
                samesite="lax",
                secure=is_secure(settings),
            )
        return response

    def asset(self, name: str) -> Response:
        """One of the files. Raise NotFoundError."""
        asset = self._assets.get(f"{ASSETS}/{name}")
        if asset is None:
            raise NotFoundError("there is no such file; load the page again")
        return Response(
            asset.content, media_type=asset.media_type, headers={"Cache-Control": _FOREVER}
        )


def site_of(request: Request) -> Site:
    """The app's one site."""
    site: Site = request.app.state.site
    return site


def is_secure(settings: ApiSettings) -> bool:
    """Whether browsers reach this API over https, so that cookies may be bound to it."""
    return settings.public_url.startswith("https://")


def region_name(settings: ApiSettings, region: Region, words: Words) -> str:
    """What people call a region, with its code; the code alone for one without a name here."""
    name = settings.region_names.get(region)
    if name is None:
        return region
    return f"{name.en if words.is_english else name.zh} {region}"


def _static_files() -> tuple[Path, ...]:
    return tuple(sorted((_FOLDER / "static").iterdir()))


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    name = f"{path.stem}-{sha256(content).hex()[:12]}{path.suffix}"
    return Asset(f"{ASSETS}/{name}", content, _MEDIA_TYPES[path.suffix])
