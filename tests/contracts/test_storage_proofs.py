"""Every fact of checks 4-6, by `eth_getProof` alone: the layout can't change any more.

Slots come from `ledger.chain.slots`, values from proofs that verify against the block's state
root. Nothing here asks a contract.
"""

from __future__ import annotations

import pytest
from eth_abi.abi import encode
from trie.exceptions import BadTrieProof

from contracts.artifacts import load
from contracts.proposals import Action
from ledger.chain.slots import (
    LENGTH,
    ConsortiumSlots,
    LicenseLogSlots,
    Place,
    StorageLayout,
)
from ledger.hashing import keccak256, type_hash
from ledger.status_word import status_in, word_of
from ledger.types import LicenseStatus, LogKind, Region
from tests.contracts.proofs import Proven
from tests.contracts.trees import Opening, Tree
from tests.contracts.world import BEIJING, HEBEI, XIONGAN, World, address, admin, anchor_key

LOG = LicenseLogSlots(StorageLayout(load("LicenseLog").storage_layout))
CONSORTIUM = ConsortiumSlots(StorageLayout(load("Consortium").storage_layout))
REGION = Region(str(BEIJING))
KIND = LogKind.LICENSES
FOOD = type_hash("11100000000013338W032")
TREE = Tree()
NEW_KEY = address("anchor after the theft")
ABSENT_REGION = Region("310000")


@pytest.fixture
def lived(world: World) -> World:
    """A consortium with some history: types, grants, heads, statuses, a reopening, a removal."""
    world.decide(Action.SET_TYPES, [(FOOD, 2, True)])
    world.decide(Action.SET_TYPES, [(FOOD, 3, True)])
    world.decide(Action.SET_GRANTS, BEIJING, [(FOOD, True)])
    world.decide(Action.SET_GRANTS, BEIJING, [(FOOD, False)])
    for head, proof in TREE.growing(100, 300):
        world.append(head, proof=proof)
    world.append(TREE.head(300), words=[(0, 1, 0b1111 << 100, 0b1001 << 100, 1)])
    return world


def proven(world: World, contract: str, block: int | None = None) -> Proven:
    at = world.addresses.license_log if contract == "log" else world.addresses.consortium
    return Proven(world, at, world.block if block is None else block)


def commitment(opening: Opening) -> int:
    kept = encode(["bytes32", "uint64", "uint64", "uint64"], list(opening[2:]))
    return int.from_bytes(keccak256(kept), "big")


def test_check_4_the_head_and_its_anchor(lived: World) -> None:
    log, shown = proven(lived, "log"), lived.opening()
    assert log.value(LOG.head_root(REGION, KIND)) == int.from_bytes(shown.root, "big")
    assert log.members(LOG.head(REGION, KIND)) == {
        "size": 300,
        "previousSize": 100,
        "epoch": 0,
        "blockNumber": shown.block_number,
        "blockTime": shown.block_time,
    }
    assert log.value(LOG.anchor(REGION, KIND, 0, 300)) == commitment(shown)
    assert log.word(LOG.anchor(REGION, KIND, 0, 100)) != 0
    absent = [
        LOG.anchor(REGION, KIND, 0, 200),
        LOG.anchor(REGION, KIND, 1, 300),
        LOG.anchor(REGION, LogKind.ACCESS, 0, 300),
        LOG.anchor(ABSENT_REGION, KIND, 0, 300),
        LOG.head(REGION, LogKind.ACCESS),
        LOG.head_root(ABSENT_REGION, KIND),
    ]
    assert [log.word(place) for place in absent] == [0] * len(absent)


def test_check_4_the_lineage(lived: World) -> None:
    log = proven(lived, "log")
    assert log.value(LOG.lineage_length(REGION, KIND)) == 0, "only (0, 0), which is not stored"
    assert log.value(LOG.reopenings(REGION, KIND)) == 0

    good = lived.opening()
    lived.append(TREE.head(900), proof=TREE.consistency(300, 900))
    lived.do(lived.reopen_call(good, NEW_KEY), admin(BEIJING))
    log = proven(lived, "log")
    assert log.value(LOG.lineage_length(REGION, KIND)) == 1
    assert log.members(LOG.lineage_step(REGION, KIND, 1)) == {"epoch": 1, "startSize": 300}
    assert log.word(LOG.lineage_step(REGION, KIND, 2)) == 0
    assert log.value(LOG.reopenings(REGION, KIND)) == 1
    assert log.members(LOG.head(REGION, KIND))["epoch"] == 1
    assert log.word(LOG.anchor(REGION, KIND, 1, 300)) == 0, "a reopened head has no anchor"


