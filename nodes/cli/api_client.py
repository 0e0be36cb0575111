"""Calls a node's HTTP API for the commands, and turns its problems into errors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import httpx2

from nodes.cli.console import write_note
from nodes.cli.failures import ProblemError, UnreachableError, UsageError

_TIMEOUT: Final = httpx2.Timeout(60.0, connect=5.0)
_SHOWN_FAULTS: Final = 20
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Json = dict[str, Any]


class ApiClient:
    """One node, one token. A context manager."""

    def __init__(
        self,
        url: str,
        token: str | None,
        *,
        token_optional: bool = False,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """With `token_optional`, a node that refuses the token is asked again without it."""
        self._may_drop_token = token_optional and bool(token)
        headers = {
            "Accept": "application/json",
            "Accept-Language": "en",
            "User-Agent": "license-ledger-cli",
        }
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._url = url.rstrip("/")
        try:
            self._client = httpx2.Client(
                base_url=self._url,
                headers=headers,
                timeout=_TIMEOUT,
                transport=transport,
                # A proxy of the environment's does not lead back to this machine.
                trust_env=urlsplit(self._url).hostname not in _LOOPBACK,
            )
        except (httpx2.InvalidURL, ValueError) as error:
            raise UsageError(f"--url or --token cannot be used: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str, **query: object) -> Json:
        """The JSON answer to a GET; raise ProblemError or UnreachableError."""
        given = {name: str(value) for name, value in query.items() if value is not None}
        return self.json_of(self.request("GET", path, params=given))

    def post(self, path: str, body: object, headers: Mapping[str, str] | None = None) -> Json:
        """The JSON answer to a POST of `body` as JSON."""
        return self.json_of(self.request("POST", path, json=body, headers=dict(headers or {})))

    def post_form(
        self, path: str, values: Mapping[str, str], field: str, content: bytes, name: str
    ) -> Json:
        """The JSON answer to a POST of a form with `values` and one file."""
        return self.json_of(
            self.request("POST", path, data=dict(values), files={field: (name, content)})
        )

    def request(
        self, method: str, path: str, *, accept: tuple[int, ...] = (), **more: Any
    ) -> httpx2.Response:
        """Any call; raise ProblemError unless it succeeds or its status is in `accept`."""
        response = self._request(method, path, **more)
        if response.status_code == 401 and self._may_drop_token:
            write_note(f"{self._url} does not know the token; asking without it")
            del self._client.headers["Authorization"]
            self._may_drop_token = False
            response = self._request(method, path, **more)
        if response.is_success or response.status_code in accept:
            return response
        raise _problem(response)

    def _request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        try:
            return self._client.request(method, path, **more)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise UnreachableError(
                f"{self._url} does not answer ({error or type(error).__name__}); "
                "check --url or LEDGER_URL, and that the node runs"
            ) from error

    def json_of(self, response: httpx2.Response) -> Json:
        """The object that an answer holds; raise UnreachableError when it holds none."""
        try:
            value = response.json()
        except ValueError as error:
            raise UnreachableError(f"{self._url} answers, but not as a node does") from error
        if not isinstance(value, dict):
            raise UnreachableError(f"{self._url} answers, but not as a node does")
        return value


def read_file(path: Path) -> bytes:
    """A file that the user named; raise UsageError when it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}") from error


def write_new_file(path: Path, content: bytes) -> None:
    """Write what was asked for; raise UsageError rather than replace a file."""
    try:
        with path.open("xb") as out:
            out.write(content)
    except FileExistsError as error:
        raise UsageError(f"{path} exists; choose another name with --output") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error


def _problem(response: httpx2.Response) -> ProblemError:
    try:
        said = json.loads(response.content)
    except ValueError:
        said = None
    problem: Json = said if isinstance(said, dict) else {}
    parts = [str(problem.get("title") or f"HTTP status {response.status_code}")]
    if problem.get("detail"):
        parts.append(str(problem["detail"]))
    if wait := response.headers.get("Retry-After"):
        parts.append(f"retry in {wait} s")
    listed = problem.get("errors")
    return ProblemError(
        status=response.status_code,
        code=str(problem.get("code", "")),
        retry_after=float(wait) if wait and wait.isdecimal() else 0.0,
        message=": ".join(parts[:2]) + "".join(f" ({more})" for more in parts[2:]),
        faults=tuple(describe_fault(one) for one in (listed or [])[:_SHOWN_FAULTS])
        if isinstance(listed, list)
        else (),
    )


def describe_fault(fault: object) -> str:
    """One member of a problem's `errors` in a line."""
    if not isinstance(fault, dict):
        return str(fault)
    row = f"row {fault['row']}: " if fault.get("row") is not None else ""
    return f"{row}{fault.get('field')} {fault.get('problem')}; {fault.get('next_step')}"
