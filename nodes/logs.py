"""Log lines: one JSON object each (or coloured text on a terminal), on standard error.

What must never be in a log is taken out here, whoever writes it: check codes, tokens, citizen
numbers, and the values of names that hold secrets. Callers still don't log them; this is the net
below. Libraries' own loggers (uvicorn, alembic) go through the same net.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any, Final

import structlog

from ledger.identifier import is_citizen_id
from nodes.settings import LogFormat

HIDDEN: Final = "[hidden]"

SECRET_NAMES: Final = frozenset(
    {
        "authorization",
        "check_code",
        "cookie",
        "holder_code",
        "holder_name",
        "key",
        "password",
        "secret",
        "token",
    }
)
"""Names whose values are replaced whole."""

_CHECK_CODE_PATH = re.compile(r"(/v/)[A-Za-z0-9_%-]+")
_CHECK_CODE_VALUE = re.compile(r"(check_code[\"']?\s*[=:]\s*[\"']?)[A-Za-z0-9_%-]+")
_TOKEN = re.compile(r"llt_[A-Za-z0-9_-]+")
_URL_PASSWORD = re.compile(r"(://[^\s:/@]+:)[^\s@/]+(@)")
_CITIZEN_NUMBER = re.compile(r"(?<![0-9])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")

_QUIET: Final = ("alembic", "asyncio", "httpcore2", "httpx2", "urllib3", "web3")
"""Libraries whose chatter below warnings helps nobody."""

Event = MutableMapping[str, Any]


def configure_logs(*, level: str, form: LogFormat, region: str | None = None) -> None:
    """Set up structlog and the standard library's loggers, once per process."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _adder(region),
        structlog.processors.format_exc_info,
        hide_secrets,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.PositionalArgumentsFormatter(), *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _renderer(form),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True


def hide_secrets(_logger: object, _method: str, event: Event) -> Event:
    """The last processor before a line is written: see the module's text."""
    for name, value in event.items():
        event[name] = HIDDEN if name in SECRET_NAMES else _hide_in(value)
    return event


def hide(text: str) -> str:
    """`text` without check codes, tokens, passwords in URLs and citizen numbers."""
    text = _CHECK_CODE_PATH.sub(rf"\1{HIDDEN}", text)
    text = _CHECK_CODE_VALUE.sub(rf"\1{HIDDEN}", text)
    text = _TOKEN.sub(HIDDEN, text)
    text = _URL_PASSWORD.sub(rf"\1{HIDDEN}\2", text)
    return _CITIZEN_NUMBER.sub(
        lambda match: HIDDEN if is_citizen_id(match[0].upper()) else match[0], text
    )


def _hide_in(value: object) -> object:
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {
            name: HIDDEN if name in SECRET_NAMES else _hide_in(one) for name, one in value.items()
        }
    if isinstance(value, list | tuple):
        return [_hide_in(one) for one in value]
    return value


def _adder(region: str | None) -> structlog.typing.Processor:
    def add(_logger: object, _method: str, event: Event) -> Event:
        if region is not None:
            event["region"] = region
        event.pop("color_message", None)
        return event

    return add


def _renderer(form: LogFormat) -> structlog.typing.Processor:
    on_terminal = form is LogFormat.AUTO and sys.stderr.isatty()
    if form is LogFormat.CONSOLE or on_terminal:
        return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    return structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False)
