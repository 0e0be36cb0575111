"""The eight checks: each way of being wrong has its verdict, and nothing forged is ever valid."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import canonical
from ledger.bundle import Bundle, parse_bundle, parse_bundle_bytes
from ledger.check_log import is_live
from ledger.encoding import b64url_encode
from ledger.errors import MalformedError
from ledger.hashing import leaf_hash
from ledger.keys import KeyId
from ledger.license import FileFacts
from ledger.promise import sign_promise
from ledger.trust import Question, Trust
from ledger.types import EpochStart, LicenseStatus
from ledger.verdict import CHECK_NAMES, REASONS, Outcome, Value, conclude, refuse
from ledger.verification import verify_license
from tests.support.region import (
    START,
    TestChain,
    TestRegion,
    open_region,
)


@dataclasses.dataclass(frozen=True)
class Case:
    region: TestRegion
    bundle: Bundle
    trust: Trust
    at: datetime

    def decide(self, **changes: object) -> tuple[str, str]:
        """(verdict, reason) after changing members of the chain facts."""
        facts = self.trust.facts
        assert facts is not None
        trust = dataclasses.replace(
            self.trust,
            facts=dataclasses.replace(facts, **changes),  # type: ignore[arg-type]
        )
        verdict = verify_license(self.bundle, trust, self.at)
        return verdict.value.value, verdict.reason


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    region = open_region(tmp_path_factory.mktemp("region"))
    chain = TestChain([region])
    others = [region.draft() for _ in range(6)]
    region.issuance.register_batch(others[:3], office=region.office)
    made = region.issuance.register(region.draft(file=region.draft_file()), office=region.office)
    region.issuance.register_batch(others[3:], office=region.office)
    chain.anchor()
    with region.database.read() as session:
        record = session.licenses.get(made.record.id)
        assert record is not None
        bundle = region.evidence.build(session, record)
        trust = region.evidence.load_trust(session, bundle, None)
    return Case(region, bundle, trust, region.clock())


def test_a_sound_license_passes_all_eight_checks(case: Case) -> None:
    verdict = verify_license(case.bundle, case.trust, case.at)
    assert (verdict.value, verdict.reason) == (Value.VALID, "ok")
    assert [check.name for check in verdict.checks] == list(CHECK_NAMES)
    assert {check.outcome for check in verdict.checks} == {Outcome.PASSED}
    shown = verdict.to_json()
    assert set(shown) == {"verdict", "reason", "at", "license", "checks", "chain"}
    assert shown["license"]["fields"]["identifier"].startswith("1.2.156.3005.2.")


def test_the_file_form_reads_back(case: Case) -> None:
    again = parse_bundle_bytes(case.bundle.encode())
    assert again == case.bundle
    assert parse_bundle_bytes(case.bundle.encode() + b"\n") == case.bundle


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_is_never_valid(case: Case, data: st.DataObject) -> None:
    encoded = bytearray(case.bundle.encode())
    bit = data.draw(st.integers(0, len(encoded) * 8 - 1))
    encoded[bit // 8] ^= 1 << bit % 8
    try:
        bundle = parse_bundle_bytes(bytes(encoded))
    except MalformedError:
        return
    # The facts are those of the bundle's own coordinates, as a node would load them.
    with case.region.database.read() as session:
        trust = case.region.evidence.load_trust(session, bundle, None)
    assert verify_license(bundle, trust, case.at).value is not Value.VALID


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_flipped_bit_of_a_promised_bundle_is_never_valid_or_promised(
    case: Case, data: st.DataObject
) -> None:
    encoded = bytearray(data.draw(st.just(_promised(case).encode())))
    bit = data.draw(st.integers(0, len(encoded) * 8 - 1))
    encoded[bit // 8] ^= 1 << bit % 8
    try:
        bundle = parse_bundle_bytes(bytes(encoded))
    except MalformedError:
        return
    with case.region.database.read() as session:
        trust = case.region.evidence.load_trust(session, bundle, None)
    assert verify_license(bundle, trust, case.at).value is Value.INVALID


_PROMISED: dict[int, Bundle] = {}


def _promised(case: Case) -> Bundle:
    if id(case) not in _PROMISED:
        made = case.region.issuance.register(case.region.draft(), office=case.region.office)
        with case.region.database.read() as session:
            _PROMISED[id(case)] = case.region.evidence.build(session, made.record)
    return _PROMISED[id(case)]


def test_a_promise_gives_unknown_until_it_runs_out(case: Case) -> None:
    bundle = _promised(case)
    with case.region.database.read() as session:
        trust = case.region.evidence.load_trust(session, bundle, None)
    verdict = verify_license(bundle, trust, case.at)
    assert (verdict.value, verdict.reason) == (Value.UNKNOWN, "not_anchored")
    assert bundle.promise is not None
    late = verify_license(bundle, trust, bundle.promise.anchor_by + timedelta(seconds=1))
    assert (late.value, late.reason) == (Value.INVALID, "root_not_on_chain")


@pytest.mark.parametrize(
    ("time", "anchor_by"),
    [(timedelta(0), timedelta(days=9999)), (timedelta(days=9998), timedelta(days=9999))],
)
def test_no_promise_keeps_a_forgery_unknown_for_ever(
    case: Case, time: timedelta, anchor_by: timedelta
) -> None:
    """Not even one that the region's own key signed."""
    bundle = _promised(case)
    with case.region.database.read() as session:
        trust = case.region.evidence.load_trust(session, bundle, None)
    promise = sign_promise(
        case.region.signing_key,
        key=KeyId(case.region.code, 0),
        leaf_hash=leaf_hash(bundle.entry_bytes),
        time=case.at + time,
        anchor_by=case.at + anchor_by,
    )
    bundle = dataclasses.replace(bundle, promise=promise)
    verdict = verify_license(bundle, trust, case.at + min(timedelta(days=8), anchor_by - time))
    assert (verdict.value, verdict.reason) == (Value.INVALID, "root_not_on_chain")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": LicenseStatus.REVOKED}, ("invalid", "revoked")),
        ({"status": LicenseStatus.SUSPENDED}, ("invalid", "suspended")),
        ({"status": LicenseStatus.SUPERSEDED}, ("invalid", "superseded")),
        ({"region_active": False}, ("invalid", "not_authorised")),
        ({"type_granted": False}, ("invalid", "not_authorised")),
        ({"anchor": None, "mirrored_size": 10_000}, ("invalid", "root_not_on_chain")),
        ({"anchor": None, "mirrored_size": 0}, ("invalid", "root_not_on_chain")),
        ({"lineage": (EpochStart(0, 0), EpochStart(1, 2))}, ("invalid", "disowned")),
        ({"lineage": (EpochStart(1, 0),)}, ("invalid", "disowned")),
    ],
)
def test_what_the_chain_says_decides(
    case: Case, changes: dict[str, object], expected: tuple[str, str]
) -> None:
    assert case.decide(**changes) == expected


