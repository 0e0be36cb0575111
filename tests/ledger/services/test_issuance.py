"""Registering: what is accepted, repeated, refused and never half stored."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from ledger import identifier
from ledger.draft import LicenseDraft
from ledger.errors import BusyError, ConflictError, InvalidInputError
from ledger.keys import parse_key_id
from ledger.license import Holder
from ledger.ports.log import LogName
from ledger.promise import parse_promise
from ledger.services.issuance import Idempotency, Registered
from ledger.services.reconciling import tree_of
from ledger.types import Digest, Head, Index, LicenseState, LicenseStatus, LogKind
from tests.support.region import (
    CATALOGUE,
    FIRM,
    TestChain,
    TestRegion,
    open_region,
    person_type,
)


@pytest.fixture
def region(tmp_path: Path) -> TestRegion:
    region = open_region(tmp_path)
    TestChain([region])
    return region


def _register(region: TestRegion, draft: LicenseDraft, **more: object) -> Registered:
    return region.issuance.register(draft, office=region.office, **more)  # type: ignore[arg-type]


def test_the_promise_verifies_under_the_region_key(region: TestRegion) -> None:
    made = _register(region, region.draft())
    promise = parse_promise(json.loads(made.record.promise))
    promise.verify(region.signing_key.public)
    assert promise.leaf_hash == made.record.leaf_hash
    assert promise.key == parse_key_id("110000/0")


def test_nothing_that_names_a_person_is_stored_in_clear(region: TestRegion) -> None:
    _register(region, region.draft(person_type(), file=region.draft_file("张示例".encode())))
    stored = b"".join(path.read_bytes() for path in region.folder.rglob("*") if path.is_file())
    for text in ("张示例", "李示例", "11010519491231002", "证字第"):
        assert text.encode() not in stored


def test_a_repeat_gives_the_same_license_and_promise(region: TestRegion) -> None:
    draft = region.draft(file=region.draft_file())
    first, again = _register(region, draft), _register(region, draft)
    assert (first.is_new, again.is_new) == (True, False)
    assert again.record.promise == first.record.promise
    assert again.check_code == first.check_code
    assert len(region.files.list_ids()) == 1


def test_the_same_identifier_with_other_content_is_a_conflict(region: TestRegion) -> None:
    draft = region.draft()
    _register(region, draft)
    with pytest.raises(ConflictError, match="other content"):
        _register(region, dataclasses.replace(draft, fields={"certificate_name": "另一"}))


def test_a_taken_check_code_is_a_conflict(region: TestRegion) -> None:
    made = _register(region, region.draft())
    with pytest.raises(ConflictError, match="check_code"):
        _register(region, region.draft(check_code=made.check_code))


def test_rows_of_a_batch_do_not_depend_on_each_other(region: TestRegion) -> None:
    good, twin = region.draft(), region.draft()
    bad = region.draft(valid_from=date(2031, 1, 1))
    outcomes = region.issuance.register_batch([good, bad, twin, twin], office=region.office)
    assert [isinstance(one, Registered) for one in outcomes] == [True, False, True, False]
    assert outcomes[1][0].row == 1  # type: ignore[index]
    assert outcomes[1][0].field == "valid_until"  # type: ignore[index]
    assert outcomes[3][0].code == "identifier_twice"  # type: ignore[index]
    assert region.sequence() == 2


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"identifier": "1.2.156"}, "identifier", "malformed_identifier"),
        ({"type_code": "11100000000013338W999"}, "type", "unknown_type"),
        ({"type_code": CATALOGUE[40].code}, "identifier", "identifier_type_differs"),
        ({"valid_until": date(2020, 1, 1)}, "valid_until", "dates_reversed"),
        ({"holders": ()}, "holders", "holder_count"),
        ({"fields": {"Name": "x"}}, "fields.Name", "malformed_field"),
        ({"fields": {"file": "x"}}, "fields.file", "malformed_field"),
        ({"fields": {"note": "字" * 5000}}, "fields.note", "malformed_field"),
        ({"fields": {"note": float("nan")}}, "fields.note", "malformed_field"),
        ({"fields": {f"f{at}": "x" for at in range(101)}}, "fields", "too_many_fields"),
        ({"check_code": "abc"}, "check_code", "malformed_check_code"),
        ({"supersedes_id": "0193ffff-0000-7000-8000-000000000000"}, "supersedes", "not_found"),
        (
            {"holders": (Holder(name="甲", code="911100000000000000", code_type="001"),)},
            "holders[0].code",
            "holder_code_check_failed",
        ),
        (
            {"holders": (Holder(name=" 甲", code=FIRM, code_type="001"),)},
            "holders[0].name",
            "malformed_text",
        ),
        (
            {"holders": (Holder(name="甲", code="X1", code_type="777"),)},
            "holders[0].code_type",
            "unknown_code_type",
        ),
    ],
)
def test_each_fault_names_the_field_and_the_next_step(
    region: TestRegion, changes: dict[str, object], field: str, code: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        _register(region, region.draft(**changes))
    faults = {fault.field: fault for fault in caught.value.faults}
    assert faults[field].code == code
    assert faults[field].next_step
    assert region.files.list_ids() == []
    assert region.sequence() == 0


def test_another_offices_identifier_is_refused(region: TestRegion) -> None:
    other = "11110000000021135M"
    text = str(identifier.make(CATALOGUE[10].code, other, "0000001", 1))
    with pytest.raises(InvalidInputError, match="issuer"):
        _register(region, region.draft(CATALOGUE[10], identifier=text))


def test_a_holder_code_that_fails_can_be_stated_as_unchecked(region: TestRegion) -> None:
    holders = (Holder(name="甲", code="911100000000000000", code_type="001"),)
    made = _register(region, region.draft(holders=holders, holder_code_unchecked=True))
    assert b'"holder_code_unchecked":true' in made.record.entry


def test_a_type_that_is_not_granted_is_refused(tmp_path: Path) -> None:
    region = open_region(tmp_path)
    with pytest.raises(InvalidInputError) as caught:
        _register(region, region.draft())
    assert caught.value.faults[0].code == "type_not_granted"


def test_an_idempotency_key_answers_once_and_guards_its_request(region: TestRegion) -> None:
    draft = region.draft()
    key = Idempotency(key="k-1", request_digest=b"1" * 32)
    first = _register(region, draft, idempotency=key)
    again = _register(region, region.draft(), idempotency=key)
    assert again.record.id == first.record.id
    with pytest.raises(ConflictError, match="Idempotency-Key"):
        _register(region, draft, idempotency=Idempotency(key="k-1", request_digest=b"2" * 32))


def test_registrations_stop_when_the_chain_lags(region: TestRegion) -> None:
    _register(region, region.draft())
    region.clock.advance(301)
    with pytest.raises(BusyError, match="waited 301 s") as caught:
        _register(region, region.draft())
    assert caught.value.retry_after == 30


def test_a_replacement_supersedes_in_the_same_step(tmp_path: Path) -> None:
    region = open_region(tmp_path)
    chain = TestChain([region])
    old = _register(region, region.draft())
    chain.anchor()
    new = _register(region, region.draft(supersedes_id=old.record.id))
    found = region.look_up.get(old.record.id, office=region.office)
    assert found.change is not None
    assert found.change.new is LicenseStatus.SUPERSEDED
    with pytest.raises(ConflictError, match="about to change"):
        _register(region, region.draft(supersedes_id=old.record.id))
    chain.anchor()
    found = region.look_up.get(old.record.id, office=region.office)
    assert found.verdict.reason == "superseded"
    replacement = region.look_up.get(new.record.id, office=region.office)
    assert replacement.state is LicenseState.FINAL
    assert replacement.verdict.reason == "ok"
    assert replacement.bundle is not None
    assert replacement.bundle.entry.supersedes == old.record.leaf_hash


def test_two_rows_that_replace_one_license_spoil_no_other(tmp_path: Path) -> None:
    region = open_region(tmp_path)
    chain = TestChain([region])
    old = _register(region, region.draft())
    chain.anchor(region)
    rows = [
        region.draft(supersedes_id=old.record.id),
        region.draft(supersedes_id=old.record.id),
        region.draft(),
    ]
    outcomes = region.issuance.register_batch(rows, office=region.office)
    assert [isinstance(one, Registered) for one in outcomes] == [True, False, True]
    assert outcomes[1][0].code == "supersedes_twice"  # type: ignore[index]


@pytest.mark.parametrize("key", [None, Idempotency(key="k-1", request_digest=b"1" * 32)])
def test_the_same_at_the_same_moment_is_one_license(
    region: TestRegion, key: Idempotency | None
) -> None:
    """Scenario 13 under load: whoever comes second gets the same license and promise."""
    rows = [region.draft(file=region.draft_file()), region.draft()]

    def register(_: int) -> list[str]:
        outcomes = region.issuance.register_batch(rows, office=region.office, idempotency=key)
        return [one.record.id for one in outcomes if isinstance(one, Registered)]

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(register, range(6)))
    assert len(answers[0]) == 2
    assert answers == [answers[0]] * 6
    assert region.files.list_ids() == [answers[0][0]]


def test_a_refusal_is_not_kept_for_a_retry(tmp_path: Path) -> None:
    """What is refused for now says so: the retry with the same key is decided anew."""
    region = open_region(tmp_path)
    chain = TestChain([region])
    old = _register(region, region.draft())
    new = region.draft(supersedes_id=old.record.id)
    key = Idempotency(key="k-1", request_digest=b"1" * 32)
    with pytest.raises(ConflictError, match="no place in the log yet"):
        _register(region, new, idempotency=key)
    chain.anchor(region)
    assert _register(region, new, idempotency=key).is_new


def test_what_a_busy_database_refuses_leaves_no_file(region: TestRegion) -> None:
    other = sqlite3.connect(region.folder / "region.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(BusyError):
        _register(region, region.draft(file=region.draft_file()))
    other.close()
    assert region.files.list_ids() == []


@pytest.mark.parametrize("refilled", [False, True])
def test_a_database_behind_the_chain_accepts_nothing(tmp_path: Path, refilled: bool) -> None:
    """Scenario 6: restored from an older copy, whose freed place may be taken again already."""
    region = open_region(tmp_path)
    chain = TestChain([region])
    for _ in range(2):
        _register(region, region.draft())
        chain.anchor(region)
    log = LogName(region.code, LogKind.LICENSES)
    with region.database.write() as session:
        session.licenses.reset_positions(Index(1))
        held = session.log.head(log)
        session.log.truncate(log, 1)
        older = Head(epoch=0, tree_size=1, root_hash=Digest(session.log.tile(log, 0, 0)))
        session.log.replace_head(log, held, older)
        growth = tree_of(session, log).append([Digest(b"x" * 32)])
        if refilled:
            session.log.put_tiles(log, growth.tiles)
            taken = Head(epoch=0, tree_size=2, root_hash=growth.root_hash)
            session.log.replace_head(log, older, taken)
    with pytest.raises(BusyError, match="run fsck"):
        _register(region, region.draft())
    with pytest.raises(BusyError, match="run fsck"):
        region.sequence()
