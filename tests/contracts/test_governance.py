"""Proposals: who decides, how often, until when, and what can't be decided."""

from __future__ import annotations

import pytest

from contracts.proposals import FUNCTIONS, Action, encode_data
from tests.contracts.world import (
    BEIJING,
    HEBEI,
    LIFETIME,
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
    named,
)

QUORUM_TWO = encode_data(Action.CHANGE_QUORUM, 2)


def counted(world: World, proposal: int) -> int:
    return int(world.consortium.functions.proposal(proposal).call()[4])


def test_a_quorum_carries_a_proposal_out(world: World) -> None:
    propose = world.consortium.functions.propose(Action.CHANGE_QUORUM, QUORUM_TWO)
    expires = world.block + 1 + LIFETIME
    assert world.do(propose, admin(BEIJING)) == [
        Event(
            "ProposalCreated",
            {
                "id": 1,
                "region": BEIJING,
                "action": Action.CHANGE_QUORUM,
                "expiresAtBlock": expires,
                "data": QUORUM_TWO,
            },
        ),
        Event("ProposalApproved", {"id": 1, "region": BEIJING}),
    ]
    approved = Event("ProposalApproved", {"id": 1, "region": TIANJIN})
    assert world.do(world.approval(1), admin(TIANJIN)) == [approved]
    shown = world.consortium.functions.proposal(1).call()
    assert shown == (5, BEIJING, expires, False, 2, [BEIJING, TIANJIN], QUORUM_TWO)
    events = world.do(world.approval(1), admin(HEBEI))
    since = world.block + 1
    assert [event.name for event in events] == [
        "ProposalApproved",
        "QuorumChanged",
        "ProposalExecuted",
    ]
    assert events[1].arguments == {"quorum": 2, "sinceBlock": since}
    views = world.consortium.functions
    assert views.proposal(1).call()[3] is True
    assert [views.quorumAt(block).call()[1] for block in (0, since - 1, since)] == [0, 3, 2]
    assert views.proposalCount().call() == 1
    # The new quorum holds from now on.
    world.decide(Action.CHANGE_QUORUM, 4, by=(TIANJIN, XIONGAN))


def test_with_a_quorum_of_one_a_proposal_is_a_decision(world: World) -> None:
    world.decide(Action.CHANGE_QUORUM, 1)
    data = encode_data(Action.CHANGE_QUORUM, 2)
    events = world.do(world.consortium.functions.propose(5, data), admin(HEBEI))
    assert named(events, "ProposalExecuted").arguments == {"id": 2}


def test_nothing_is_decided_twice(world: World) -> None:
    world.decide(Action.CHANGE_QUORUM, 2)
    answer = world.refusal(world.approval(1), admin(XIONGAN))
    assert (answer.name, answer.arguments) == ("ProposalAlreadyExecuted", {"id": 1})


def test_a_region_votes_once(world: World) -> None:
    proposal = world.propose(Action.CHANGE_QUORUM, 2)
    answer = world.refusal(world.approval(proposal), admin(BEIJING))
    assert (answer.name, answer.arguments) == (
        "AlreadyApproved",
        {"id": proposal, "region": BEIJING},
    )
    # Another cold key of the same region is the same vote.
    successor = address("another admin")
    world.decide(Action.REPLACE_ADMIN, BEIJING, successor, by=(TIANJIN, HEBEI, XIONGAN))
    assert world.refusal(world.approval(proposal), successor).name == "AlreadyApproved"
    assert world.refusal(world.approval(proposal), admin(BEIJING)).name == "AdminRetired"
    assert counted(world, proposal) == 1


def test_proposals_expire(world: World) -> None:
    proposal = world.propose(Action.CHANGE_QUORUM, 2)
    expires = world.block + LIFETIME
    world.mine(LIFETIME - 1)
    world.do(world.approval(proposal), admin(TIANJIN))
    assert world.block == expires
    answer = world.refusal(world.approval(proposal), admin(HEBEI))
    assert (answer.name, answer.arguments) == (
        "ProposalExpired",
        {"id": proposal, "expiresAtBlock": expires},
    )


@pytest.mark.parametrize("number", [0, 2, 2**256 - 1])
def test_unknown_proposals(world: World, number: int) -> None:
    world.propose(Action.CHANGE_QUORUM, 2)
    answer = world.refusal(world.approval(number), admin(TIANJIN))
    assert (answer.name, answer.arguments) == ("ProposalUnknown", {"id": number})
    answer = world.refusal(world.consortium.functions.proposal(number), admin(TIANJIN))
    assert answer.name == "ProposalUnknown"


def test_votes_of_a_removed_region_stop_counting(world: World) -> None:
    proposal = world.propose(Action.CHANGE_QUORUM, 2, by=XIONGAN)
    world.do(world.approval(proposal), admin(BEIJING))
    world.decide(Action.REMOVE_REGION, XIONGAN)
    assert counted(world, proposal) == 1
    events = world.do(world.approval(proposal), admin(TIANJIN))
    assert [event.name for event in events] == ["ProposalApproved"]
    assert world.refusal(world.approval(proposal), admin(XIONGAN)).name == "RegionInactive"

    # Back again, the region votes anew: its old vote stays dead.
    brought = joining(XIONGAN, " returned")
    world.decide(Action.ADMIT_REGION, brought.as_tuple())
    assert counted(world, proposal) == 2
    events = world.do(world.approval(proposal), brought.admin)
    assert named(events, "ProposalExecuted").arguments == {"id": proposal}


