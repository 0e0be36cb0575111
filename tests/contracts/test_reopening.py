"""A thief has the anchor key: what the log loses, what it keeps, and who may not use the remedy."""

from __future__ import annotations

import pytest

from contracts.proposals import Action
from tests.contracts.trees import EMPTY_LOG, EqualLeaves, Opening, Tree, forged_extension
from tests.contracts.world import (
    ACCESS,
    BEIJING,
    LICENSES,
    SHANGHAI,
    TIANJIN,
    WINDOW,
    Refusal,
    World,
    address,
    admin,
    anchor_key,
    named,
)

TREE = Tree()
NEW_KEY = address("anchor after the theft")
NEWER_KEY = address("anchor after the second theft")
LARGEST = 2**48 - 1


def grow(world: World, *sizes: int, kind: int = LICENSES, key: str | None = None) -> list[Opening]:
    """Anchor heads of these sizes; their openings."""
    openings = []
    before = world.opening(kind=kind).size
    for size in sizes:
        proof = TREE.consistency(before, size) if before else []
        world.append(TREE.head(size), proof=proof, kind=kind, key=key)
        openings.append(world.opening(kind=kind))
        before = size
    return openings


def steal(world: World, *, key: str | None = None, kind: int = LICENSES) -> Opening:
    """The thief jumps as far as the contract lets him, with a root nobody knows."""
    before = world.opening(kind=kind)
    head, proof = forged_extension(TREE, before.size, LARGEST)
    world.append(head, proof=proof, kind=kind, key=key or anchor_key(BEIJING))
    return world.opening(kind=kind)


def reopen(world: World, opening: Opening, key: str = NEW_KEY) -> list[object]:
    return list(world.do(world.reopen_call(opening, key), admin(BEIJING)))


def reopen_refused(world: World, opening: Opening, kind: int = LICENSES) -> Refusal:
    return world.refusal(world.reopen_call(opening, NEW_KEY, kind), admin(BEIJING))


def lineage(world: World, kind: int = LICENSES) -> list[tuple[int, int]]:
    return list(world.log.functions.lineage(BEIJING, kind).call())


def is_live(world: World, epoch: int, index: int) -> bool:
    return world.log.functions.tryStatusOf(BEIJING, epoch, index).call() == 0


def test_a_thief_who_jumps_to_the_end_is_cut_off(world: World) -> None:
    good = grow(world, 4, 9)[-1]
    bad = steal(world)
    assert bad.size == LARGEST
    # The log can't go on from there.
    answer = world.refusal(world.append_call(EqualLeaves().head(LARGEST + 1)), anchor_key(BEIJING))
    assert answer.name == "SizeTooLarge"

    events = reopen(world, good)
    assert named(events, "AnchorKeyRotated").arguments["anchorKey"] == NEW_KEY
    assert named(events, "LogReopened").arguments == {
        "region": BEIJING,
        "kind": LICENSES,
        "epoch": 1,
        "fromEpoch": 0,
        "size": 9,
        "root": good.root,
        "abandonedEpoch": 0,
        "abandonedSize": LARGEST,
        "byQuorum": False,
    }
    assert lineage(world) == [(0, 0), (1, 9)]
    assert world.log.functions.nextEpoch(BEIJING, LICENSES).call() == 2
    assert world.opening()[:4] == (1, 9, good.root, 9)
    assert (is_live(world, 0, 8), is_live(world, 0, 9), is_live(world, 1, 9)) == (
        True,
        False,
        False,
    )

    # The log goes on with the new key, from the good size, in the new epoch.
    grow(world, 12, key=NEW_KEY)
    assert world.opening()[:4] == (1, 12, TREE.head(12).root, 9)
    assert is_live(world, 1, 9)
    assert world.refusal(world.append_call(TREE.head(13)), anchor_key(BEIJING)).arguments == {
        "caller": anchor_key(BEIJING).lower(),
        "region": BEIJING,
    }
    # The thief's head stays as evidence, and disowned.
    assert world.log.functions.anchoredAt(BEIJING, LICENSES, 0, LARGEST).call() != bytes(32)
    assert world.log.functions.tryStatusOf(BEIJING, 0, LARGEST - 1).call() == 5


