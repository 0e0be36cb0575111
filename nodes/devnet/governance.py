"""Carries proposals of a consortium through: propose, approve until the quorum, look whether done.

The regions' real governance is used, nothing is short-cut. Everything that can be in one block is
sent together: a 1 s chain then needs some five blocks for all types and grants.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from contracts.artifacts import ContractName
from contracts.proposals import Action, encode_data
from ledger.chain import abi
from ledger.chain.receipts import Log, parse_receipt
from ledger.chain.rpc import JsonRpc
from ledger.chain.transactions import Signer, next_nonce, send
from ledger.chain.wire import Json, data, members, quantity, to_data
from ledger.errors import ChainUnavailableError, ConfigurationError
from ledger.types import Region

_BASE_GAS: Final = 200_000
_GAS_PER_BYTE: Final = 16 + 22_200 // 32
"""Of a proposal's data: as calldata, and stored in slots of 32 bytes."""
_GAS_PER_CHANGE: Final = 60_000
"""Of carrying out one change of a type or a grant: a new history."""
_POLL_SECONDS: Final = 0.1
_LAST: Final = 2**64 - 1
"""As of a block that is never reached: what holds when nothing else changes."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """What the regions are to decide."""

    action: Action
    payload: bytes
    changes: int
    """How many types or grants it changes."""


def proposal(action: Action, changes: Sequence[object], *before: object) -> Proposal:
    """A proposal of a list of changes; `before` are the arguments in front of the list."""
    return Proposal(action, encode_data(action, *before, list(changes)), len(changes))


class Governance:
    """One consortium's regions at work, each with its cold key."""

    def __init__(
        self,
        rpc: JsonRpc,
        consortium: bytes,
        admins: Mapping[Region, Signer],
        *,
        patience: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rpc = rpc
        self._consortium = consortium
        self._admins = dict(admins)
        self._patience = patience
        """Seconds that transactions have to be mined."""
        self._sleep = sleep

    def view(self, name: str, *arguments: object) -> Any:
        """The one value that a view of the Consortium answers."""
        return self.views([(name, arguments)])[0]

    def views(self, questions: Sequence[tuple[str, Sequence[object]]]) -> list[Any]:
        """Several views, in as few requests as clients allow."""
        answers: list[Any] = []
        for at in range(0, len(questions), 100):
            some = questions[at : at + 100]
            functions = [abi.function("Consortium", name) for name, _ in some]
            calls: list[tuple[str, Sequence[Json]]] = [
                ("eth_call", [self._call(function.encode_call(*arguments)), "latest"])
                for function, (_, arguments) in zip(functions, some, strict=True)
            ]
            for function, answer in zip(functions, self._rpc.read_many(calls), strict=True):
                answers.append(function.decode_result(data(answer))[0])
        return answers

    def carry(self, proposals: Sequence[Proposal]) -> None:
        """Propose and approve all, in this order. Raise ConfigurationError where one fails."""
        if not proposals:
            return
        quorum = int(self.view("quorumAt", _LAST)[1])
        proposer, *approvers = list(self._admins.values())[:quorum]
        ids = self._propose(proposer, proposals)
        for approver in approvers:
            # The last one's approvals execute, in the order of their nonces.
            transactions = [
                (self._encode("approve", id_), _BASE_GAS + _GAS_PER_CHANGE * one.changes)
                for id_, one in zip(ids, proposals, strict=True)
            ]
            self.transact(approver, transactions)

    def set_endpoints(self, endpoints: Mapping[Region, str]) -> None:
        """Regions say where their nodes answer."""
        hashes: list[bytes] = []
        for region, endpoint in endpoints.items():
            payload = self._encode("setEndpoint", endpoint)
            gas = _BASE_GAS + _GAS_PER_BYTE * len(payload)
            hashes += self._send(self._admins[region], [(payload, gas)])
        self._finish(hashes)

    def transact(
        self, signer: Signer, transactions: Sequence[tuple[bytes, int]]
    ) -> list[list[Log]]:
        """Send (data, gas) to the Consortium, all at once; their logs when all are mined."""
        return self._finish(self._send(signer, transactions))

    def _send(self, signer: Signer, transactions: Sequence[tuple[bytes, int]]) -> list[bytes]:
        nonce = next_nonce(self._rpc, signer.address)
        hashes = []
        for at, (payload, gas) in enumerate(transactions):
            copy = signer.sign(
                nonce=nonce + at, to=self._consortium, payload=payload, gas=gas, gas_price=0
            )
            send(self._rpc, copy)
            hashes.append(copy.hash)
        return hashes

    def _finish(self, hashes: Sequence[bytes]) -> list[list[Log]]:
        return [self._logs(receipt) for receipt in self.await_receipts(hashes)]

    def await_receipts(self, hashes: Sequence[bytes]) -> list[Mapping[str, Json]]:
        """Receipts of all, once they are mined; raise ChainUnavailableError out of patience."""
        return await_receipts(self._rpc, hashes, patience=self._patience, sleep=self._sleep)

    def _propose(self, proposer: Signer, proposals: Sequence[Proposal]) -> list[int]:
        transactions = [
            (
                self._encode("propose", int(one.action), one.payload),
                # With a quorum of one it is carried out at once.
                _BASE_GAS + _GAS_PER_BYTE * len(one.payload) + _GAS_PER_CHANGE * one.changes,
            )
            for one in proposals
        ]
        created = abi.events("Consortium")
        ids = []
        for logs in self.transact(proposer, transactions):
            for log in logs:
                event = created.get(log.topics[0])
                if event is not None and event.name == "ProposalCreated":
                    ids.append(int(event.arguments(log.data, log.topics[1:])["id"]))
        return ids

    def _logs(self, receipt: Mapping[str, Json]) -> list[Log]:
        read = parse_receipt(receipt)
        if not read.succeeded:
            raise ConfigurationError(
                f"the consortium refused transaction {receipt.get('transactionHash')}; deploy "
                "again, it goes on from where it stands"
            )
        return list(read.logs)

    def _encode(self, name: str, *arguments: object) -> bytes:
        return abi.function(_CONSORTIUM, name).encode_call(*arguments)

    def _call(self, payload: bytes) -> Json:
        return {"to": to_data(self._consortium), "data": to_data(payload)}


_CONSORTIUM: Final[ContractName] = "Consortium"


def await_receipts(
    rpc: JsonRpc,
    hashes: Sequence[bytes],
    *,
    patience: float,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Mapping[str, Json]]:
    """Receipts of all transactions, in order, once they are mined."""
    found: dict[bytes, Mapping[str, Json]] = {}
    deadline = time.monotonic() + patience
    while missing := [one for one in hashes if one not in found]:
        calls: list[tuple[str, Sequence[Json]]] = [
            ("eth_getTransactionReceipt", [to_data(one)]) for one in missing
        ]
        for one, answer in zip(missing, rpc.read_many(calls), strict=True):
            if answer is not None:
                found[one] = members(answer, "a receipt")
        if len(found) < len(hashes):
            if time.monotonic() > deadline:
                raise ChainUnavailableError(
                    f"{len(missing)} transactions were not mined within {patience:.0f} s; check "
                    "that the chain makes blocks, then deploy again"
                )
            sleep(_POLL_SECONDS)
    return [found[one] for one in hashes]


def await_block(rpc: JsonRpc, number: int, *, patience: float) -> None:
    """Return once the chain has this block."""
    deadline = time.monotonic() + patience
    while quantity(rpc.read("eth_blockNumber")) < number:
        if time.monotonic() > deadline:
            raise ChainUnavailableError(f"block {number} did not come within {patience:.0f} s")
        time.sleep(_POLL_SECONDS)


def chunks(changes: Sequence[object], size: int) -> Iterator[Sequence[object]]:
    """Parts of at most `size`."""
    for at in range(0, len(changes), size):
        yield changes[at : at + size]
