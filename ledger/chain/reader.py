"""`ledger.ports.chain.ChainReader` over JSON-RPC: a client that is asked, and believed nothing.

Every header is hashed here, receipts are hashed to the header's root, and status words are proved
under its state root. Headers read lately are remembered by their hash, which binds them, so that
one block costs one question, and an empty block no further one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock
from typing import Final, TypeVar

from contracts.artifacts import load
from ledger.chain import abi
from ledger.chain.bloom import bits_of, may_hold
from ledger.chain.events import decode_logs
from ledger.chain.finality import FinalityRule
from ledger.chain.headers import Header, parse_header
from ledger.chain.identity import ChainIdentity, verify_identity
from ledger.chain.proofs import proved_word
from ledger.chain.receipts import EMPTY_TRIE_ROOT, MinedReceipt, parse_receipt, receipts_root
from ledger.chain.rpc import JsonRpc
from ledger.chain.slots import LicenseLogSlots, StorageLayout
from ledger.chain.wire import Json, data, to_data, to_quantity
from ledger.chain.wordings import Meaning
from ledger.chain_events import Announcement
from ledger.errors import ClientRefusedError, InconsistentChainError, ReorgError
from ledger.hashing import EMPTY_ROOT
from ledger.ports.outbox import ContractHead
from ledger.types import BlockRef, Digest, Head, LogKind, Region

BATCH: Final = 100
"""Questions in one request; clients limit it to some hundreds."""
_REMEMBERED: Final = 1024
"""Headers."""

_Item = TypeVar("_Item")


class HeaderMemory:
    """The headers read last, by hash. Safe to share between threads."""

    def __init__(self, size: int = _REMEMBERED) -> None:
        self._size = size
        self._headers: dict[bytes, Header] = {}
        self._lock = Lock()

    def add(self, header: Header) -> None:
        """Remember; the oldest is forgotten when there are too many."""
        with self._lock:
            self._headers[header.block.hash] = header
            while len(self._headers) > self._size:
                del self._headers[next(iter(self._headers))]

    def get(self, block: BlockRef) -> Header | None:
        return self._headers.get(block.hash)


@dataclass(frozen=True, slots=True)
class RpcChainReader:
    """See the module's text. Safe to share between threads."""

    rpc: JsonRpc
    identity: ChainIdentity
    finality: FinalityRule
    memory: HeaderMemory

    def verify_identity(self) -> None:
        verify_identity(self.rpc, self.identity, self.finality.hash_rule)

    def restart_mark(self) -> bytes | None:
        """anvil's own name for its run; one without such a name is always taken for restarted."""
        if self.finality.survives_restart:
            return None
        try:
            said = self.rpc.read("anvil_metadata")
        except ClientRefusedError:
            return b""
        return data(said["instanceId"]) if isinstance(said, dict) and "instanceId" in said else b""

    def newest(self) -> BlockRef:
        return self._parse(self.rpc.read("eth_getBlockByNumber", "latest", False)).block

    def final_number(self, newest: BlockRef) -> int:
        return self.finality.final_number(newest.number)

    def block(self, number: int) -> BlockRef | None:
        answer = self.rpc.read("eth_getBlockByNumber", to_quantity(number), False)
        return None if answer is None else self._numbered(answer, number).block

    def blocks(self, first: int, last: int) -> list[BlockRef]:
        found: list[BlockRef] = []
        for numbers in _batches(range(first, last + 1)):
            calls = [("eth_getBlockByNumber", [to_quantity(at), False]) for at in numbers]
            for number, answer in zip(numbers, self.rpc.read_many(calls), strict=True):
                if answer is None:
                    raise ReorgError(f"the client has block {number} no longer, or not yet")
                block = self._numbered(answer, number).block
                if found and block.parent_hash != found[-1].hash:
                    raise ReorgError(
                        f"block {number} does not follow from block {number - 1} that the client "
                        "sent before it: the chain changed in between"
                    )
                found.append(block)
        return found

    def blocks_with_events(self, blocks: Sequence[BlockRef]) -> list[BlockRef]:
        wanted = _address_bits(tuple(self.identity.contracts))
        return [
            block
            for block in blocks
            if (header := self._header(block)).receipts_root != EMPTY_TRIE_ROOT
            and any(may_hold(header.bloom, bits) for bits in wanted)
        ]

    def events(self, block: BlockRef) -> list[Announcement]:
        header = self._header(block)
        receipts = self._receipts(header)
        if receipts_root(receipts) != header.receipts_root:
            raise InconsistentChainError(
                f"the {len(receipts)} receipts that the client sent for block {block.number} do "
                f"not make its receipts root {header.receipts_root.hex()}: an event is missing or "
                "made up"
            )
        logs = (log for receipt in receipts for log in receipt.logs)
        return decode_logs(logs, self.identity.contracts)

    def contract_head(self, region: Region, kind: LogKind) -> ContractHead | None:
        function = abi.function("LicenseLog", "head")
        call = {
            "to": to_data(self.identity.license_log),
            "data": to_data(function.encode_call(int(region), int(kind))),
        }
        answer = data(self.rpc.read("eth_call", call, "latest"), "a head")
        ((epoch, size, root, previous_size, block_number, _time),) = function.decode_result(answer)
        if size == 0 and epoch == 0:
            return None
        root_hash = Digest(root) if size else EMPTY_ROOT
        return ContractHead(
            head=Head(epoch=epoch, tree_size=size, root_hash=root_hash),
            previous_size=previous_size,
            block_number=block_number,
            root_hash=root_hash,
        )

    def status_word(
        self, region: Region, epoch: int, word_index: int, block: BlockRef
    ) -> int | None:
        place = _slots().status_word(region, epoch, word_index)
        address = self.identity.license_log
        try:
            answer = self.rpc.read(
                "eth_getProof", to_data(address), [to_data(place.key)], to_quantity(block.number)
            )
        except ClientRefusedError as error:
            if error.meaning == Meaning.STATE_GONE:
                return None
            raise
        state_root = self._header(block).state_root
        word = proved_word(answer, state_root=state_root, address=address, slot=place.key)
        return place.read(word)

    def _receipts(self, header: Header) -> list[MinedReceipt]:
        """All receipts of the block. One question for each: not every client has them by block."""
        receipts: list[MinedReceipt] = []
        for hashes in _batches(header.transactions):
            calls = [("eth_getTransactionReceipt", [to_data(one)]) for one in hashes]
            for answer in self.rpc.read_many(calls):
                if answer is None:
                    raise ReorgError(
                        f"a receipt of block {header.block.number} is gone: the chain changed"
                    )
                receipts.append(parse_receipt(answer))
        return receipts

    def _header(self, block: BlockRef) -> Header:
        """The header of exactly this block, from memory or by its hash."""
        known = self.memory.get(block)
        if known is not None:
            return known
        answer = self.rpc.read("eth_getBlockByHash", to_data(block.hash), False)
        header = None if answer is None else self._parse(answer)
        if header is None or header.block.hash != block.hash:
            raise ReorgError(f"the client has block {block.number} {block.hash.hex()} no longer")
        return header

    def _numbered(self, answer: Json, number: int) -> Header:
        header = self._parse(answer)
        if header.block.number != number:
            raise InconsistentChainError(
                f"the client sent block {header.block.number} where {number} was asked for"
            )
        return header

    def _parse(self, answer: Json) -> Header:
        header = parse_header(answer, self.finality.hash_rule)
        self.memory.add(header)
        return header


def _batches(sequence: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for at in range(0, len(sequence), BATCH):
        yield sequence[at : at + BATCH]


@lru_cache(maxsize=8)
def _address_bits(addresses: Iterable[bytes]) -> tuple[int, ...]:
    return tuple(bits_of(address) for address in addresses)


@lru_cache(maxsize=1)
def _slots() -> LicenseLogSlots:
    return LicenseLogSlots(StorageLayout(load("LicenseLog").storage_layout))