def test_a_thief_who_made_the_very_first_head(world: World) -> None:
    """There is no good head to name: the empty log is one, as old as the region's membership."""
    world.append(EqualLeaves().head(LARGEST))
    events = reopen(world, EMPTY_LOG)
    assert named(events, "LogReopened").arguments["size"] == 0
    assert lineage(world) == [(0, 0), (1, 0)]
    assert not is_live(world, 0, 0)
    world.mine()
    grow(world, 5, key=NEW_KEY)
    assert world.opening()[:4] == (1, 5, TREE.head(5).root, 0)
    # The empty log can be named again; the epoch in between is popped.
    reopen(world, EMPTY_LOG, NEWER_KEY)
    assert lineage(world) == [(0, 0), (2, 0)]


def test_the_empty_log_ages_too(world: World) -> None:
    world.append(TREE.head(5))
    world.mine(WINDOW)
    answer = reopen_refused(world, EMPTY_LOG)
    assert answer.name == "ReopeningTooFarBack"
    member = world.consortium.functions.firstMemberBlock(BEIJING).call()
    assert answer.arguments["blockNumber"] == member


def test_the_old_key_cannot_append_after_the_reopening_in_its_block(world: World) -> None:
    good = grow(world, 4, 9)[-1]
    with world.one_block():
        before = world.submit(
            world.append_call(TREE.head(11), proof=TREE.consistency(9, 11)), anchor_key(BEIJING)
        )
        reopening = world.submit(world.reopen_call(good, NEW_KEY), admin(BEIJING))
        old = world.submit(
            world.append_call(TREE.head(11), proof=TREE.consistency(9, 11)), anchor_key(BEIJING)
        )
        access = world.submit(world.append_call(TREE.head(3), kind=ACCESS), anchor_key(BEIJING))
        new = world.submit(world.append_call(TREE.head(11), proof=TREE.consistency(9, 11)), NEW_KEY)
    assert named(world.outcome(before), "Anchored").arguments["epoch"] == 0
    assert named(world.outcome(reopening), "LogReopened").arguments["abandonedSize"] == 11
    for late in (old, access):
        answer = world.outcome(late)
        assert isinstance(answer, Refusal)
        assert answer.name == "AnchorKeyRetired"
    answer = world.outcome(new)
    assert isinstance(answer, Refusal)
    assert (answer.name, answer.arguments["sinceBlock"]) == (
        "AnchorKeyNotYetEffective",
        world.block + 1,
    )
    assert world.opening()[:2] == (1, 9)
    grow(world, 11, key=NEW_KEY)
    assert world.opening()[:2] == (1, 11)


def test_reopening_again_and_again(world: World) -> None:
    first, good = grow(world, 4, 9)
    steal(world)
    reopen(world, good)
    later = grow(world, 12, 20, key=NEW_KEY)
    steal(world, key=NEW_KEY)
    # At a head of the new epoch: nothing leaves the lineage.
    reopen(world, later[0], NEWER_KEY)
    assert lineage(world) == [(0, 0), (1, 9), (2, 12)]
    assert (is_live(world, 1, 11), is_live(world, 1, 12)) == (True, False)
    world.mine()
    grow(world, 30, key=NEWER_KEY)
    # Again at the same head: the epoch in between is popped.
    reopen(world, later[0], address("fourth key"))
    assert lineage(world) == [(0, 0), (1, 9), (3, 12)]
    assert not is_live(world, 2, 15)
    # At the head where an epoch began, named by the epoch that anchored it.
    reopen(world, good, address("fifth key"))
    assert lineage(world) == [(0, 0), (4, 9)]
    # Further back: 4..8 of epoch 0 are disowned now.
    reopen(world, first, address("sixth key"))
    assert lineage(world) == [(0, 0), (5, 4)]
    assert (is_live(world, 0, 3), is_live(world, 0, 4)) == (True, False)
    assert world.log.functions.nextEpoch(BEIJING, LICENSES).call() == 6


