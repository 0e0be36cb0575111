"""Regions: joining, leaving, coming back, and the keys that they rotate alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.deployment import KeyAlgorithm
from contracts.proposals import Action
from tests.contracts.trees import Head
from tests.contracts.world import (
    BEIJING,
    HEBEI,
    LICENSES,
    REGIONS,
    SHANGHAI,
    TIANJIN,
    XIONGAN,
    Event,
    Refusal,
    World,
    address,
    admin,
    anchor_key,
    joining,
    key_material,
    named,
)

NEW_KEY = address("new anchor key")
HEAD = Head(1, b"\1" * 32)
ADMIN_ROLE, ANCHOR_ROLE = 1, 2


def test_a_region_joins(world: World) -> None:
    brought = joining(SHANGHAI)
    events = world.decide(Action.ADMIT_REGION, brought.as_tuple())
    since = world.block + 1
    assert named(events, "RegionAdmitted").arguments == {
        "region": SHANGHAI,
        "admin": brought.admin,
        "anchorKey": brought.anchor_key,
        "term": 1,
        "sinceBlock": since,
    }
    assert named(events, "SigningKeyRotated").arguments == {
        "region": SHANGHAI,
        "number": 0,
        "algorithm": KeyAlgorithm.ED25519,
        "x": brought.signing_key.x,
        "y": bytes(32),
        "sinceBlock": since,
    }
    assert named(events, "EncryptionKeyRotated").arguments["x"] == brought.encryption_key.x
    assert named(events, "EndpointChanged").arguments == {
        "region": SHANGHAI,
        "endpoint": brought.endpoint,
        "sinceBlock": since,
    }
    views = world.consortium.functions
    assert views.regions().call() == [*REGIONS, SHANGHAI]
    assert views.activeRegions().call() == 5
    world.append(HEAD, region=SHANGHAI)
    answer = world.decision_refused(Action.ADMIT_REGION, joining(SHANGHAI, "again").as_tuple())
    assert (answer.name, answer.arguments) == ("RegionActive", {"region": SHANGHAI})


def test_a_region_leaves(world: World) -> None:
    events = world.decide(Action.REMOVE_REGION, XIONGAN)
    since = world.block + 1
    assert named(events, "RegionRemoved").arguments == {
        "region": XIONGAN,
        "anchorKey": anchor_key(XIONGAN),
        "sinceBlock": since,
    }
    views = world.consortium.functions
    assert views.activeRegions().call() == 3
    assert views.authorityAt(XIONGAN, since - 1).call()[2] is True
    assert views.authorityAt(XIONGAN, since).call() == (since, anchor_key(XIONGAN), False)
    assert views.signingKeys(XIONGAN).call()[0][2] == since
    assert views.encryptionKeys(XIONGAN).call()[0][2] == since
    inactive = ("RegionInactive", {"region": XIONGAN})
    refusals = [
        world.refusal(world.append_call(HEAD), anchor_key(XIONGAN)),
        world.refusal(views.rotateAnchorKey(NEW_KEY), admin(XIONGAN)),
        world.refusal(world.log.functions.correctStatuses([]), admin(XIONGAN)),
        world.decision_refused(Action.REMOVE_REGION, XIONGAN),
        world.decision_refused(Action.REPLACE_ADMIN, XIONGAN, address("x")),
        world.decision_refused(Action.SET_GRANTS, XIONGAN, [(b"\1" * 32, True)]),
    ]
    assert [(refusal.name, refusal.arguments) for refusal in refusals] == [inactive] * 6
    answer = world.decision_refused(Action.REMOVE_REGION, SHANGHAI)
    assert (answer.name, answer.arguments) == ("RegionUnknown", {"region": SHANGHAI})


def test_a_region_comes_back_with_new_keys(world: World) -> None:
    world.append(HEAD, region=XIONGAN)
    world.decide(Action.REMOVE_REGION, XIONGAN)
    answer = world.decision_refused(Action.ADMIT_REGION, joining(XIONGAN).as_tuple())
    assert (answer.name, answer.arguments["role"]) == ("AddressAlreadyUsed", ADMIN_ROLE)

    brought = joining(XIONGAN, " returned")
    events = world.decide(Action.ADMIT_REGION, brought.as_tuple())
    assert named(events, "RegionAdmitted").arguments["term"] == 2
    assert named(events, "SigningKeyRotated").arguments["number"] == 1
    views = world.consortium.functions
    assert views.regions().call() == list(REGIONS)
    assert [step[2] for step in views.authorityHistory(XIONGAN).call()] == [True, False, True]
    assert views.firstMemberBlock(XIONGAN).call() < world.block
    # The log goes on from where it was; the key of the first membership stays dead.
    assert world.opening(XIONGAN).size == 1
    refusal = world.refusal(world.append_call(HEAD), anchor_key(XIONGAN))
    assert refusal.name == "AnchorKeyRetired"
    refusal = world.refusal(world.append_call(HEAD), brought.anchor_key)
    assert refusal.name == "NothingToAnchor"


def test_the_quorum_stays_possible(world: World) -> None:
    world.decide(Action.REMOVE_REGION, XIONGAN)
    answer = world.decision_refused(Action.REMOVE_REGION, HEBEI)
    assert (answer.name, answer.arguments) == (
        "QuorumOutOfRange",
        {"quorum": 3, "activeRegions": 2},
    )


def test_the_anchor_key_rotates(world: World) -> None:
    rotate = world.consortium.functions.rotateAnchorKey
    events = world.do(rotate(NEW_KEY), admin(BEIJING))
    since = world.block + 1
    assert events == [
        Event(
            "AnchorKeyRotated",
            {
                "region": BEIJING,
                "anchorKey": NEW_KEY,
                "previous": anchor_key(BEIJING),
                "sinceBlock": since,
            },
        )
    ]
    views = world.consortium.functions
    assert views.authorityAt(BEIJING, since - 1).call()[1] == anchor_key(BEIJING)
    assert views.authorityAt(BEIJING, since).call()[1] == NEW_KEY
    refusal = world.refusal(world.append_call(HEAD), anchor_key(BEIJING))
    assert (refusal.name, refusal.arguments["region"]) == ("AnchorKeyRetired", BEIJING)
    world.append(HEAD, key=NEW_KEY)
    assert views.keyUse(anchor_key(BEIJING)).call()[::3] == (BEIJING, True)
    assert views.keyUse(NEW_KEY).call() == (BEIJING, ANCHOR_ROLE, since, False)


def test_an_address_serves_once(world: World) -> None:
    """Not for another region, not in another role, and never again after it was retired."""
    rotate = world.consortium.functions.rotateAnchorKey
    world.do(rotate(NEW_KEY), admin(BEIJING))
    for used, region, role in (
        (NEW_KEY, BEIJING, ANCHOR_ROLE),
        (anchor_key(BEIJING), BEIJING, ANCHOR_ROLE),
        (anchor_key(TIANJIN), TIANJIN, ANCHOR_ROLE),
        (admin(BEIJING), BEIJING, ADMIN_ROLE),
    ):
        for by in (BEIJING, HEBEI):
            refusal = world.refusal(rotate(used), admin(by))
            assert (refusal.name, refusal.arguments) == (
                "AddressAlreadyUsed",
                {"key": used.lower(), "region": region, "role": role},
            )
    assert world.refusal(rotate("0x" + "0" * 40), admin(BEIJING)).name == "ZeroAddress"


def test_two_rotations_in_one_block_are_one(world: World) -> None:
    rotate = world.consortium.functions.rotateAnchorKey
    with world.one_block():
        appended = world.submit(world.append_call(HEAD), anchor_key(BEIJING))
        world.submit(rotate(address("in between")), admin(BEIJING))
        world.submit(rotate(NEW_KEY), admin(BEIJING))
        late = world.submit(world.append_call(Head(2, b"\2" * 32)), anchor_key(BEIJING))
    assert named(world.outcome(appended), "Anchored").arguments["size"] == 1
    answer = world.outcome(late)
    assert isinstance(answer, Refusal)
    assert answer.name == "AnchorKeyRetired"
    history = world.consortium.functions.authorityHistory(BEIJING).call()
    assert [step[1] for step in history] == [anchor_key(BEIJING), NEW_KEY]
    refusal = world.refusal(world.append_call(HEAD), address("in between"))
    assert refusal.name == "AnchorKeyRetired"


@pytest.mark.parametrize(
    ("rotate", "keys", "event"),
    [
        ("rotateSigningKey", "signingKeys", "SigningKeyRotated"),
        ("rotateEncryptionKey", "encryptionKeys", "EncryptionKeyRotated"),
    ],
)
def test_numbered_keys(world: World, rotate: str, keys: str, event: str) -> None:
    act, show = world.consortium.functions[rotate], world.consortium.functions[keys](BEIJING)
    first = show.call()[0]
    one = key_material(1, "one").as_tuple()
    two = replace(key_material(KeyAlgorithm.SM2, "two"), y=b"\7" * 32).as_tuple()
    since = world.block + 2
    assert world.do(act(one), admin(BEIJING)) == [
        Event(
            event,
            {
                "region": BEIJING,
                "number": 1,
                "algorithm": 1,
                "x": one[1],
                "y": one[2],
                "sinceBlock": since,
            },
        )
    ]
    assert show.call() == [(*first[:2], since, *first[3:]), (1, since, 0, *one[1:])]
    refusal = world.refusal(act(one), admin(BEIJING))
    assert (refusal.name, refusal.arguments) == ("KeyUnchanged", {"region": BEIJING, "number": 1})
    # Two in one block: the number is the second's; the first was never in force.
    with world.one_block():
        world.submit(act(key_material(1, "never").as_tuple()), admin(BEIJING))
        world.submit(act(two), admin(BEIJING))
    until = world.block + 1
    assert show.call()[1:] == [(1, since, until, *one[1:]), (3, until, 0, *two[1:])]
    assert world.refusal(act((1, bytes(32), bytes(32))), admin(BEIJING)).name == "KeyEmpty"
    assert world.refusal(act((0, *one[1:])), admin(BEIJING)).name == "KeyEmpty"
    assert world.refusal(act(one), anchor_key(BEIJING)).name == "NotAdmin"


def test_the_endpoint(world: World) -> None:
    change = world.consortium.functions.setEndpoint
    events = world.do(change("https://北京.example"), admin(BEIJING))
    assert named(events, "EndpointChanged").arguments["endpoint"] == "https://北京.example"
    assert world.consortium.functions.endpointOf(BEIJING).call() == "https://北京.example"
    world.do(change("h" * 256), admin(BEIJING))
    refusal = world.refusal(change(""), admin(BEIJING))
    assert (refusal.name, refusal.arguments) == ("EndpointEmpty", {"region": BEIJING})
    refusal = world.refusal(change("h" * 257), admin(BEIJING))
    assert (refusal.name, refusal.arguments["limit"]) == ("EndpointTooLong", 256)


def test_the_admin_is_replaced(world: World) -> None:
    successor = address("another admin")
    events = world.decide(Action.REPLACE_ADMIN, BEIJING, successor, by=(TIANJIN, HEBEI, XIONGAN))
    since = world.block + 1
    assert named(events, "AdminReplaced").arguments == {
        "region": BEIJING,
        "admin": successor,
        "previous": admin(BEIJING),
        "sinceBlock": since,
    }
    act = world.consortium.functions.rotateAnchorKey(NEW_KEY)
    refusal = world.refusal(act, admin(BEIJING))
    assert (refusal.name, refusal.arguments["region"]) == ("AdminRetired", BEIJING)
    world.do(act, successor)
    views = world.consortium.functions
    assert views.adminAt(BEIJING, since - 1).call()[1] == admin(BEIJING)
    assert views.adminAt(BEIJING, since).call() == (since, successor)
    assert views.adminAt(BEIJING, 0).call()[0] == 0


def test_views_say_who_acts_for_whom(world: World) -> None:
    views = world.consortium.functions
    assert views.anchoringRegion(anchor_key(HEBEI)).call() == HEBEI
    assert views.governingRegion(admin(HEBEI)).call() == HEBEI
    assert world.refusal(views.firstMemberBlock(SHANGHAI), admin(HEBEI)).name == "RegionUnknown"
    assert views.authorityAt(SHANGHAI, world.block).call()[2] is False
    assert world.opening(SHANGHAI, LICENSES).size == 0
