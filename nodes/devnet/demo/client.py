"""What the demo asks nodes: the same public API that any office uses, with the same tokens."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

import httpx2

from ledger.errors import LedgerError

_TIMEOUT: Final = httpx2.Timeout(60.0, connect=5.0)
_RETRIED: Final = frozenset({502, 503, 504})
"""Busy, or another region's node does not answer: as good as when it is asked again."""
_PATIENCE_SECONDS: Final = 45.0
"""A node that was killed is started again; every call here may be repeated."""
_PAUSE_SECONDS: Final = 0.25
_MOST_WAIT_SECONDS: Final = 5.0

Json = dict[str, Any]


class NodeAnswerError(LedgerError):
    """A node refused or did not answer. `problem` is what it said (RFC 9457), if it did."""

    def __init__(self, message: str, *, status: int = 0, problem: Json | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.problem = problem or {}


@dataclass(frozen=True, slots=True)
class Download:
    """A file with the headers that came with it."""

    content: bytes
    headers: Mapping[str, str]


class NodeClient:
    """One node, one token. A context manager; a thread uses its own."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {"Accept": "application/json", "Accept-Language": "en"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        self._url = url
        self._client = httpx2.Client(
            base_url=url, headers=headers, timeout=_TIMEOUT, trust_env=False
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Json:
        """The JSON answer. Raise NodeAnswerError for anything but success."""
        return _json(self._send("GET", path, None, headers))

    def post(
        self,
        path: str,
        body: bytes | Mapping[str, object],
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """The JSON answer to a JSON body, which may be sent more than once."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return _json(
            self._send(
                "POST", path, content, {"Content-Type": "application/json", **(headers or {})}
            )
        )

    def download(self, path: str, headers: Mapping[str, str] | None = None) -> Download:
        """A file."""
        answer = self._send("GET", path, None, {"Accept": "*/*", **(headers or {})})
        return Download(answer.content, dict(answer.headers))

    def _send(
        self, method: str, path: str, content: bytes | None, headers: Mapping[str, str] | None
    ) -> httpx2.Response:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                answer = self._client.request(
                    method, path, content=content, headers=dict(headers or {})
                )
            except httpx2.HTTPError as error:
                if time.monotonic() > deadline:
                    raise NodeAnswerError(
                        f"{self._url} does not answer {method} {path}: "
                        f"{error or type(error).__name__}"
                    ) from error
                time.sleep(_PAUSE_SECONDS)
                continue
            if answer.status_code not in _RETRIED or time.monotonic() > deadline:
                break
            time.sleep(min(_MOST_WAIT_SECONDS, _seconds(answer.headers.get("Retry-After"))))
        if answer.is_success:
            return answer
        raise _failure(method, path, answer)


def _json(answer: httpx2.Response) -> Json:
    try:
        value = answer.json()
    except ValueError as error:
        raise NodeAnswerError(f"{answer.url} answers no JSON") from error
    if not isinstance(value, dict):
        raise NodeAnswerError(f"{answer.url} answers no JSON object")
    return value


def _failure(method: str, path: str, answer: httpx2.Response) -> NodeAnswerError:
    try:
        said = answer.json()
    except ValueError:
        said = None
    problem: Json = said if isinstance(said, dict) else {}
    detail = problem.get("detail") or problem.get("title") or answer.reason_phrase
    return NodeAnswerError(
        f"{method} {path}: {answer.status_code} {detail}",
        status=answer.status_code,
        problem=problem,
    )


def _seconds(header: str | None) -> float:
    return float(header) if header is not None and header.isdecimal() else 1.0
