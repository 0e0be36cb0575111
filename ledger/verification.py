"""Decides whether a license is what it claims to be: eight numbered checks, three values.

Covers DESIGN §6. `verify_license` is pure: a bundle, what the verifier trusts, and an instant in;
a verdict out. Reading the facts from a mirror is the caller's (`ledger.services.facts`); where the
bundle came from does not matter. Order: form ends everything, since nothing can be said of what
cannot be read; every other check is made even after a failed one, so that a person sees all that
is wrong, and the first failed one names the reason.

What is trusted: `Trust.facts`, which the verifier's own node read from blocks it holds final, and
nothing in the bundle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Final

from ledger import merkle
from ledger.bundle import Bundle, LogProof
from ledger.encoding import format_date
from ledger.errors import InclusionError, SignatureError
from ledger.hashing import leaf_hash
from ledger.keys import VerifyingKey
from ledger.license import CHECK_CODE, FILE, HOLDERS, IDENTIFIER, FileFacts
from ledger.types import AnchoredHead, BlockRef, EpochStart, LicenseStatus, Region
from ledger.verdict import (
    ChainView,
    Check,
    Outcome,
    Verdict,
    VerifiedLicense,
    conclude,
)

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""China keeps UTC+8 without daylight saving: validity dates are days there."""

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far a region's clock may be ahead of the verifier's: a promise may be from this future."""

LONGEST_PROMISE: Final = timedelta(days=7)
"""Longest time from registration to anchor that a promise may give: none keeps a license unknown
for ever, whoever got hold of the key that signed it."""

CONTENT_DISCLOSED: Final = "every disclosed value is one that the entry commits to"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFacts:
    """What the verifier's chain says of one bundle, as of `block`. All of it is trusted."""

    block: BlockRef
    """The final block that these facts speak for."""
    finality: str
    anchor: AnchoredHead | None
    """The head anchored at the bundle's (region, epoch, tree size); None: no such slot."""
    mirrored_size: int
    """Size of the region's newest anchored head in the bundle's epoch, 0 without one."""
    lineage: tuple[EpochStart, ...]
    region_active: bool
    """The region was an active member at the anchor's block."""
    type_granted: bool
    """The type was active and granted to the region at the anchor's block."""
    status: LicenseStatus
    signing_keys: Mapping[int, VerifyingKey] = field(default_factory=dict, hash=False)
    """The region's signing keys by number, for registration promises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """What a verifier relies on."""

    chain_id: int
    facts: ChainFacts | None
    """None when the chain could not be read: nothing is valid then, and nothing invalid by it."""
    max_age: timedelta
    """How old the block may be that the facts speak for, before they are `stale`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked; an answer about another license is `wrong_license`, however genuine."""

    region: Region | None = None
    id: str | None = None
    type_code: str | None = None
    holder_code: str | None = None
    identifier: str | None = None
    check_code: str | None = None


def verify_license(
    bundle: Bundle,
    trust: Trust,
    at: datetime,
    *,
    question: Question | None = None,
    file: FileFacts | None = None,
) -> Verdict:
    """Decide `bundle` as of `at`. Performs no IO.

    `file` are the digests of a file that was presented with it or fetched for it; `question` is
    what the bundle must answer.
    """
    checks = (
        _check(1, "the bundle has the form of version 1", v=1),
        _content(bundle, question, file),
        _inclusion(bundle),
        _anchored(bundle, trust, at),
        _authority(bundle, trust),
        _status(bundle, trust),
        _dates(bundle, at),
        _freshness(trust, at),
    )
    license_ = VerifiedLicense(
        id=bundle.entry.id,
        type_code=bundle.entry.type_code,
        region=bundle.entry.region,
        position=None if bundle.log is None else bundle.log.position,
        valid_from=bundle.entry.valid_from,
        valid_until=bundle.entry.valid_until,
        fields=bundle.disclosed(),
    )
    content_held = checks[1].outcome is Outcome.PASSED
    return conclude(
        checks, at=at, license_=license_ if content_held else None, chain=_chain_view(trust)
    )


def _check(number: int, detail: str, **evidence: object) -> Check:
    return Check(number=number, outcome=Outcome.PASSED, detail=detail, code="ok", evidence=evidence)


def _failed(number: int, code: str, detail: str, **evidence: object) -> Check:
    return Check(number=number, outcome=Outcome.FAILED, detail=detail, code=code, evidence=evidence)


def _unknown(number: int, code: str, detail: str, **evidence: object) -> Check:
    return Check(
        number=number, outcome=Outcome.UNKNOWN, detail=detail, code=code, evidence=evidence
    )


def _skipped(number: int, detail: str) -> Check:
    return Check(number=number, outcome=Outcome.SKIPPED, detail=detail, code="skipped")


def _no_chain(number: int) -> Check:
    return _unknown(
        number, "chain_unreachable", "the chain could not be read; try again when it is back"
    )


def _content(bundle: Bundle, question: Question | None, file: FileFacts | None) -> Check:
    committed = set(bundle.entry.sd)
    for disclosure in bundle.disclosures:
        if disclosure.digest not in committed:
            return _failed(
                2,
                "content_mismatch",
                "a disclosed value is not one that the entry commits to",
                name=disclosure.name,
                digest=disclosure.digest,
            )
    disclosed = bundle.disclosed()
    if file is not None:
        differing = _file_difference(disclosed, file)
        if differing is not None:
            return differing
    if question is not None:
        wrong = _wrong_answer(bundle, disclosed, question)
        if wrong is not None:
            return _failed(2, "wrong_license", f"this is another license: its {wrong} differs")
    return _check(
        2,
        "the file and every disclosed value are those that the entry commits to"
        if file is not None
        else CONTENT_DISCLOSED,
        disclosed=sorted(disclosed),
        withheld=len(committed) - len(bundle.disclosures),
    )


def _file_difference(disclosed: Mapping[str, object], file: FileFacts) -> Check | None:
    said = disclosed.get(FILE)
    if not isinstance(said, dict):
        return _failed(2, "content_mismatch", "the license says nothing of a file")
    actual = file.to_json()
    for name in ("sha256", "sm3", "size"):
        if said.get(name) != actual[name]:
            return _failed(
                2,
                "content_mismatch",
                f"the file is not the registered one: its {name} differs",
                registered=said.get(name),
                presented=actual[name],
            )
    return None


def _wrong_answer(
    bundle: Bundle, disclosed: Mapping[str, object], question: Question
) -> str | None:
    entry = bundle.entry
    asked: tuple[tuple[str, object, object], ...] = (
        ("region", question.region, entry.region),
        ("id", question.id, entry.id),
        ("type", question.type_code, entry.type_code),
        (IDENTIFIER, question.identifier, disclosed.get(IDENTIFIER)),
        (CHECK_CODE, question.check_code, disclosed.get(CHECK_CODE)),
    )
    for name, wanted, got in asked:
        if wanted is not None and wanted != got:
            return name
    if question.holder_code is not None:
        holders = disclosed.get(HOLDERS)
        codes = (
            [one.get("code") for one in holders if isinstance(one, dict)]
            if isinstance(holders, list)
            else []
        )
        if question.holder_code not in codes:
            return "holder"
    return None


def _inclusion(bundle: Bundle) -> Check:
    if bundle.log is None:
        return _skipped(3, "the license has no position in the log yet")
    log = bundle.log
    leaf = leaf_hash(bundle.entry_bytes)
    try:
        if log.inclusion.tree_size != log.head.tree_size:
            raise InclusionError("the proof is for another tree size than the head's")
        if log.position.epoch != log.head.epoch:
            raise InclusionError("the proof is for another epoch than the head's")
        merkle.verify_inclusion(
            leaf_hash=leaf,
            leaf_index=log.position.index,
            tree_size=log.inclusion.tree_size,
            proof=log.inclusion.path,
            root_hash=log.head.root_hash,
        )
    except InclusionError as error:
        return _failed(3, "not_in_log", f"the entry is not in the log: {error}", leaf=leaf.hex())
    return _check(
        3,
        "the entry is in the region's log",
        leaf_hash=leaf.hex(),
        leaf_index=log.position.index,
        tree_size=log.head.tree_size,
        root_hash=log.head.root_hash.hex(),
    )


def _anchored(bundle: Bundle, trust: Trust, at: datetime) -> Check:
    facts = trust.facts
    if facts is None:
        return _no_chain(4)
    if bundle.promise is not None:
        broken = _broken_promise(bundle, facts)
        if broken is not None:
            return broken
    if bundle.log is None:
        return _not_anchored(bundle, at)
    log = bundle.log
    if facts.anchor is None:
        if log.head.tree_size <= facts.mirrored_size:
            return _failed(
                4,
                "root_not_on_chain",
                "the chain has no such head, and its log is already past that size",
                tree_size=log.head.tree_size,
                anchored_size=facts.mirrored_size,
            )
        return _not_anchored(bundle, at)
    return _head_on_chain(log, facts, facts.anchor)


def _head_on_chain(log: LogProof, facts: ChainFacts, anchor: AnchoredHead) -> Check:
    if anchor.root_hash != log.head.root_hash:
        return _failed(
            4,
            "root_not_on_chain",
            "the chain holds another root hash for this tree size: the log here was rewritten",
            on_chain=anchor.root_hash.hex(),
            presented=log.head.root_hash.hex(),
        )
    if anchor != log.head:
        return _failed(4, "root_not_on_chain", "the head's block or sizes differ from the chain's")
    if not anchor.previous_size <= log.position.index < anchor.tree_size:
        return _failed(
            4,
            "root_not_on_chain",
            "this is not the first anchored head that covers the entry",
            previous_size=anchor.previous_size,
            leaf_index=log.position.index,
        )
    if not is_live(facts.lineage, log.position.epoch, log.position.index):
        return _failed(
            4,
            "disowned",
            "the region reopened its log below this entry and does not stand by it",
            epoch=log.position.epoch,
            index=log.position.index,
        )
    return _check(
        4,
        "the log's head is on the chain, in a final block",
        block_number=anchor.block_number,
        block_time=anchor.block_time,
        previous_size=anchor.previous_size,
        epoch=anchor.epoch,
    )


def is_live(lineage: tuple[EpochStart, ...], epoch: int, index: int) -> bool:
    """Whether the position is on the log's live lineage (DESIGN §4, epochs)."""
    for at, step in enumerate(lineage):
        if step.epoch == epoch:
            end = lineage[at + 1].start_size if at + 1 < len(lineage) else None
            return step.start_size <= index and (end is None or index < end)
    return False


