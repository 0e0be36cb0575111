"""Words of a contract's storage, proved by `eth_getProof` (EIP-1186) under a block's state root.

The client's own word is not trusted: the account is proved under the state root, and the slot under
the account's storage root. A client that leaves out a change cannot make such a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import rlp
from rlp.exceptions import RLPException
from trie.constants import BLANK_NODE_HASH
from trie.exceptions import BadTrieProof, InvalidNode, TraversedPartialPath, ValidationError
from trie.hexary import HexaryTrie

from ledger.chain.wire import Json, data, items, members
from ledger.errors import InconsistentChainError
from ledger.hashing import keccak256

_ACCOUNT_ITEMS: Final = 4
"""Nonce, balance, storage root, code hash."""
_WORD: Final = 32
_REFUSED = (
    BadTrieProof,
    InvalidNode,
    TraversedPartialPath,
    ValidationError,
    RLPException,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
)
"""What the trie library raises for nodes that do not make a proof."""

_from_proof: Final[Callable[[bytes, bytes, Sequence[object]], bytes]] = HexaryTrie.get_from_proof


def proved_word(unverified_proof: Json, *, state_root: bytes, address: bytes, slot: bytes) -> int:
    """The 32-byte word in `slot` of the contract at `address`; 0 where the trie has none.

    Raise InconsistentChainError unless the proof leads there from `state_root`.
    """
    said = members(unverified_proof, "a proof")
    account = _value(state_root, keccak256(address), _nodes(said.get("accountProof")))
    storage_root = _storage_root(account, address)
    if storage_root == BLANK_NODE_HASH:
        return 0
    entries = items(said.get("storageProof"), "storage proofs")
    if len(entries) != 1:
        raise InconsistentChainError(f"{len(entries)} storage proofs came for one slot")
    nodes = _nodes(members(entries[0], "a storage proof").get("proof"))
    stored = _value(storage_root, keccak256(slot), nodes)
    return int.from_bytes(_decoded_bytes(stored), "big") if stored else 0


def _storage_root(account: bytes, address: bytes) -> bytes:
    try:
        parts = rlp.decode(account)
    except RLPException as error:
        raise InconsistentChainError(f"an account is no RLP: {error}") from error
    if not isinstance(parts, list) or len(parts) != _ACCOUNT_ITEMS:
        raise InconsistentChainError(f"there is no contract at 0x{address.hex()} in this block")
    return bytes(parts[2])


def _value(root: bytes, key: bytes, nodes: Sequence[object]) -> bytes:
    try:
        return bytes(_from_proof(root, key, nodes))
    except _REFUSED as error:
        raise InconsistentChainError(
            f"a proof does not lead to its root {root.hex()}: {error!r}"
        ) from error


def _nodes(proof: Json) -> list[object]:
    try:
        return [rlp.decode(data(node, "a proof's node")) for node in items(proof, "a proof")]
    except RLPException as error:
        raise InconsistentChainError(f"a proof's node is no RLP: {error}") from error


def _decoded_bytes(stored: bytes) -> bytes:
    """The trimmed word: leading zero bytes are not stored."""
    try:
        word = rlp.decode(stored)
    except RLPException as error:
        raise InconsistentChainError(f"a stored word is no RLP: {error}") from error
    if not isinstance(word, bytes) or len(word) > _WORD:
        raise InconsistentChainError("a stored word is longer than 32 bytes")
    return word
