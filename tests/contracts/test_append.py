"""Heads: what is accepted, what it becomes, and every way in which it is refused."""

from __future__ import annotations

import pytest
from eth_abi.abi import encode

from ledger.hashing import keccak256
from tests.contracts.trees import EqualLeaves, Head, Tree
from tests.contracts.world import (
    ACCESS,
    BEIJING,
    LICENSES,
    TIANJIN,
    Event,
    World,
    address,
    admin,
    anchor_key,
    named,
)

LARGEST = 2**48 - 1
TREE = Tree()


def test_a_log_grows_by_proven_extensions(world: World) -> None:
    before = 0
    for head, proof in TREE.growing(1, 2, 3, 8, 13, 64, 100, 777):
        events = world.append(head, proof=proof)
        assert events == [
            Event(
                "Anchored",
                {
                    "region": BEIJING,
                    "kind": LICENSES,
                    "epoch": 0,
                    "size": head.size,
                    "previousSize": before,
                    "root": head.root,
                },
            )
        ]
        shown = world.opening()
        block = world.w3.eth.get_block("latest")
        assert shown == (0, head.size, head.root, before, block["number"], block["timestamp"])
        before = head.size


def test_every_anchored_size_keeps_its_commitment(world: World) -> None:
    openings = []
    for head, proof in TREE.growing(5, 6, 40):
        world.append(head, proof=proof)
        openings.append(world.opening())
    for opening in openings:
        kept = world.log.functions.anchoredAt(BEIJING, LICENSES, 0, opening.size).call()
        assert kept == keccak256(
            encode(["bytes32", "uint64", "uint64", "uint64"], list(opening[2:]))
        )
    for size in (0, 4, 7, 41, LARGEST + 1, 2**48 + 5, 2**64 - 1):
        assert world.log.functions.anchoredAt(BEIJING, LICENSES, 0, size).call() == bytes(32)


def test_logs_of_regions_and_kinds_are_apart(world: World) -> None:
    other = Tree("other")
    world.append(TREE.head(10))
    world.append(other.head(7), region=TIANJIN)
    world.append(other.head(3), kind=ACCESS)
    assert world.opening(BEIJING, LICENSES)[:3] == (0, 10, TREE.head(10).root)
    assert world.opening(TIANJIN, LICENSES)[:3] == (0, 7, other.head(7).root)
    assert world.opening(BEIJING, ACCESS)[:3] == (0, 3, other.head(3).root)
    assert world.opening(TIANJIN, ACCESS) == (0, 0, bytes(32), 0, 0, 0)


def test_two_heads_in_one_block_both_count(world: World) -> None:
    with world.one_block():
        for head, proof in TREE.growing(4, 9):
            world.submit(world.append_call(head, proof=proof), anchor_key(BEIJING))
    assert world.opening()[:4] == (0, 9, TREE.head(9).root, 4)
    assert world.log.functions.anchoredAt(BEIJING, LICENSES, 0, 4).call() != bytes(32)


def test_the_largest_log(world: World) -> None:
    tree = EqualLeaves()
    world.append(tree.head(LARGEST - 1))
    world.append(tree.head(LARGEST), proof=tree.consistency(LARGEST - 1, LARGEST))
    assert world.opening().size == LARGEST
    refused = world.refusal(world.append_call(Head(LARGEST + 1, b"\1" * 32)), anchor_key(BEIJING))
    assert refused.name == "SizeTooLarge"
    assert refused.arguments == {"newSize": LARGEST + 1, "limit": LARGEST}


@pytest.mark.parametrize("kind", [2, 255])
def test_only_two_kinds_exist(world: World, kind: int) -> None:
    refused = world.refusal(world.append_call(TREE.head(1), kind=kind), anchor_key(BEIJING))
    assert (refused.name, refused.arguments) == ("KindUnknown", {"kind": kind})


def test_who_may_not_append(world: World) -> None:
    call = world.append_call(TREE.head(1))
    for stranger in (admin(BEIJING), address("stranger"), world.addresses.consortium):
        refused = world.refusal(call, stranger)
        assert refused.name == "NotAnchorKey"
        assert refused.arguments["caller"].lower() == stranger.lower()