def test_disowned_heads_cannot_be_reopened(world: World) -> None:
    first, good = grow(world, 4, 9)
    bad = steal(world)
    reopen(world, good)
    in_epoch_one = grow(world, 12, key=NEW_KEY)[-1]

    answer = world.refusal(world.reopen_call(bad, NEWER_KEY), admin(BEIJING))
    assert (answer.name, answer.arguments) == (
        "HeadDisowned",
        {"epoch": 0, "size": LARGEST, "end": 9},
    )
    reopen(world, first, NEWER_KEY)
    answer = reopen_refused_with(world, good)
    assert (answer.name, answer.arguments["end"]) == ("HeadDisowned", 4)
    answer = reopen_refused_with(world, in_epoch_one)
    assert (answer.name, answer.arguments["epoch"]) == ("EpochDisowned", 1)
    # The quorum can't either.
    answer = world.decision_refused(Action.REOPEN_LOG, BEIJING, LICENSES, bad)
    assert answer.name == "HeadDisowned"


def reopen_refused_with(world: World, opening: Opening) -> Refusal:
    return world.refusal(world.reopen_call(opening, address("unused key")), admin(BEIJING))


@pytest.mark.parametrize(
    "change",
    [
        {"root": b"\1" * 32},
        {"previous_size": 5},
        {"block_number": 10**6},
        {"block_time": 1},
        {"size": 10},
        {"size": 9 + 2**48},
        {"size": 0},
    ],
)
def test_only_anchored_heads_open(world: World, change: dict[str, object]) -> None:
    """A head is named by its preimage: no age and no root can be made up."""
    good = grow(world, 4, 9)[-1]
    answer = reopen_refused(world, good._replace(**change))
    assert answer.name == "HeadNotAnchored"
    assert world.opening() == good
    assert world.consortium.functions.authorityAt(BEIJING, world.block + 1).call()[1] == anchor_key(
        BEIJING
    ), "the rotation was undone with it"


def test_epochs_that_were_never_opened(world: World) -> None:
    good = grow(world, 9)[-1]
    assert reopen_refused(world, good._replace(epoch=1)).name == "EpochUnknown"


def test_a_reopened_head_does_not_become_young(world: World) -> None:
    """The region's own history can't be rewritten in steps of the window."""
    good = grow(world, 9)[-1]
    world.mine(WINDOW - 2)
    reopen(world, good)
    reopened = world.opening()
    assert reopened[:2] == (1, 9)
    # The reopened head has no anchor of its own, so it can't be named with its newer block.
    answer = reopen_refused_with(world, reopened)
    assert answer.name == "HeadNotAnchored"
    world.mine(2)
    assert reopen_refused_with(world, good).name == "ReopeningTooFarBack"


def test_the_cold_key_cannot_go_further_back_than_the_window(world: World) -> None:
    good = grow(world, 9)[-1]
    world.append(TREE.head(20), proof=TREE.consistency(9, 20))
    world.mine(good.block_number + WINDOW - world.block)
    answer = reopen_refused(world, good)
    assert answer.name == "ReopeningTooFarBack"
    assert answer.arguments == {
        "blockNumber": good.block_number,
        "oldestBlock": world.block - WINDOW,
    }
    assert world.opening().size == 20
    # The quorum can.
    events = world.decide(Action.REOPEN_LOG, BEIJING, LICENSES, good)
    assert named(events, "LogReopened").arguments["byQuorum"] is True


def test_the_window_is_exact(world: World) -> None:
    good = grow(world, 9)[-1]
    world.mine(good.block_number + WINDOW - 1 - world.block)
    reopen(world, good)
    assert world.block == good.block_number + WINDOW