def test_check_5_the_authority_as_of_a_block(lived: World) -> None:
    lived.decide(Action.REMOVE_REGION, XIONGAN)
    since = lived.block + 1
    consortium, region = proven(lived, "consortium"), Region(str(XIONGAN))
    assert consortium.value(CONSORTIUM.authority(region, LENGTH)) == 2
    first, second = (consortium.members(CONSORTIUM.authority(region, i)) for i in (0, 1))
    assert first["active"] == 1
    assert first["sinceBlock"] < since
    assert second == {
        "sinceBlock": since,
        "anchorKey": int(anchor_key(XIONGAN), 16),
        "active": 0,
    }
    assert consortium.word(CONSORTIUM.authority(region, 2)) == 0
    assert consortium.value(CONSORTIUM.authority(ABSENT_REGION, LENGTH)) == 0


def test_check_5_types_and_grants_as_of_a_block(lived: World) -> None:
    consortium = proven(lived, "consortium")
    assert consortium.value(CONSORTIUM.license_type(FOOD, LENGTH)) == 2
    types = [consortium.members(CONSORTIUM.license_type(FOOD, i)) for i in (0, 1)]
    assert [(state["level"], state["active"]) for state in types] == [(2, 1), (3, 1)]
    assert consortium.value(CONSORTIUM.grant(REGION, FOOD, LENGTH)) == 2
    grants = [consortium.members(CONSORTIUM.grant(REGION, FOOD, i)) for i in (0, 1)]
    assert [grant["granted"] for grant in grants] == [1, 0]
    blocks = [state["sinceBlock"] for state in (*types, *grants)]
    assert blocks == sorted(set(blocks))
    absent = [
        CONSORTIUM.license_type(FOOD, 2),
        CONSORTIUM.license_type(type_hash("unknown"), LENGTH),
        CONSORTIUM.grant(REGION, FOOD, 2),
        CONSORTIUM.grant(Region(str(HEBEI)), FOOD, LENGTH),
    ]
    assert [consortium.word(place) for place in absent] == [0] * len(absent)


def test_check_6_status_words(lived: World) -> None:
    log = proven(lived, "log")
    word = log.value(LOG.status_word(REGION, 0, word_of(178)))
    assert [status_in(word, index) for index in (177, 178, 179, 180)] == [
        LicenseStatus.IN_FORCE,
        LicenseStatus.SUSPENDED,
        LicenseStatus.REVOKED,
        LicenseStatus.IN_FORCE,
    ]
    assert log.word(LOG.status_word(REGION, 0, 0)) == 0
    assert log.word(LOG.status_word(REGION, 1, 1)) == 0


def test_receipts_keys(lived: World) -> None:
    consortium = proven(lived, "consortium")
    assert consortium.value(CONSORTIUM.signing_key(REGION, 0, "algorithm")) == 1
    assert consortium.value(CONSORTIUM.encryption_key(REGION, 0, "algorithm")) == 2
    assert consortium.value(CONSORTIUM.signing_key(REGION, 0, "endBlock")) == 0
    x = consortium.value(CONSORTIUM.signing_key(REGION, 0, "x"))
    shown = lived.consortium.functions.signingKeys(BEIJING).call()[0]
    assert x.to_bytes(32, "big") == shown[3]
    assert consortium.value(CONSORTIUM.signing_key(REGION, 0, "sinceBlock")) == shown[1]


def test_older_blocks_say_what_held_then(lived: World) -> None:
    before = lived.block
    lived.append(TREE.head(301), proof=TREE.consistency(300, 301))
    assert proven(lived, "log", before).word(LOG.anchor(REGION, KIND, 0, 301)) == 0
    assert proven(lived, "log").word(LOG.anchor(REGION, KIND, 0, 301)) != 0


def test_a_proof_of_another_slot_shows_nothing(lived: World) -> None:
    """The reader above would notice: a lying client can't pass one slot's proof for another's."""

    class Lying(World):
        def rpc(self, method: str, *parameters: object) -> object:
            if method == "eth_getProof":
                at, _, block = parameters
                other = "0x" + LOG.anchor(REGION, KIND, 0, 999).key.hex()
                return super().rpc(method, at, [other], block)
            return super().rpc(method, *parameters)

    liar = Lying(lived.w3, lived.addresses)
    with pytest.raises(BadTrieProof):
        proven(liar, "log").word(LOG.head(REGION, KIND))


@pytest.mark.parametrize("path", [("_absent",), ("_logs", 1, "absent")])
def test_names_that_the_layout_does_not_have(path: tuple[str | int, ...]) -> None:
    with pytest.raises(KeyError):
        LOG.storage.locate(*path)


def test_small_elements_share_a_slot() -> None:
    codes = [CONSORTIUM.storage.locate("_codes", index) for index in (0, 7, 8)]
    assert [place.offset for place in codes] == [0, 28, 0]
    assert [place.slot - codes[0].slot for place in codes] == [0, 0, 1]
    assert Place(codes[0].layout, 0, 28, "t_uint32").read(7 << 224) == 7
