"""Two bits per license: who may change them from what to what, and where."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from eth_abi.abi import encode

from contracts.proposals import Action
from ledger.status_word import pack_statuses
from ledger.types import LicenseStatus, Position
from tests.contracts.trees import Tree
from tests.contracts.world import (
    BEIJING,
    GAS,
    LICENSES,
    TIANJIN,
    Refusal,
    World,
    address,
    admin,
    anchor_key,
    named,
)

TREE = Tree(size=400)
HEAD = TREE.head(300)
OK, MALFORMED, NOT_IN_LOG, ROOT_NOT_ON_CHAIN, NOT_ANCHORED, DISOWNED, SUSPENDED = range(7)

Word = tuple[int, int, int, int, int]


@pytest.fixture
def licensed(world: World) -> World:
    """Beijing has 300 licenses."""
    world.append(HEAD)
    return world


def one(index: int, status: int, epoch: int = 0) -> Word:
    """A word that changes one license."""
    shift = 2 * (index % 128)
    return (epoch, index // 128, 3 << shift, status << shift, 9)


def refused(world: World, words: Sequence[Word]) -> Refusal:
    return world.refusal(world.append_call(HEAD, words=words), anchor_key(BEIJING))


def status(world: World, index: int, epoch: int = 0) -> int:
    return int(world.log.functions.statusOf(BEIJING, epoch, index).call())


@pytest.mark.parametrize("new", range(4))
@pytest.mark.parametrize("old", range(4))
def test_every_transition(licensed: World, old: int, new: int) -> None:
    """Anchor key: 0 and 1 to anything else; 2 and 3 are final. Cold key: anything else."""
    index = 130
    if old:
        licensed.append(HEAD, words=[one(index, old)])
    change = one(index, new)
    pair = 3 << 2 * (index % 128)
    if old == new:
        answer = refused(licensed, [change])
        assert (answer.name, answer.arguments["pairs"]) == ("StatusUnchanged", pair)
    elif old >= 2:
        answer = refused(licensed, [change])
        assert (answer.name, answer.arguments["pairs"]) == ("StatusFinal", pair)
    else:
        events = licensed.append(HEAD, words=[change])
        assert named(events, "StatusesChanged").arguments == {
            "region": BEIJING,
            "words": [list(change)],
        }
        assert status(licensed, index) == new
        return

    correction = licensed.log.functions.correctStatuses([change])
    if old == new:
        assert licensed.refusal(correction, admin(BEIJING)).name == "StatusUnchanged"
    else:
        events = licensed.do(correction, admin(BEIJING))
        assert named(events, "StatusesCorrected").arguments["words"] == [list(change)]
        assert status(licensed, index) == new


def test_words_as_python_packs_them(licensed: World) -> None:
    wanted = {
        Position(0, index): LicenseStatus(1 + index % 3)
        for index in (0, 1, 127, 128, 200, 255, 256, 299)
    }
    words = [
        (word.epoch, word.word_index, word.mask, word.values, word.reason)
        for word in pack_statuses(wanted, reason=4)
    ]
    licensed.append(HEAD, words=words)
    for index in range(300):
        expected = wanted.get(Position(0, index), LicenseStatus.IN_FORCE)
        assert status(licensed, index) == expected
    stored = licensed.log.functions.statusWordAt(BEIJING, 0, 2).call()
    assert stored == words[2][3], "index 256 is the lowest pair of word 2"
    reasons = [licensed.log.functions.tryStatusOf(BEIJING, 0, i).call() for i in (2, 0, 1, 128)]
    assert reasons == [OK, SUSPENDED, SUSPENDED + 1, SUSPENDED + 2]


def test_later_words_see_earlier_ones(licensed: World) -> None:
    licensed.append(HEAD, words=[one(5, 1), one(5, 2)])
    assert status(licensed, 5) == 2
    assert refused(licensed, [one(6, 2), one(6, 1)]).name == "StatusFinal"
    assert status(licensed, 6) == 0, "all or nothing"


@pytest.mark.parametrize(
    ("mask", "values", "name", "argument"),
    [
        (0, 0, "MaskEmpty", None),
        (0b01, 0, "MaskNotWhole", 0b01),
        (0b1011, 0b0001, "MaskNotWhole", 0b1000),
        (0b11, 0b0111, "ValuesOutsideMask", 0b0100),
        (0b11, 1 << 255, "ValuesOutsideMask", 1 << 255),
        (0b1111, 0b0001, "StatusUnchanged", 0b1100),
    ],
)
def test_words_that_are_not_well_formed(
    licensed: World, mask: int, values: int, name: str, argument: int | None
) -> None:
    answer = refused(licensed, [(0, 0, mask, values, 9)])
    assert answer.name == name
    assert list(answer.arguments.values()) == [0, 0] + ([] if argument is None else [argument])


def test_bits_beyond_a_members_type_never_reach_an_event(licensed: World) -> None:
    """The event copies the words as they came, so a malformed one must not get that far."""
    head = [
        "uint8",
        "uint64",
        "bytes32",
        "bytes32[]",
        "(uint256,uint256,uint256,uint256,uint256)[]",
    ]
    selector = licensed.append_call(HEAD, words=[one(0, 1)])._encode_transaction_data()[:10]
    for member, beyond in ((0, 2**32), (1, 2**64), (4, 2**8), (4, 2**255 + 1)):
        word = list(one(0, 1))
        word[member] |= beyond
        data = selector + encode(head, [0, HEAD.size, HEAD.root, [], [word]]).hex()
        sent = licensed.w3.eth.send_transaction(
            {
                "from": anchor_key(BEIJING),
                "to": licensed.log.address,
                "data": data,
                "gas": GAS,
                "gasPrice": 0,
            }
        )
        assert licensed.receipt(sent)["status"] == 0
    assert status(licensed, 0) == 0


def test_positions_beyond_the_log(licensed: World) -> None:
    answer = refused(licensed, [one(300, 1)])
    assert (answer.name, answer.arguments) == (
        "PositionBeyondLog",
        {"epoch": 0, "index": 300, "size": 300},
    )
    far = 2**64 - 1
    answer = refused(licensed, [(0, far, 3, 1, 9)])
    assert (answer.name, answer.arguments["index"]) == ("PositionBeyondLog", far * 128)
    # One license of the word is in the log, its neighbour is not.
    answer = refused(licensed, [(0, 2, 0b1111 << 2 * 43, 0b0101 << 2 * 43, 9)])
    assert (answer.name, answer.arguments["index"]) == ("PositionBeyondLog", 300)
    licensed.append(HEAD, words=[one(299, 1)])
    # What the same transaction adds can already have a status.
    licensed.append(TREE.head(301), proof=TREE.consistency(300, 301), words=[one(300, 1)])
    assert status(licensed, 300) == 1


def test_epochs_that_were_never_opened(licensed: World) -> None:
    answer = refused(licensed, [one(0, 1, epoch=1)])
    assert (answer.name, answer.arguments) == (
        "EpochUnknown",
        {"region": BEIJING, "kind": LICENSES, "epoch": 1},
    )
    views = licensed.log.functions
    assert views.tryStatusOf(BEIJING, 1, 0).call() == ROOT_NOT_ON_CHAIN
    assert views.tryStatusOf(BEIJING, 0, 300).call() == NOT_ANCHORED


def test_regions_do_not_reach_each_other(licensed: World) -> None:
    licensed.append(HEAD, region=TIANJIN, words=[one(3, 2)])
    assert status(licensed, 3) == 0
    assert licensed.log.functions.statusOf(TIANJIN, 0, 3).call() == 2


def test_who_may_correct(licensed: World) -> None:
    correction = licensed.log.functions.correctStatuses([one(0, 2)])
    for stranger in (anchor_key(BEIJING), address("stranger")):
        assert licensed.refusal(correction, stranger).name == "NotAdmin"
    # Another region's admin corrects its own log, which is empty.
    assert licensed.refusal(correction, admin(TIANJIN)).name == "PositionBeyondLog"
    empty = licensed.log.functions.correctStatuses([])
    assert licensed.refusal(empty, admin(BEIJING)).name == "NoStatusWords"


def test_the_quorum_sets_statuses_of_a_region_that_left(licensed: World) -> None:
    licensed.append(HEAD, words=[one(8, 3)])
    words = [one(7, 2), one(8, 0)]
    answer = licensed.decision_refused(
        Action.SET_STATUSES, BEIJING, words, by=(TIANJIN, 130_000, 133_100)
    )
    assert (answer.name, answer.arguments) == ("RegionActive", {"region": BEIJING})

    voters = (TIANJIN, 130_000, 133_100)
    licensed.decide(Action.REMOVE_REGION, BEIJING, by=voters)
    events = licensed.decide(Action.SET_STATUSES, BEIJING, words, by=voters)
    assert named(events, "StatusesDecided").arguments == {
        "region": BEIJING,
        "words": [list(word) for word in words],
    }
    assert (status(licensed, 7), status(licensed, 8)) == (2, 0)

    answer = licensed.decision_refused(Action.SET_STATUSES, BEIJING, [], by=voters)
    assert answer.name == "NoStatusWords"
    answer = licensed.decision_refused(Action.SET_STATUSES, 310_000, words, by=voters)
    assert answer.name == "RegionUnknown"


def test_nobody_but_the_consortium_decides(licensed: World) -> None:
    call = licensed.log.functions.setStatuses(BEIJING, [one(0, 2)])
    for caller in (admin(BEIJING), anchor_key(BEIJING), address("stranger")):
        answer = licensed.refusal(call, caller)
        assert (answer.name, answer.arguments["caller"]) == ("NotConsortium", caller.lower())