def test_the_access_log_needs_the_quorum(world: World) -> None:
    good = grow(world, 3, kind=ACCESS)[-1]
    steal(world, kind=ACCESS)
    answer = reopen_refused(world, good, ACCESS)
    assert (answer.name, answer.arguments) == ("ReopeningNeedsQuorum", {"kind": ACCESS})

    world.do(world.consortium.functions.rotateAnchorKey(NEW_KEY), admin(BEIJING))
    events = world.decide(Action.REOPEN_LOG, BEIJING, ACCESS, good)
    assert named(events, "LogReopened").arguments["kind"] == ACCESS
    assert lineage(world, ACCESS) == [(0, 0), (1, 3)]
    assert lineage(world, LICENSES) == [(0, 0)]
    grow(world, 7, kind=ACCESS, key=NEW_KEY)


def test_who_may_not_reopen(world: World) -> None:
    good = grow(world, 9)[-1]
    for stranger in (anchor_key(BEIJING), address("stranger")):
        answer = world.refusal(world.reopen_call(good, NEW_KEY), stranger)
        assert answer.name == "NotAdmin"
    # Another region's admin means its own log, in which this head was never anchored.
    answer = world.refusal(world.reopen_call(good, NEW_KEY), admin(TIANJIN))
    assert (answer.name, answer.arguments["region"]) == ("HeadNotAnchored", TIANJIN)
    answer = world.refusal(
        world.log.functions.reopen(BEIJING, LICENSES, good, True), admin(BEIJING)
    )
    assert answer.name == "NotConsortium"
    answer = world.decision_refused(Action.REOPEN_LOG, SHANGHAI, LICENSES, EMPTY_LOG)
    assert answer.name == "RegionUnknown"
    answer = world.decision_refused(Action.REOPEN_LOG, BEIJING, 2, good)
    assert answer.name == "KindUnknown"


def test_the_new_key_must_be_new(world: World) -> None:
    good = grow(world, 9)[-1]
    for used in (anchor_key(BEIJING), anchor_key(TIANJIN), admin(BEIJING)):
        answer = world.refusal(world.reopen_call(good, used), admin(BEIJING))
        assert answer.name == "AddressAlreadyUsed"


def test_statuses_follow_the_lineage(world: World) -> None:
    grow(world, 100)
    good = grow(world, 150)[-1]
    world.append(TREE.head(150), words=[(0, 0, 3, 2, 1)])
    grow(world, 400)
    world.append(TREE.head(400), words=[(0, 1, 3 << 2 * 32, 2 << 2 * 32, 1)])  # index 160
    reopen(world, good)
    world.mine()
    grow(world, 300, key=NEW_KEY)
    views = world.log.functions

    # Below the cut: kept, under the epoch of old. Beyond it: disowned there, fresh in the new one.
    assert views.statusOf(BEIJING, 0, 0).call() == 2
    assert views.tryStatusOf(BEIJING, 0, 160).call() == 5
    assert views.statusOf(BEIJING, 1, 160).call() == 0

    def refused(epoch: int, index: int) -> Refusal:
        shift = 2 * (index % 128)
        word = (epoch, index // 128, 3 << shift, 1 << shift, 1)
        return world.refusal(world.append_call(TREE.head(300), words=[word]), NEW_KEY)

    assert refused(0, 150).arguments == {"epoch": 0, "index": 150, "end": 150}
    assert refused(0, 150).name == "PositionDisowned"
    assert refused(1, 149).arguments == {"epoch": 1, "index": 149, "start": 150}
    assert refused(1, 149).name == "PositionBeforeEpoch"
    assert refused(1, 300).name == "PositionBeyondLog"
    assert views.tryStatusOf(BEIJING, 1, 149).call() == 1
    # Both epochs share word 1; each has its own pairs of it.
    words = [(0, 1, 3 << 2 * 21, 1 << 2 * 21, 1), (1, 1, 3 << 2 * 22, 3 << 2 * 22, 1)]
    world.append(TREE.head(300), words=words, key=NEW_KEY)
    assert [views.statusOf(BEIJING, e, i).call() for e, i in ((0, 149), (1, 150))] == [1, 3]