def test_another_root_on_the_chain_is_named(case: Case) -> None:
    facts = case.trust.facts
    assert facts is not None
    assert facts.anchor is not None
    for change in (
        {"root_hash": bytes(32)},
        {"block_time": facts.anchor.block_time + 1},
        {"previous_size": 5},
    ):
        anchor = dataclasses.replace(facts.anchor, **change)  # type: ignore[arg-type]
        assert case.decide(anchor=anchor) == ("invalid", "root_not_on_chain")


def test_without_a_chain_nothing_is_valid_and_nothing_invalid(case: Case) -> None:
    trust = dataclasses.replace(case.trust, facts=None)
    verdict = verify_license(case.bundle, trust, case.at)
    assert (verdict.value, verdict.reason) == (Value.UNKNOWN, "chain_unreachable")
    assert verdict.chain is None


def test_old_facts_are_stale_but_revocation_never_softens(case: Case) -> None:
    later = case.at + timedelta(hours=1)
    verdict = verify_license(case.bundle, case.trust, later)
    assert (verdict.value, verdict.reason) == (Value.UNKNOWN, "stale")
    facts = case.trust.facts
    assert facts is not None
    revoked = dataclasses.replace(
        case.trust, facts=dataclasses.replace(facts, status=LicenseStatus.REVOKED)
    )
    assert verify_license(case.bundle, revoked, later).reason == "revoked"


def test_validity_days_are_days_in_shanghai(case: Case) -> None:
    entry = dataclasses.replace(case.bundle.entry, valid_until=date(2026, 11, 24))
    bundle = dataclasses.replace(case.bundle, entry=entry)
    # 15:59:59 UTC is 23:59:59 in Shanghai; a second later the next day has begun there.
    for instant, outcome in (
        (START.replace(hour=15, minute=59, second=59), Outcome.PASSED),
        (START.replace(hour=16, minute=0, second=0), Outcome.FAILED),
    ):
        dates = verify_license(bundle, case.trust, instant).checks[6]
        assert dates.outcome is outcome


def test_a_license_is_not_valid_before_its_first_day(case: Case) -> None:
    entry = dataclasses.replace(case.bundle.entry, valid_from=date(2027, 1, 1))
    bundle = dataclasses.replace(case.bundle, entry=entry)
    assert verify_license(bundle, case.trust, case.at).reason == "not_yet_valid"


@pytest.mark.parametrize(
    "question",
    [
        Question(region="120000"),
        Question(id="0193ffff-0000-7000-8000-000000110000"),
        Question(type_code="11100000000013338W150"),
        Question(holder_code="911100000000000000"),
        Question(identifier="1.2.156.3005.2.x"),
        Question(check_code="AAAAAAAAAAAAAAAAAAAAAA"),
    ],
)
def test_a_genuine_license_that_was_not_asked_for_is_wrong(case: Case, question: Question) -> None:
    verdict = verify_license(case.bundle, case.trust, case.at, question=question)
    assert (verdict.value, verdict.reason) == (Value.INVALID, "wrong_license")
    assert verdict.license is None


def test_another_file_is_refused_with_both_digests(case: Case) -> None:
    facts = FileFacts(sha256=bytes(32), sm3=bytes(32), size=3, media_type="application/pdf")
    verdict = verify_license(case.bundle, case.trust, case.at, file=facts)
    assert verdict.reason == "content_mismatch"
    assert verdict.checks[1].evidence["presented"] == bytes(32).hex()