def _broken_promise(bundle: Bundle, facts: ChainFacts) -> Check | None:
    """The check that fails when the bundle's promise is not the region's word for this entry."""
    promise = bundle.promise
    if promise is None:
        return None
    key = facts.signing_keys.get(promise.key.number)
    if promise.key.region != bundle.entry.region or promise.region != bundle.entry.region:
        return _failed(4, "root_not_on_chain", "the registration promise is another region's")
    if promise.leaf_hash != leaf_hash(bundle.entry_bytes):
        return _failed(4, "root_not_on_chain", "the registration promise is for another entry")
    if key is None:
        return _failed(
            4, "root_not_on_chain", "the registration promise names a key that is not on the chain"
        )
    try:
        promise.verify(key)
    except SignatureError:
        return _failed(4, "root_not_on_chain", "the registration promise's signature is wrong")
    return None


def _not_anchored(bundle: Bundle, at: datetime) -> Check:
    promise = bundle.promise
    if (
        promise is None
        or at > promise.anchor_by
        or not -CLOCK_SKEW <= at - promise.time <= LONGEST_PROMISE
    ):
        return _failed(
            4,
            "root_not_on_chain",
            "not anchored, and no registration promise for it is still running",
        )
    return _unknown(
        4,
        "not_anchored",
        "registered and promised, not yet on the chain; ask again shortly",
        anchor_by=promise.anchor_by.isoformat(),
    )


