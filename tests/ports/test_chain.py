"""The chain ports: the simulator and a real client pass the same suite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import pytest

from ledger import merkle
from ledger.chain_events import Anchored, StatusWordChanged
from ledger.errors import ConflictError, ReorgError, RevertedError
from ledger.hashing import leaf_hash
from ledger.ports.chain import AnchorChain, ChainReader
from ledger.ports.outbox import SignedCopy, StatusWordUpdate
from ledger.types import Digest, Head, LogKind, Region
from tests.fakes.consortium import SimulatedAnchor, SimulatedChain
from tests.support.real_chain import RealChain

REGION = Region("110000")
LEAVES = [leaf_hash(str(at).encode()) for at in range(300)]


@dataclass
class World:
    """One region on a chain."""

    reader: ChainReader
    anchor: AnchorChain
    mine: Callable[[], object]

    def sign(
        self,
        old: int,
        new: int,
        words: Sequence[StatusWordUpdate] = (),
        *,
        nonce: int | None = None,
        proof: Sequence[Digest] | None = None,
    ) -> SignedCopy:
        made = merkle.consistency_proof(LEAVES[:new], old) if 0 < old < new else []
        return self.anchor.sign_append(
            nonce=self.anchor.next_nonce() if nonce is None else nonce,
            kind=LogKind.LICENSES,
            new_head=_head(new),
            proof=made if proof is None else proof,
            status_words=words,
        )

    def append(self, old: int, new: int, words: Sequence[StatusWordUpdate] = ()) -> SignedCopy:
        copy = self.sign(old, new, words)
        self.anchor.send(copy)
        self.mine()
        return copy


def _head(size: int) -> Head:
    return Head(epoch=0, tree_size=size, root_hash=merkle.root_hash(LEAVES[:size]))


def _word(values: int, mask: int = 0b1111, index: int = 0) -> StatusWordUpdate:
    return StatusWordUpdate(epoch=0, word_index=index, mask=mask, values=values, reason=3)


@pytest.fixture(params=["simulated", "anvil"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "simulated":
        chain = SimulatedChain()
        chain.mine(3)
        return World(chain, SimulatedAnchor(chain, REGION), chain.mine)
    real: RealChain = request.getfixturevalue("real_chain")
    return World(real.reader(), real.anchor(REGION), real.mine)


def test_it_is_the_configured_chain(world: World) -> None:
    world.reader.verify_identity()
    assert world.reader.restart_mark() == world.reader.restart_mark() != b""


def test_blocks_chain_up_to_the_newest(world: World) -> None:
    newest = world.reader.newest()
    blocks = world.reader.blocks(0, newest.number)
    assert [block.number for block in blocks] == list(range(newest.number + 1))
    assert all(b.parent_hash == a.hash for a, b in pairwise(blocks))
    assert blocks[-1] == newest == world.reader.block(newest.number)
    assert world.reader.final_number(newest) == newest.number - 1


def test_a_block_that_is_not_there_yet(world: World) -> None:
    beyond = world.reader.newest().number + 1
    assert world.reader.block(beyond) is None
    with pytest.raises(ReorgError):
        world.reader.blocks(beyond - 1, beyond)


def test_a_log_without_a_head(world: World) -> None:
    assert world.reader.contract_head(REGION, LogKind.LICENSES) is None
    assert world.reader.contract_head(REGION, LogKind.ACCESS) is None


def test_an_append_is_mined_announced_and_held(world: World) -> None:
    copy = world.append(0, 5)
    receipt = world.anchor.receipt(copy.hash)
    newest = world.reader.newest()
    assert receipt is not None
    assert receipt.succeeded
    assert (receipt.block_number, receipt.block_hash) == (newest.number, newest.hash)
    assert world.reader.events(newest) == [
        Anchored(
            region=REGION,
            kind=LogKind.LICENSES,
            epoch=0,
            tree_size=5,
            previous_size=0,
            root_hash=_head(5).root_hash,
        )
    ]
    held = world.reader.contract_head(REGION, LogKind.LICENSES)
    assert held is not None
    assert (held.head, held.previous_size, held.block_number) == (_head(5), 0, newest.number)


def test_only_blocks_that_may_hold_events_are_named(world: World) -> None:
    world.append(0, 5)
    world.anchor.send(world.anchor.sign_nothing(nonce=world.anchor.next_nonce()))
    world.mine()
    world.mine()
    newest = world.reader.newest().number
    blocks = world.reader.blocks(newest - 2, newest)
    assert world.reader.blocks_with_events(blocks) == blocks[:1]
    assert world.reader.events(blocks[1]) == []


def test_the_next_append_proves_that_it_extends_the_last(world: World) -> None:
    world.append(0, 5)
    world.append(5, 300)
    held = world.reader.contract_head(REGION, LogKind.LICENSES)
    assert held is not None
    assert (held.head, held.previous_size) == (_head(300), 5)


def test_status_words_are_announced_as_changes_and_proved_whole(world: World) -> None:
    world.append(0, 300, [_word(0b0110)])
    first = world.reader.newest()
    world.append(300, 300, [_word(0b10_0000, mask=0b11_0000), _word(1, mask=3, index=2)])
    second = world.reader.newest()
    changes = [e for e in world.reader.events(second) if isinstance(e, StatusWordChanged)]
    assert [(e.word_index, e.mask, e.values, e.reason) for e in changes] == [
        (0, 0b11_0000, 0b10_0000, 3),
        (2, 3, 1, 3),
    ]
    assert world.reader.status_word(REGION, 0, 0, first) == 0b0110
    assert world.reader.status_word(REGION, 0, 0, second) == 0b10_0110
    assert world.reader.status_word(REGION, 0, 2, second) == 1
    assert world.reader.status_word(REGION, 0, 1, second) == 0


def test_a_known_transaction_may_be_handed_in_again(world: World) -> None:
    copy = world.sign(0, 5)
    assert world.anchor.receipt(copy.hash) is None
    world.anchor.send(copy)
    world.anchor.send(copy)
    world.mine()
    with pytest.raises(ConflictError):
        world.anchor.send(copy)


def test_the_same_append_signed_again_is_the_same_bytes(world: World) -> None:
    assert world.sign(0, 5) == world.sign(0, 5)
    assert world.anchor.sign_nothing(nonce=7) == world.anchor.sign_nothing(nonce=7)


def test_another_transaction_with_the_nonce_must_pay_more(world: World) -> None:
    world.anchor.send(world.sign(0, 5))
    with pytest.raises(ConflictError):
        world.anchor.send(world.sign(0, 6))


def test_a_bump_pays_a_tenth_more(world: World) -> None:
    copy = world.anchor.sign_append(
        nonce=0,
        kind=LogKind.LICENSES,
        new_head=_head(5),
        proof=[],
        status_words=[],
        bump_over=1000,
    )
    assert copy.gas_price >= 1100


@pytest.mark.parametrize(
    ("new", "words", "proof", "error"),
    [
        (5, (), (), "NothingToAnchor"),
        (4, (), (), "SizeDecreased"),
        (6, (), (LEAVES[0],), "NotConsistent"),
        (5, (_word(0b10, mask=0b11),), (), "StatusFinal"),
        (5, (_word(1, mask=3, index=1),), (), "PositionBeyondLog"),
    ],
)
def test_what_the_contract_would_refuse_is_named_and_not_signed(
    world: World,
    new: int,
    words: tuple[StatusWordUpdate, ...],
    proof: tuple[Digest, ...],
    error: str,
) -> None:
    world.append(0, 5, [_word(0b11, mask=0b11)])
    with pytest.raises(RevertedError) as caught:
        world.sign(5, new, words, proof=proof)
    assert caught.value.error == error


def test_mined_and_reverted_is_told_with_its_name(world: World) -> None:
    first, second = world.sign(0, 5, nonce=0), world.sign(0, 6, nonce=1)
    world.anchor.send(first)
    world.mine()
    world.anchor.send(second)
    world.mine()
    receipt = world.anchor.receipt(second.hash)
    assert receipt is not None
    assert (receipt.succeeded, receipt.failure) == (False, "NotConsistent")
    assert world.reader.events(world.reader.newest()) == []
    assert world.anchor.next_nonce() == 2