def test_the_first_head_proves_nothing(world: World) -> None:
    refused = world.refusal(
        world.append_call(TREE.head(4), proof=[b"\1" * 32]), anchor_key(BEIJING)
    )
    assert (refused.name, refused.arguments) == ("ProofUnexpected", {"length": 1})


def test_heads_that_do_not_extend_the_last(world: World) -> None:
    world.append(TREE.head(10))
    key = anchor_key(BEIJING)
    root = TREE.head(10).root

    refused = world.refusal(world.append_call(TREE.head(9)), key)
    assert (refused.name, refused.arguments) == ("SizeDecreased", {"size": 10, "newSize": 9})

    refused = world.refusal(world.append_call(Head(0, bytes(32))), key)
    assert refused.name == "SizeDecreased"

    refused = world.refusal(world.append_call(TREE.head(10)), key)
    assert (refused.name, refused.arguments) == ("NothingToAnchor", {"size": 10})

    refused = world.refusal(world.append_call(Head(11, bytes(32))), key)
    assert refused.name == "RootZero"

    proof = TREE.consistency(10, 20)
    for head, tried in (
        (TREE.head(20), proof[:-1]),
        (TREE.head(20), [*proof, proof[0]]),
        (TREE.head(20), proof[::-1]),
        (TREE.head(20), []),
        (TREE.head(21), proof),
        (Tree("rewritten").head(20), Tree("rewritten").consistency(10, 20)),
    ):
        refused = world.refusal(world.append_call(head, proof=tried), key)
        assert refused.name == "NotConsistent"
        assert refused.arguments == {
            "size": 10,
            "root": root,
            "newSize": head.size,
            "newRoot": head.root,
        }
    assert world.opening().size == 10


def test_an_empty_log_has_nothing_to_anchor(world: World) -> None:
    refused = world.refusal(world.append_call(Head(0, bytes(32))), anchor_key(BEIJING))
    assert (refused.name, refused.arguments) == ("NothingToAnchor", {"size": 0})
    refused = world.refusal(world.append_call(Head(3, bytes(32))), anchor_key(BEIJING))
    assert refused.name == "RootZero"


def test_the_same_size_only_with_statuses_and_the_same_root(world: World) -> None:
    world.append(TREE.head(10))
    anchored = world.opening()
    word = (0, 0, 0b11, 0b01, 1)
    key = anchor_key(BEIJING)

    refused = world.refusal(world.append_call(Tree("x").head(10), words=[word]), key)
    assert refused.name == "RootChanged"
    assert refused.arguments["root"] == TREE.head(10).root

    refused = world.refusal(world.append_call(TREE.head(10), proof=[b"\1" * 32], words=[word]), key)
    assert refused.name == "ProofUnexpected"

    events = world.append(TREE.head(10), words=[word])
    assert [event.name for event in events] == ["StatusesChanged"]
    assert world.opening() == anchored, "a status alone makes no new anchor"


def test_the_access_log_has_no_statuses(world: World) -> None:
    refused = world.refusal(
        world.append_call(TREE.head(10), kind=ACCESS, words=[(0, 0, 3, 1, 1)]), anchor_key(BEIJING)
    )
    assert (refused.name, refused.arguments) == ("KindHasNoStatus", {"kind": ACCESS})


def test_a_head_and_a_status_go_together(world: World) -> None:
    world.append(TREE.head(10))
    events = world.append(
        TREE.head(12), proof=TREE.consistency(10, 12), words=[(0, 0, 3 << 22 | 3, 1 << 22 | 3, 7)]
    )
    assert named(events, "Anchored").arguments["size"] == 12
    assert named(events, "StatusesChanged").arguments == {
        "region": BEIJING,
        "words": [[0, 0, 3 << 22 | 3, 1 << 22 | 3, 7]],
    }
    assert world.log.functions.statusOf(BEIJING, 0, 0).call() == 3
    assert world.log.functions.statusOf(BEIJING, 0, 11).call() == 1
