"""Changes of status words: Python's value type and Solidity's library accept the same ones."""

from __future__ import annotations

import random

from web3.contract import Contract
from web3.exceptions import ContractLogicError

from ledger.errors import LedgerError
from ledger.status_word import WORD_BITS, StatusWord

ROUNDS = 300


def change(rng: random.Random, word: int) -> tuple[int, int]:
    """Mask and values, mostly near the rules' edges."""
    low = sum(1 << 2 * rng.randrange(128) for _ in {1, rng.randint(1, 4)})
    mask = low | low << 1
    values = rng.getrandbits(WORD_BITS) & mask
    spoil = rng.randrange(8)
    if spoil == 0:
        mask ^= 1 << rng.randrange(WORD_BITS)
    elif spoil == 1:
        values |= 1 << rng.randrange(WORD_BITS)
    elif spoil == 2:
        values = word & mask
    elif spoil == 3:
        mask = values = 0
    return mask % 2**WORD_BITS, values


def test_the_same_changes_are_accepted(harness: Contract) -> None:
    rng = random.Random(128)
    outcomes = []
    for _ in range(ROUNDS):
        word = rng.choice([0, rng.getrandbits(WORD_BITS), rng.getrandbits(WORD_BITS) & 2**255 // 3])
        mask, values = change(rng, word)
        binds = rng.random() < 0.5
        try:
            kept = StatusWord(epoch=0, word_index=1, mask=mask, values=values, reason=0)
            expected = kept.applied_to(word, by_anchor_key=binds)
        except LedgerError:
            expected = None
        try:
            answered = harness.functions.applied(word, (0, 1, mask, values, 0), binds).call()
        except ContractLogicError:
            answered = None
        assert answered == expected, (hex(word), hex(mask), hex(values), binds)
        outcomes.append(expected is not None)
    assert 40 < sum(outcomes) < ROUNDS - 40
