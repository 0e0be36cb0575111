"""Deployment: one transaction, two contracts that name each other, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from contracts.artifacts import load
from contracts.deployment import Founding, FoundingRegion, KeyMaterial, predict_addresses
from tests.contracts.world import (
    BEIJING,
    FOUNDING,
    LIFETIME,
    REGIONS,
    TIANJIN,
    WINDOW,
    RefusedError,
    World,
    address,
    admin,
    anchor_key,
    deploy_with,
    joining,
)


def test_the_contracts_name_each_other(world: World) -> None:
    assert world.consortium.functions.licenseLog().call() == world.addresses.license_log
    assert world.log.functions.consortium().call() == world.addresses.consortium
    assert world.consortium.functions.proposalLifetime().call() == LIFETIME
    assert world.log.functions.reopenWindow().call() == WINDOW


def test_the_code_is_the_artifacts(world: World) -> None:
    for at, code in world.addresses.runtime_codes(FOUNDING).items():
        assert bytes(world.w3.eth.get_code(at)) == code


def test_immutables_must_be_given_whole() -> None:
    with pytest.raises(KeyError):
        load("LicenseLog").runtime_code({"consortium": 1})


def test_the_founders_are_members_from_the_next_block_on(world: World) -> None:
    views = world.consortium.functions
    assert views.regions().call() == list(REGIONS)
    assert views.activeRegions().call() == 4
    for region in REGIONS:
        member = views.firstMemberBlock(region).call()
        assert views.authorityHistory(region).call() == [(member, anchor_key(region), True)]
        assert views.adminHistory(region).call() == [(member, admin(region))]
        assert views.authorityAt(region, member - 1).call() == (0, "0x" + "0" * 40, False)
        assert views.authorityAt(region, member).call()[2] is True
        assert views.endpointOf(region).call() == f"https://node-{region}.example"
        assert views.termOf(region).call() == 1
        brought = joining(region)
        assert views.signingKeys(region).call() == [
            (1, member, 0, brought.signing_key.x, bytes(32))
        ]
        assert views.encryptionKeys(region).call() == [
            (2, member, 0, brought.encryption_key.x, bytes(32))
        ]
    assert views.quorumHistory().call() == [(member, 3)]


def test_nobody_acts_in_the_block_of_the_founding(world: World) -> None:
    """What the founding says holds from the next block on, for the cold and the hot key."""
    w3, deployer = world.w3, address("another deployer")
    expected = predict_addresses(deployer, w3.eth.get_transaction_count(deployer))
    early = World(w3, expected)
    with world.one_block():
        w3.eth.send_transaction(
            {"from": deployer, "data": FOUNDING.creation_code(), "gas": 30_000_000, "gasPrice": 0}
        )
        hot = early.submit(
            early.log.functions.append(0, 1, b"\1" * 32, [], []), anchor_key(BEIJING)
        )
        cold = early.submit(early.consortium.functions.setEndpoint("https://x"), admin(BEIJING))
    since = world.block + 1
    for transaction, name in ((hot, "AnchorKeyNotYetEffective"), (cold, "AdminNotYetEffective")):
        answer = early.outcome(transaction)
        assert (answer.name, answer.arguments["sinceBlock"]) == (name, since)


def only(**changes: object) -> Founding:
    """One founder, changed."""
    return replace(FOUNDING, regions=[replace(joining(BEIJING), **changes)], quorum=1)


def twins(**changes: object) -> Founding:
    second: FoundingRegion = replace(joining(TIANJIN), **changes)
    return replace(FOUNDING, regions=[joining(BEIJING), second], quorum=1)


@pytest.mark.parametrize(
    ("founding", "name"),
    [
        (replace(FOUNDING, quorum=0), "QuorumOutOfRange"),
        (replace(FOUNDING, quorum=5), "QuorumOutOfRange"),
        (replace(FOUNDING, regions=[], quorum=1), "QuorumOutOfRange"),
        (replace(FOUNDING, proposal_lifetime=0), "SpanZero"),
        (replace(FOUNDING, reopen_window=0), "SpanZero"),
        (only(code=0), "RegionCodeInvalid"),
        (only(code=99_999), "RegionCodeInvalid"),
        (only(code=1_000_000), "RegionCodeInvalid"),
        (only(admin="0x" + "0" * 40), "ZeroAddress"),
        (only(anchor_key="0x" + "0" * 40), "ZeroAddress"),
        (only(anchor_key=admin(BEIJING)), "AddressAlreadyUsed"),
        (only(endpoint=""), "EndpointEmpty"),
        (only(endpoint="h" * 257), "EndpointTooLong"),
        (only(signing_key=KeyMaterial(algorithm=1, x=bytes(32))), "KeyEmpty"),
        (only(signing_key=KeyMaterial(algorithm=0, x=b"\1" * 32)), "KeyEmpty"),
        (only(encryption_key=KeyMaterial(algorithm=2, x=bytes(32))), "KeyEmpty"),
        (twins(code=BEIJING), "RegionActive"),
        (twins(admin=admin(BEIJING)), "AddressAlreadyUsed"),
        (twins(anchor_key=anchor_key(BEIJING)), "AddressAlreadyUsed"),
        (twins(admin=anchor_key(BEIJING)), "AddressAlreadyUsed"),
    ],
)
def test_foundings_that_are_refused(world: World, founding: Founding, name: str) -> None:
    with pytest.raises(RefusedError) as refused:
        deploy_with(world.w3, founding)
    assert refused.value.refusal.name == name
