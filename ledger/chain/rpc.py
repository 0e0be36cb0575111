"""JSON-RPC to the region's own chain client, through web3.py's HTTP provider.

The raw provider is used and not `Web3.eth`: headers of proof-of-authority chains break web3.py's
formatters (`QBFT.md`), and what is hashed must be what the client sent.

Reads are repeated when the connection fails; a transaction is sent once, and a lost answer to it
is `OutcomeUnknownError`: whoever sent it reconciles.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from web3.providers.rpc import HTTPProvider
from web3.types import RPCEndpoint

from ledger.chain.wire import Json, members
from ledger.chain.wordings import Meaning, meaning_of
from ledger.errors import (
    ChainUnavailableError,
    ClientRefusedError,
    InconsistentChainError,
    OutcomeUnknownError,
)

Call = tuple[str, Sequence[Json]]
"""Method and parameters."""

SEND: Final = "eth_sendRawTransaction"

_BROKEN_ANSWERS = (ValueError, KeyError, TypeError, AttributeError)
"""What the provider's decoder raises for an answer that is not JSON-RPC."""

_CAUSES: Final = (
    ("timed out", "timed out"),
    ("Connection refused", "connection refused"),
    ("NameResolutionError", "its host name is not known"),
    ("No route to host", "no route to its host"),
    ("Network is unreachable", "the network is unreachable"),
    ("Connection reset", "connection reset"),
    ("closed connection without response", "connection closed without an answer"),
    ("closed the connection", "connection closed without an answer"),
    ("Connection aborted", "connection closed without an answer"),
    ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
    ("SSLError", "no TLS connection"),
)
"""What the HTTP library's text holds, and what it means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcSettings:
    """How to reach the client and how long to wait for it."""

    url: str
    connect_seconds: float = 3.0
    read_seconds: float = 10.0
    attempts: int = 3
    """How often a read is tried."""
    pause_seconds: float = 0.1
    """Pause after the first failed try; doubled after each further one."""


class JsonRpc:
    """One client. Safe to share between threads: each has its own connection."""

    def __init__(
        self, settings: RpcSettings, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.settings = settings
        self._sleep = sleep
        self._provider = HTTPProvider(
            settings.url,
            request_kwargs={"timeout": (settings.connect_seconds, settings.read_seconds)},
            exception_retry_configuration=None,
        )

    def read(self, method: str, *parameters: Json) -> Json:
        """The result of a call that changes nothing.

        Raise ChainUnavailableError when no answer comes, ClientRefusedError when the answer is an
        error.
        """
        return _result(self._repeated(lambda: self._ask(method, parameters)))

    def read_many(self, calls: Sequence[Call]) -> list[Json]:
        """Results of several reads, asked for in one request; any error fails them all."""
        if not calls:
            return []
        answers = self._repeated(lambda: self._ask_all(calls))
        if not isinstance(answers, list):
            # A client that refuses the whole batch answers with one error.
            return [_result(answers)]
        if len(answers) != len(calls):
            raise InconsistentChainError(f"{len(answers)} answers came to {len(calls)} questions")
        return [_result(answer) for answer in answers]

    def send(self, raw: str) -> Json:
        """Hand in a signed transaction, once.

        Raise OutcomeUnknownError when no answer comes: it may have arrived all the same.
        """
        try:
            answer = self._ask(SEND, [raw])
        except ChainUnavailableError as error:
            raise OutcomeUnknownError(
                f"the answer to a sent transaction was lost: {error}"
            ) from error
        return _result(answer)

    def _ask(self, method: str, parameters: Sequence[Json]) -> Json:
        try:
            return self._provider.make_request(RPCEndpoint(method), list(parameters))
        except OSError as error:  # every error of the HTTP library is one
            raise self._away(error) from error
        except _BROKEN_ANSWERS as error:
            raise self._no_client(error) from error

    def _ask_all(self, calls: Sequence[Call]) -> Json:
        batch = [(RPCEndpoint(method), list(parameters)) for method, parameters in calls]
        try:
            return self._provider.make_batch_request(batch)
        except OSError as error:
            raise self._away(error) from error
        except _BROKEN_ANSWERS as error:
            raise self._no_client(error) from error

    def _repeated(self, ask: Callable[[], Json]) -> Json:
        pause = self.settings.pause_seconds
        for _ in range(self.settings.attempts - 1):
            try:
                return ask()
            except ChainUnavailableError:
                self._sleep(pause)
                pause *= 2
        return ask()

    def _away(self, error: OSError) -> ChainUnavailableError:
        return ChainUnavailableError(
            f"the chain client at {self.settings.url} does not answer: {_cause(error)}"
        )

    def _no_client(self, error: Exception) -> ChainUnavailableError:
        return ChainUnavailableError(
            f"what answers at {self.settings.url} is no JSON-RPC client ({error!r})"
        )


def _cause(error: OSError) -> str:
    """Why there is no answer, in few words; the HTTP library's text shows its own parts."""
    text = str(error)
    found = next((said for mark, said in _CAUSES if mark in text), None)
    if found is not None:
        return found
    status = getattr(getattr(error, "response", None), "status_code", None)
    return type(error).__name__ if status is None else f"HTTP status {status}"


def _result(answer: Json) -> Json:
    """The result in an answer; raise what its error means."""
    said = members(answer, "an answer")
    if said.get("error") is None:
        if "result" not in said:
            raise InconsistentChainError("the chain's client sent neither a result nor an error")
        return said["result"]
    error = members(said["error"], "an error")
    code, message = error.get("code"), str(error.get("message", ""))
    number = code if isinstance(code, int) else 0
    meaning = meaning_of(number, message)
    if meaning is Meaning.BUSY:
        raise ChainUnavailableError(f"the chain's client cannot answer now: {message}")
    raise ClientRefusedError(message, code=number, meaning=meaning, data=error.get("data"))
