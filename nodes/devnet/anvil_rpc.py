"""The few JSON-RPC calls that only a development chain answers: its clock and its mining."""

from __future__ import annotations

from types import TracebackType
from typing import Self

import httpx2

from ledger.errors import ChainError, ChainUnavailableError

_TIMEOUT_SECONDS = 10.0


class AnvilRpc:
    """A connection to one anvil. Not for use by nodes: what they need is in `ledger.chain`."""

    def __init__(self, url: str) -> None:
        self._url = url
        # No proxy of the environment's: the address is this machine's own.
        self._client = httpx2.Client(timeout=_TIMEOUT_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def answers(self) -> bool:
        """Whether it serves requests now."""
        try:
            self.call("eth_chainId")
        except ChainUnavailableError:
            return False
        return True

    def latest_block_time(self) -> int:
        """Time of the newest block, seconds since 1970."""
        block = self.call("eth_getBlockByNumber", "latest", False)
        if not isinstance(block, dict):
            raise ChainError(f"{self._url} has no latest block, it says {block!r}")
        return int(str(block["timestamp"]), 16)

    def set_time(self, seconds: int) -> None:
        """Set the clock; it goes on at the machine's pace from there."""
        self.call("evm_setTime", seconds)

    def mine_every(self, seconds: int) -> None:
        """Make a block every `seconds`, empty or not."""
        self.call("evm_setIntervalMining", seconds)

    def mine_each_transaction(self) -> None:
        """Make a block for each transaction, at once."""
        self.call("evm_setAutomine", True)

    def call(self, method: str, *parameters: object) -> object:
        """Return the result of one call.

        Raise `ChainUnavailableError` if nothing usable answers, `ChainError` for an error answer.
        """
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}
        try:
            response = self._client.post(self._url, json=request)
            answer = response.raise_for_status().json()
        except (httpx2.HTTPError, ValueError) as error:
            raise ChainUnavailableError(f"{self._url} does not answer {method}: {error}") from error
        if not isinstance(answer, dict) or "result" not in answer:
            raise ChainError(f"{self._url} refuses {method}: {answer}")
        result: object = answer["result"]
        return result