def test_withholding_fields_keeps_the_proof(case: Case) -> None:
    shown = case.bundle.with_only(frozenset({"identifier"}))
    verdict = verify_license(shown, case.trust, case.at)
    assert verdict.value is Value.VALID
    assert verdict.license is not None
    assert set(verdict.license.fields) == {"identifier"}


def test_an_added_disclosure_is_a_content_mismatch(case: Case) -> None:
    value = case.bundle.to_json()
    extra = b64url_encode(canonical.encode([b64url_encode(bytes(16)), "verdict", "valid"]))
    value["disclosures"] = [*case.bundle.to_json()["disclosures"], extra]  # type: ignore[misc]
    verdict = verify_license(parse_bundle(value), case.trust, case.at)
    assert verdict.reason == "content_mismatch"


def _set(*path: object, to: object) -> Callable[[dict[str, object]], None]:
    def change(value: dict[str, object]) -> None:
        part: object = value
        for step in path[:-1]:
            part = part[step]  # type: ignore[index]
        part[path[-1]] = to  # type: ignore[index]

    return change


@pytest.mark.parametrize(
    "change",
    [
        _set("v", to=2),
        _set("v", to=True),
        _set("extra", to=1),
        _set("chain", to={}),
        _set("made_at", to="2026-11-24T08:00:00+00:00"),
        _set("made_at", to="2020-01-01T00:00:00Z"),
        _set("position", to=None),
        _set("position", "index", to=-1),
        _set("position", "index", to=2**48),
        _set("position", "index", to=1.0),
        _set("inclusion", "path", to=["AA"]),
        _set("inclusion", "path", to=["A" * 43] * 49),
        _set("head", "root_hash", to=""),
        _set("disclosures", to="x"),
        _set("disclosures", to=["!"]),
        _set("disclosures", to=["A" * 4] * 300),
        _set("entry", to=[]),
        _set("entry", "sd", to=[]),
        _set("entry", "salt", to="AA"),
        _set("entry", "valid_from", to="2026-02-30"),
        _set("entry", "supersedes", to="AA"),
        _set("entry", "holder_code_unchecked", to=False),
        _set("promise", to={}),
    ],
)
def test_malformed_bundles_are_one_clean_error(
    case: Case, change: Callable[[dict[str, object]], None]
) -> None:
    value = json.loads(case.bundle.encode())
    change(value)
    with pytest.raises(MalformedError):
        parse_bundle(value)


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(
                st.sampled_from(["v", "entry", "head", "position"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_bundle_or_malformed(value: object) -> None:
    with pytest.raises(MalformedError):
        parse_bundle(value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff", b"[" * 100_000, b"{}", b'{"v":NaN}'])
def test_rubbish_bytes_are_malformed(data: bytes) -> None:
    with pytest.raises(MalformedError):
        parse_bundle_bytes(data)


def test_a_text_that_is_not_canonical_is_malformed(case: Case) -> None:
    loose = json.dumps(json.loads(case.bundle.encode())).encode()
    with pytest.raises(MalformedError, match="canonical"):
        parse_bundle_bytes(loose)


def test_every_reason_has_one_value_and_refusals_say_where() -> None:
    assert set(REASONS.values()) == set(Value)
    for reason, value in REASONS.items():
        if value is Value.VALID:
            continue
        verdict = refuse(2, reason, "because", at=START)
        assert (verdict.reason, verdict.value) == (reason, value)
        assert [check.outcome for check in verdict.checks[:2]] == [
            Outcome.PASSED,
            Outcome.FAILED if value is Value.INVALID else Outcome.UNKNOWN,
        ]
        assert {check.outcome for check in verdict.checks[2:]} == {Outcome.SKIPPED}


@given(st.permutations([Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN]))
def test_failed_wins_over_unknown_in_any_order(outcomes: list[Outcome]) -> None:
    base = refuse(1, "stale", "x", at=START).checks
    checks = tuple(
        dataclasses.replace(
            base[at],
            outcome=outcome,
            code={Outcome.PASSED: "ok", Outcome.FAILED: "revoked", Outcome.UNKNOWN: "stale"}[
                outcome
            ],
        )
        for at, outcome in enumerate(outcomes)
    )
    assert conclude(checks, at=START, license_=None, chain=None).reason == "revoked"


@pytest.mark.parametrize(
    ("lineage", "position", "live"),
    [
        (((0, 0),), (0, 5), True),
        (((0, 0), (1, 4)), (0, 3), True),
        (((0, 0), (1, 4)), (0, 4), False),
        (((0, 0), (1, 4)), (1, 4), True),
        (((0, 0), (1, 4)), (1, 3), False),
        (((0, 0), (3, 2)), (1, 9), False),
    ],
)
def test_live_positions(
    lineage: tuple[tuple[int, int], ...], position: tuple[int, int], live: bool
) -> None:
    assert is_live(tuple(EpochStart(*step) for step in lineage), *position) is live