def test_a_removal_counts_in_its_own_block(world: World) -> None:
    """What was taken away no longer votes, though membership ends only with the block."""
    removal = world.propose(Action.REMOVE_REGION, XIONGAN)
    world.do(world.approval(removal), admin(TIANJIN))
    other = world.propose(Action.CHANGE_QUORUM, 2, by=XIONGAN)
    world.do(world.approval(other), admin(BEIJING))
    with world.one_block():
        removed = world.submit(world.approval(removal), admin(HEBEI))
        voted = world.submit(world.approval(other), admin(TIANJIN))
    assert named(world.outcome(removed), "RegionRemoved").arguments["region"] == XIONGAN
    assert [event.name for event in world.outcome(voted)] == ["ProposalApproved"]


def test_a_new_member_votes_from_the_next_block_on(world: World) -> None:
    admission = world.propose(Action.ADMIT_REGION, joining(SHANGHAI).as_tuple())
    world.do(world.approval(admission), admin(TIANJIN))
    other = world.propose(Action.CHANGE_QUORUM, 2)
    with world.one_block():
        world.submit(world.approval(admission), admin(HEBEI))
        early = world.submit(world.approval(other), admin(SHANGHAI))
    answer = world.outcome(early)
    assert isinstance(answer, Refusal)
    assert answer.name == "AdminNotYetEffective"
    world.do(world.approval(other), admin(SHANGHAI))
    assert counted(world, other) == 2


def test_who_may_not_take_part(world: World) -> None:
    proposal = world.propose(Action.CHANGE_QUORUM, 2)
    propose = world.consortium.functions.propose(Action.CHANGE_QUORUM, QUORUM_TWO)
    for stranger in (anchor_key(TIANJIN), address("stranger")):
        for call in (propose, world.approval(proposal)):
            answer = world.refusal(call, stranger)
            assert (answer.name, answer.arguments) == ("NotAdmin", {"caller": stranger.lower()})


def test_actions_are_no_ones_to_call(world: World) -> None:
    arguments: dict[Action, tuple[object, ...]] = {
        Action.ADMIT_REGION: (joining(SHANGHAI).as_tuple(),),
        Action.REMOVE_REGION: (XIONGAN,),
        Action.REPLACE_ADMIN: (XIONGAN, address("x")),
        Action.SET_TYPES: ([(b"\1" * 32, 1, True)],),
        Action.SET_GRANTS: (XIONGAN, [(b"\1" * 32, True)]),
        Action.CHANGE_QUORUM: (1,),
        Action.REOPEN_LOG: (XIONGAN, 0, (0, 0, bytes(32), 0, 0, 0)),
        Action.SET_STATUSES: (XIONGAN, [(0, 0, 3, 1, 1)]),
        Action.NAME_SUCCESSOR: (address("successor"),),
    }
    assert arguments.keys() == FUNCTIONS.keys() == set(Action)
    for action, values in arguments.items():
        call = world.consortium.functions[FUNCTIONS[action]](*values)
        answer = world.refusal(call, admin(BEIJING))
        assert (answer.name, answer.arguments["caller"]) == (
            "OnlyByProposal",
            admin(BEIJING).lower(),
        )


def test_the_quorum_is_bounded(world: World) -> None:
    for quorum in (0, 5, 2**32 - 1):
        answer = world.decision_refused(Action.CHANGE_QUORUM, quorum)
        assert (answer.name, answer.arguments) == (
            "QuorumOutOfRange",
            {"quorum": quorum, "activeRegions": 4},
        )
    world.decide(Action.CHANGE_QUORUM, 4)
    answer = world.decision_refused(Action.REMOVE_REGION, XIONGAN, by=REGIONS)
    assert answer.name == "QuorumOutOfRange"


def test_data_that_are_no_arguments(world: World) -> None:
    for data in (b"", b"\1", QUORUM_TWO[:31], b"\xff" * 32):
        propose = world.consortium.functions.propose(Action.CHANGE_QUORUM, data)
        number = named(world.do(propose, admin(BEIJING)), "ProposalCreated").arguments["id"]
        world.do(world.approval(number), admin(TIANJIN))
        answer = world.refusal(world.approval(number), admin(HEBEI))
        assert (answer.name, answer.arguments) == (
            "ProposalNotExecutable",
            {"id": number, "action": Action.CHANGE_QUORUM},
        )
    for action in (9, 255):
        propose = world.consortium.functions.propose(action, b"")
        answer = world.refusal(propose, admin(BEIJING))
        assert (answer.name, answer.arguments) == ("ActionUnknown", {"action": action})


def test_a_refused_effect_leaves_the_proposal_open(world: World) -> None:
    proposal = world.propose(Action.SET_GRANTS, BEIJING, [(b"\1" * 32, True)])
    world.do(world.approval(proposal), admin(TIANJIN))
    assert world.refusal(world.approval(proposal), admin(HEBEI)).name == "TypeUnknown"
    assert counted(world, proposal) == 2
    world.decide(Action.SET_TYPES, [(b"\1" * 32, 1, True)])
    events = world.do(world.approval(proposal), admin(HEBEI))
    assert named(events, "GrantSet").arguments["granted"] is True


def test_a_successor_is_named(world: World) -> None:
    successor = address("successor")
    events = world.decide(Action.NAME_SUCCESSOR, successor)
    since = world.block + 1
    assert named(events, "SuccessorNamed").arguments == {
        "successor": successor,
        "sinceBlock": since,
    }
    at = world.consortium.functions.successorAt
    assert at(since - 1).call()[0] == 0
    assert at(since).call() == (since, successor)
    for invalid in ("0x" + "0" * 40, world.addresses.consortium):
        answer = world.decision_refused(Action.NAME_SUCCESSOR, invalid)
        assert answer.name == "SuccessorInvalid"
