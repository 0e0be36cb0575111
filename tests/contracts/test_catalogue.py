"""License types and grants, each as of a block."""

from __future__ import annotations

from contracts.proposals import Action
from ledger.hashing import type_hash
from tests.contracts.world import BEIJING, HEBEI, SHANGHAI, TIANJIN, Event, World

FOOD, DRIVING = type_hash("11100000000013338W032"), type_hash("11100000000013338W011")


def test_types_and_grants_decide_who_may_issue(world: World) -> None:
    events = world.decide(Action.SET_TYPES, [(FOOD, 2, True), (DRIVING, 3, True)])
    since = world.block + 1
    assert events[1:3] == [
        Event("TypeSet", {"typeHash": FOOD, "level": 2, "active": True, "sinceBlock": since}),
        Event("TypeSet", {"typeHash": DRIVING, "level": 3, "active": True, "sinceBlock": since}),
    ]
    views = world.consortium.functions
    assert views.typeAt(FOOD, since - 1).call() == (0, 0, False)
    assert views.typeAt(FOOD, since).call() == (since, 2, True)
    assert views.mayIssue(BEIJING, FOOD, since).call() is False

    events = world.decide(Action.SET_GRANTS, BEIJING, [(FOOD, True), (DRIVING, False)])
    granted = world.block + 1
    assert events[1:3] == [
        Event(
            "GrantSet",
            {"region": BEIJING, "typeHash": FOOD, "granted": True, "sinceBlock": granted},
        ),
        Event(
            "GrantSet",
            {"region": BEIJING, "typeHash": DRIVING, "granted": False, "sinceBlock": granted},
        ),
    ]
    may = [
        views.mayIssue(region, kind, block).call()
        for region, kind, block in (
            (BEIJING, FOOD, granted - 1),
            (BEIJING, FOOD, granted),
            (BEIJING, DRIVING, granted),
            (TIANJIN, FOOD, granted),
            (SHANGHAI, FOOD, granted),
        )
    ]
    assert may == [False, True, False, False, False]

    world.decide(Action.SET_TYPES, [(FOOD, 4, False)])
    withdrawn = world.block + 1
    world.decide(Action.SET_TYPES, [(FOOD, 4, True)])
    back = world.block + 1
    world.decide(Action.SET_GRANTS, BEIJING, [(FOOD, False)])
    ended = world.block + 1
    world.decide(Action.REMOVE_REGION, HEBEI)
    checks = (withdrawn - 1, withdrawn, back - 1, back, ended - 1, ended)
    may = [views.mayIssue(BEIJING, FOOD, block).call() for block in checks]
    assert may == [True, False, False, True, True, False]
    assert views.typeHistory(FOOD).call() == [
        (since, 2, True),
        (withdrawn, 4, False),
        (back, 4, True),
    ]
    assert views.grantHistory(BEIJING, FOOD).call() == [(granted, True), (ended, False)]
    assert views.grantAt(BEIJING, FOOD, ended - 1).call() == (granted, True)
    assert views.grantAt(BEIJING, FOOD, granted - 1).call() == (0, False)


def test_a_removed_region_may_issue_nothing(world: World) -> None:
    world.decide(Action.SET_TYPES, [(FOOD, 1, True)])
    world.decide(Action.SET_GRANTS, HEBEI, [(FOOD, True)])
    world.decide(Action.REMOVE_REGION, HEBEI)
    since = world.block + 1
    may = world.consortium.functions.mayIssue
    assert [may(HEBEI, FOOD, block).call() for block in (since - 1, since)] == [True, False]


def test_changes_in_one_block_are_one(world: World) -> None:
    world.decide(Action.SET_TYPES, [(FOOD, 1, True), (FOOD, 2, True)])
    assert world.consortium.functions.typeHistory(FOOD).call() == [(world.block + 1, 2, True)]


def test_what_is_refused(world: World) -> None:
    def refused(action: int, *arguments: object) -> tuple[str, list[object]]:
        answer = world.decision_refused(action, *arguments)
        return answer.name, list(answer.arguments.values())

    assert refused(Action.SET_TYPES, []) == ("BatchEmpty", [])
    assert refused(Action.SET_GRANTS, BEIJING, []) == ("BatchEmpty", [])
    assert refused(Action.SET_TYPES, [(bytes(32), 1, True)]) == ("TypeHashZero", [])
    for level in (0, 5, 255):
        types = [(DRIVING, 1, True), (FOOD, level, True)]
        assert refused(Action.SET_TYPES, types) == ("LevelOutOfRange", [FOOD, level])
    assert world.consortium.functions.typeHistory(DRIVING).call() == []
    assert refused(Action.SET_GRANTS, BEIJING, [(FOOD, True)]) == ("TypeUnknown", [FOOD])
    assert refused(Action.SET_GRANTS, SHANGHAI, [(FOOD, True)]) == ("RegionUnknown", [SHANGHAI])


def test_a_hundred_and_fifty_types_fit_into_one_proposal(world: World) -> None:
    types = [(type_hash(f"type {number}"), 1 + number % 4, True) for number in range(150)]
    world.decide(Action.SET_TYPES, types)
    world.decide(Action.SET_GRANTS, BEIJING, [(code, True) for code, _, _ in types])
    may = world.consortium.functions.mayIssue(BEIJING, types[149][0], world.block + 1)
    assert may.call() is True
