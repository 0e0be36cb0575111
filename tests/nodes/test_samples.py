"""Sample licenses: valid in every detail, and the same for the same seed."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from stdnum.cn import uscc

from ledger import canonical, identifier
from ledger.catalogue import PERSON
from ledger.draft import find_faults
from nodes.devnet.samples.collection import STORY_LENGTH, Collection
from nodes.devnet.samples.fields import LABELS
from nodes.devnet.samples.places import PLACES, main_office, offices
from nodes.devnet.samples.sample import Sample

SEED = bytes(range(32))
DAY = date(2026, 11, 24)
NUMBER = 640


@pytest.fixture(scope="module")
def collection() -> Collection:
    return Collection(seed=SEED, day=DAY)


@pytest.fixture(scope="module")
def samples(collection: Collection) -> tuple[Sample, ...]:
    return collection.samples(NUMBER)


def test_an_office_can_register_every_sample(samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        draft = sample.draft(b"%PDF-")
        assert not find_faults(
            draft, office=sample.office.uscc, type_=sample.type_, is_granted=True
        ), sample.name
        assert canonical.encode(sample.to_json(b"%PDF-"))


def test_all_types_are_issued_in_all_regions(samples: tuple[Sample, ...]) -> None:
    issued = Counter((one.type_.code, one.office.region) for one in samples[STORY_LENGTH:])
    wanted = {
        (type_.code, place.code) for type_ in {one.type_ for one in samples} for place in PLACES
    }
    assert len(wanted) == 150 * 4
    assert set(issued) == wanted


def test_what_must_be_unique_is(samples: tuple[Sample, ...]) -> None:
    for values in (
        {one.identifier for one in samples},
        {one.check_code for one in samples},
        {one.name for one in samples},
        {one.fields["certificate_number"] for one in samples},
    ):
        assert len(values) == NUMBER


def test_people_are_told_apart_and_their_numbers_state_their_birth(
    samples: tuple[Sample, ...],
) -> None:
    people = [one for one in samples if one.type_.holder == PERSON]
    assert people
    name_of: dict[str, str] = {}
    for one in people:
        number = one.holder.code
        assert identifier.is_citizen_id(number)
        assert number[2:6] in {"0000", "3100"}, "a county's number could belong to somebody"
        assert name_of.setdefault(number, one.holder.name) == one.holder.name
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
        assert one.fields.get("birth_date", born.isoformat()) == born.isoformat()
        assert one.valid_from - born > timedelta(days=18 * 365)


def test_credit_codes_hold_by_another_implementation_too(samples: tuple[Sample, ...]) -> None:
    codes = {one.holder.code for one in samples if one.type_.holder != PERSON}
    codes |= {office.uscc for place in PLACES for office in offices(place.code)}
    assert all(identifier.is_credit_code(code) for code in codes)
    # python-stdnum asks for eight digits after the category; that and the check it can judge.
    assert all(uscc.calc_check_digit(code[:-1]) == code[-1] for code in codes)
    assert len({office.uscc for place in PLACES for office in offices(place.code)}) == 12


def test_organisation_codes_hold() -> None:
    """GB 11714: the ninth character is a check over the eight before it."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    for place in PLACES:
        organ = main_office(place.code).uscc[8:17]
        total = sum(
            weight * int(letter, 36) for weight, letter in zip(weights, organ[:8], strict=True)
        )
        check = 10 if organ[8] == "X" else int(organ[8])
        assert (total + check) % 11 == 0


def test_licenses_are_in_force_unless_the_story_wants_an_expired_one(
    samples: tuple[Sample, ...],
) -> None:
    for sample in samples:
        assert sample.valid_from < DAY
        ends = sample.valid_until or date.max
        assert (ends < DAY) == sample.name.endswith("-expired"), sample.name
        if sample.type_.validity_years == 0:
            assert sample.valid_until is None
        else:
            years = (ends + timedelta(days=1)).year - sample.valid_from.year
            assert years == sample.type_.validity_years


def test_the_storys_firm_and_person(collection: Collection, samples: tuple[Sample, ...]) -> None:
    firm = [one for one in samples[:STORY_LENGTH] if one.holder.code == collection.firm.code]
    person = [one for one in samples[:STORY_LENGTH] if one.holder.code == collection.person.number]
    assert {one.office.region for one in firm} == {"110000", "120000", "130000"}
    assert all(one.type_.level == 1 for one in firm)
    assert {one.type_.level for one in person} == {2, 3}
    assert len(firm) + len(person) == STORY_LENGTH


def test_a_firms_file_may_go_to_another_region(samples: tuple[Sample, ...]) -> None:
    """A field that nobody classified is level 3 and would hold the file back."""
    for one in samples:
        names = [*one.fields, "identifier", "holders", "check_code", "file"]
        if one.type_.holder != PERSON and one.type_.level == 1:
            assert one.type_.file_level(names) <= 2, one.name


def test_every_field_has_a_name_on_paper(samples: tuple[Sample, ...]) -> None:
    assert {name for one in samples for name in one.fields} <= set(LABELS)


def test_same_seed_same_samples_and_a_prefix_is_a_prefix(samples: tuple[Sample, ...]) -> None:
    again = Collection(seed=SEED, day=DAY).samples(40)
    assert again == samples[:40]
    other = Collection(seed=bytes(32), day=DAY).samples(40)
    assert not {one.check_code for one in other} & {one.check_code for one in again}
