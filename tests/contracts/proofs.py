"""Reading storage through `eth_getProof` alone, verified against a block's state root."""

from __future__ import annotations

from dataclasses import dataclass

import rlp
from trie import HexaryTrie

from ledger.chain.slots import Place
from ledger.hashing import keccak256
from tests.contracts.world import World

ACCOUNT_STORAGE_ROOT = 2
"""Field of an account: [nonce, balance, storageRoot, codeHash]."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Storage of one contract as of one block, believed only as far as proofs go."""

    world: World
    contract: str
    block: int

    def word(self, place: Place) -> int:
        """The word of a slot; 0 if the proof shows that nothing is stored there."""
        slot = "0x" + place.key.hex()
        answer = self.world.rpc("eth_getProof", self.contract, [slot], hex(self.block))
        header = self.world.w3.eth.get_block(self.block)
        account = rlp.decode(
            _value(header["stateRoot"], bytes.fromhex(self.contract[2:]), answer["accountProof"])
        )
        stored = _value(
            account[ACCOUNT_STORAGE_ROOT], place.key, answer["storageProof"][0]["proof"]
        )
        return int.from_bytes(rlp.decode(stored), "big") if stored else 0

    def value(self, place: Place) -> int:
        """The value at a place."""
        return place.read(self.word(place))

    def members(self, place: Place) -> dict[str, int]:
        """The members of a one-slot struct at a place."""
        return place.members(self.word(place))


def _value(root: bytes, key: bytes, proof: list[str]) -> bytes:
    nodes = [rlp.decode(bytes.fromhex(node[2:])) for node in proof]
    return bytes(HexaryTrie.get_from_proof(root, keccak256(key), nodes))