def _authority(bundle: Bundle, trust: Trust) -> Check:
    facts = trust.facts
    if facts is None:
        return _no_chain(5)
    if bundle.log is not None and facts.anchor is None:
        return _skipped(5, "judged at the anchor's block, which there is not")
    entry = bundle.entry
    if not facts.region_active:
        return _failed(
            5, "not_authorised", "the region was not an active member", region=entry.region
        )
    if not facts.type_granted:
        return _failed(
            5, "not_authorised", "the region may not issue this type", type=entry.type_code
        )
    return _check(
        5,
        "the region was an active member and may issue this type",
        region=entry.region,
        type=entry.type_code,
    )


_STATUS_FAILURES: Final[Mapping[LicenseStatus, tuple[str, str]]] = {
    LicenseStatus.SUSPENDED: ("suspended", "the issuing office suspended this license"),
    LicenseStatus.REVOKED: ("revoked", "the issuing office revoked this license"),
    LicenseStatus.SUPERSEDED: ("superseded", "a newer version replaces this license"),
}


def _status(bundle: Bundle, trust: Trust) -> Check:
    facts = trust.facts
    if facts is None:
        return _no_chain(6)
    if bundle.log is None:
        return _skipped(6, "a license without a position has no status on the chain")
    if facts.status is not LicenseStatus.IN_FORCE:
        code, detail = _STATUS_FAILURES[facts.status]
        return _failed(6, code, detail, as_of_block=facts.block.number)
    return _check(6, "neither suspended nor revoked nor replaced", as_of_block=facts.block.number)


def _dates(bundle: Bundle, at: datetime) -> Check:
    today = _day_in_shanghai(at)
    entry = bundle.entry
    if entry.valid_until is not None and today > entry.valid_until:
        return _failed(7, "expired", "its last day of validity has passed", **_days(bundle, today))
    if today < entry.valid_from:
        return _failed(
            7, "not_yet_valid", "its first day of validity has not come", **_days(bundle, today)
        )
    return _check(7, "within its days of validity", **_days(bundle, today))


def _day_in_shanghai(at: datetime) -> date:
    try:
        return at.astimezone(SHANGHAI).date()
    except OverflowError:  # the last eight hours that a calendar has
        return date.max


def _days(bundle: Bundle, today: date) -> dict[str, object]:
    until = bundle.entry.valid_until
    return {
        "valid_from": format_date(bundle.entry.valid_from),
        "valid_until": None if until is None else format_date(until),
        "day": format_date(today),
    }


def _freshness(trust: Trust, at: datetime) -> Check:
    facts = trust.facts
    if facts is None:
        return _no_chain(8)
    age = int(at.timestamp()) - facts.block.time
    limit = int(trust.max_age.total_seconds())
    if age > limit:
        return _unknown(
            8,
            "stale",
            "the newest final block here is too old to speak for this moment",
            age_seconds=age,
            max_age_seconds=limit,
        )
    return _check(8, "the chain facts are recent enough", age_seconds=age, max_age_seconds=limit)


def _chain_view(trust: Trust) -> ChainView | None:
    facts = trust.facts
    if facts is None:
        return None
    return ChainView(chain_id=trust.chain_id, block=facts.block, finality=facts.finality)
