"""Who may see what across regions: the whole decision table, and the catalogue it rests on."""

from __future__ import annotations

import itertools

import pytest

from ledger.catalogue import LEVELS, LicenseType, parse_seed
from ledger.errors import InvalidInputError, MalformedError
from ledger.license import CHECK_CODE, FILE, HOLDERS, IDENTIFIER
from ledger.policy import Action, clearance, decide, disclosed_names, may_have_file
from ledger.purpose import Handler, Purpose, require_complete
from tests.support.region import CATALOGUE, SEED

PURPOSE = Purpose(
    system="政务服务平台",
    matter_code="XA-001",
    case_number="2026-1",
    handler=Handler(name="经办人", id_digest="0" * 64, office="11110000000021135M"),
)
REFUSED = {1: "not_a_member", 2: "purpose_required", 3: "authorization_required", 4: "answers_only"}


def _type(level: int, holder: str) -> LicenseType:
    return LicenseType(
        code="11100000000013338W001",
        name_zh="示例证",
        name_en="Example",
        authority_zh="示例",
        authority_en="Example",
        holder=holder,
        level=level,
        validity_years=1,
    )


@pytest.mark.parametrize(
    ("action", "level", "holder", "is_member", "has_purpose"),
    list(
        itertools.product(Action, LEVELS, ("person", "organization"), (False, True), (False, True))
    ),
)
def test_the_decision_table(
    action: Action, level: int, holder: str, is_member: bool, has_purpose: bool
) -> None:
    purpose = PURPOSE if has_purpose else None
    decision = decide(action, _type(level, holder), is_active_member=is_member, purpose=purpose)
    reach = 0 if not is_member else 2 if has_purpose else 1
    # A person's file shows the holder's number, which is level 3 whatever the type's own level.
    needed = max(level, 3) if action is Action.DOWNLOAD and holder == "person" else level
    assert decision.clearance == reach
    if reach == 0:
        assert decision.reason == "not_a_member"
    else:
        assert decision.reason == (None if needed <= reach else REFUSED[needed])


def test_clearance_ends_at_two() -> None:
    assert clearance(is_active_member=True, purpose=PURPOSE) == 2
    assert clearance(is_active_member=True, purpose=None) == 1
    assert clearance(is_active_member=False, purpose=PURPOSE) == 0


def test_what_a_person_s_license_discloses() -> None:
    type_ = _type(2, "person")
    names = (IDENTIFIER, HOLDERS, FILE, CHECK_CODE, "holder_name", "home_address", "unheard_of")
    decision = decide(Action.LOOK_UP, type_, is_active_member=True, purpose=PURPOSE)
    asked = disclosed_names(decision, type_, names, holder_was_asked_for=True)
    assert asked == {IDENTIFIER, HOLDERS, FILE, CHECK_CODE, "holder_name"}
    assert HOLDERS not in disclosed_names(decision, type_, names, holder_was_asked_for=False)
    open_ = decide(Action.LOOK_UP, type_, is_active_member=True, purpose=None)
    assert disclosed_names(open_, type_, names, holder_was_asked_for=False) == {IDENTIFIER, FILE}


def test_a_file_is_as_sensitive_as_the_most_sensitive_field_in_it() -> None:
    type_ = _type(1, "organization")
    decision = decide(Action.DOWNLOAD, type_, is_active_member=True, purpose=PURPOSE)
    assert may_have_file(decision, type_, ["principal_name"]).is_allowed
    assert may_have_file(decision, type_, ["home_address"]).reason == "authorization_required"
    assert may_have_file(decision, type_, ["portrait"]).reason == "answers_only"


def test_every_member_of_a_purpose_is_required() -> None:
    require_complete(PURPOSE)
    empty = Purpose(
        system=" ",
        matter_code="",
        case_number="x" * 201,
        handler=Handler(name="a\nb", id_digest="", office=""),
    )
    with pytest.raises(InvalidInputError) as caught:
        require_complete(empty)
    assert len(caught.value.faults) == 6
    assert all(fault.next_step for fault in caught.value.faults)


def test_the_seed_catalogue_has_all_types() -> None:
    assert len(CATALOGUE) == 150
    assert len({one.code for one in CATALOGUE}) == 150
    assert {one.level for one in CATALOGUE} == {1, 2, 3, 4}


@pytest.mark.parametrize(
    "text",
    [
        SEED.replace(",3,20", ",9,20", 1),
        SEED.replace(",3,20", ",x,20", 1),
        SEED.replace("person", "robot", 1),
        "no,name\n001,x\n",
    ],
)
def test_a_damaged_catalogue_names_its_line(text: str) -> None:
    with pytest.raises(MalformedError, match="line 2"):
        parse_seed(text)
