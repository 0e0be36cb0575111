"""Inclusion against an anchored head: only the first covering head, only what is live."""

from __future__ import annotations

import pytest

from tests.contracts.trees import Opening, Tree
from tests.contracts.world import BEIJING, LICENSES, Refusal, World, address, admin, anchor_key

TREE = Tree(size=60)
OK, MALFORMED, NOT_IN_LOG, ROOT_NOT_ON_CHAIN, NOT_ANCHORED, DISOWNED = range(6)


@pytest.fixture
def openings(world: World) -> dict[int, Opening]:
    """Heads of Beijing's log by size; then it is reopened at 20 and goes on to 40."""
    shown = {}
    for head, proof in TREE.growing(7, 20, 33):
        world.append(head, proof=proof)
        shown[head.size] = world.opening()
    world.do(world.reopen_call(shown[20], address("next key")), admin(BEIJING))
    world.append(TREE.head(40), proof=TREE.consistency(20, 40), key=address("next key"))
    shown[40] = world.opening()
    return shown


def judge(
    world: World, opening: Opening, index: int, *, leaf: bytes | None = None, spoil: bool = False
) -> tuple[int, str]:
    """The reason, and the error's name where there is one."""
    proof = TREE.inclusion(index, opening.size) if index < opening.size < 60 else []
    if spoil:
        proof = proof[:-1]
    arguments = (BEIJING, LICENSES, opening, leaf or TREE.leaves[index], index, proof)
    reason = world.log.functions.tryVerifyInclusion(*arguments).call()
    done = world.outcome(
        world.submit(world.log.functions.verifyInclusion(*arguments), anchor_key(BEIJING))
    )
    return reason, done.name if isinstance(done, Refusal) else "Ok"


def test_every_live_leaf_is_shown(world: World, openings: dict[int, Opening]) -> None:
    functions = world.log.functions
    for index in range(40):
        size = 7 if index < 7 else 20 if index < 20 else 40
        proof = TREE.inclusion(index, size)
        call = functions.tryVerifyInclusion(
            BEIJING, LICENSES, openings[size], TREE.leaves[index], index, proof
        )
        assert call.call() == OK
    assert judge(world, openings[7], 6) == (OK, "Ok")


def test_what_is_not_shown(world: World, openings: dict[int, Opening]) -> None:
    seven, twenty, cut_off, forty = (openings[size] for size in (7, 20, 33, 40))
    assert judge(world, twenty, 6) == (MALFORMED, "NotFirstCoveringHead")
    assert judge(world, seven, 7) == (MALFORMED, "NotFirstCoveringHead")
    assert judge(world, twenty, 8, leaf=TREE.leaves[9]) == (NOT_IN_LOG, "NotIncluded")
    assert judge(world, twenty, 8, spoil=True) == (NOT_IN_LOG, "NotIncluded")
    assert judge(world, cut_off, 25) == (DISOWNED, "PositionDisowned")
    assert judge(world, forty, 25) == (OK, "Ok")
    for made_up in (
        forty._replace(epoch=0),
        twenty._replace(block_number=1),
        twenty._replace(previous_size=8),
        twenty._replace(root=b"\1" * 32),
        twenty._replace(size=20 + 2**48),
    ):
        index = 12 if made_up.size != 40 else 25
        assert judge(world, made_up, index) == (ROOT_NOT_ON_CHAIN, "HeadNotAnchored")


def test_an_epoch_off_the_lineage(world: World, openings: dict[int, Opening]) -> None:
    world.do(world.reopen_call(openings[7], address("third key")), admin(BEIJING))
    assert judge(world, openings[40], 30) == (DISOWNED, "EpochDisowned")
    assert judge(world, openings[20], 10) == (DISOWNED, "PositionDisowned")
    assert judge(world, openings[7], 3) == (OK, "Ok")


def test_the_reopened_head_covers_nothing(world: World, openings: dict[int, Opening]) -> None:
    world.do(world.reopen_call(openings[20], address("third key")), admin(BEIJING))
    reopened = world.opening()
    assert (reopened.size, reopened.previous_size) == (20, 20)
    assert judge(world, reopened, 19) == (MALFORMED, "NotFirstCoveringHead")
