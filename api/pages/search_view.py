"""What became of each region's part of a clerk's search, as the page shows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from api.pages.verdict_view import Presenter, VerdictView
from ledger.license import FILE
from ledger.policy import Action, decide, may_have_file
from ledger.ports.peers import PeerRefusal
from ledger.purpose import Purpose
from ledger.services.exchange import ForeignLicense, RegionAnswer, RegionOutcome
from ledger.services.lookup import first_problem_number
from ledger.types import Region
from ledger.verdict import CHECK_NAMES


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundView:
    """One license with this node's verdict."""

    region: str
    region_name: str
    license_id: str
    title: str
    verdict: VerdictView
    is_served: bool
    has_file: bool
    is_file_barred: bool
    """The license has a file, and this request can never have it."""
    failed_check: str
    """Number and name of the check that failed, when nothing is served."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldBackView:
    """Types that a region holds back for one reason."""

    reason: str
    types: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionView:
    """One region's part."""

    name: str
    outcome: RegionOutcome
    outcome_word: str
    why: str
    note: str
    """The node's own English words on why it did not answer."""
    found: tuple[FoundView, ...]
    held_back: tuple[HeldBackView, ...]

    @property
    def held_back_count(self) -> int:
        return sum(len(one.types) for one in self.held_back)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchView:
    """The whole answer. `partial` names the regions that did not answer, `cut` those that have
    more than they sent; each is empty when there is none.
    """

    summary: str
    partial: str
    cut: str
    doubt: str
    """That the holder's code fails its check character; empty when it does not."""
    regions: tuple[RegionView, ...]


def search_view(
    presenter: Presenter,
    answers: Sequence[RegionAnswer],
    purpose: Purpose,
    *,
    is_code_doubtful: bool,
) -> SearchView:
    """The view of the answer to a search for `purpose`."""
    words = presenter.words
    silent = [one.region for one in answers if one.outcome is not RegionOutcome.ANSWERED]
    cut = [one.region for one in answers if one.more]
    return SearchView(
        summary=words(
            "clerk.summary",
            asked=len(answers),
            answered=len(answers) - len(silent),
            found=sum(len(one.licenses) for one in answers),
        ),
        partial=words("clerk.partial", regions=_names(presenter, silent)) if silent else "",
        cut=words("clerk.cut", regions=_names(presenter, cut)) if cut else "",
        doubt=words("clerk.doubt") if is_code_doubtful else "",
        regions=tuple(_region(presenter, one, purpose) for one in answers),
    )


def _names(presenter: Presenter, regions: Sequence[Region]) -> str:
    return presenter.words("site.list_separator").join(map(presenter.region_name, regions))


def refusal_text(presenter: Presenter, reason: str) -> str:
    """Why a region or a rule refuses, in words."""
    words = presenter.words
    return (
        words.get(f"refusal.{reason}")
        or words.get(f"reason.{reason}.line")
        or words("refusal.other")
    )


def check_name(presenter: Presenter, number: int, key: str) -> str:
    """A sentence that names a check by number and name."""
    words = presenter.words
    return words(key, number=number, name=words(f"check.{CHECK_NAMES[number - 1]}.name"))


def _region(presenter: Presenter, answer: RegionAnswer, purpose: Purpose) -> RegionView:
    words = presenter.words
    why = ""
    if answer.outcome is RegionOutcome.UNREACHABLE:
        why = words("clerk.region.unreachable_next")
    elif answer.outcome is RegionOutcome.REFUSED:
        why = refusal_text(presenter, answer.detail.partition(":")[0])
    elif answer.more:
        why = words("clerk.region.more", count=len(answer.licenses))
    elif not answer.licenses:
        why = words("clerk.region.empty")
    return RegionView(
        name=presenter.region_name(answer.region),
        outcome=answer.outcome,
        outcome_word=words(f"clerk.region.{answer.outcome.value}"),
        why=why,
        note="" if answer.outcome is RegionOutcome.ANSWERED else answer.detail,
        found=tuple(_found(presenter, one, purpose) for one in answer.licenses),
        held_back=tuple(_held_back(presenter, answer.refusals)),
    )


def _found(presenter: Presenter, found: ForeignLicense, purpose: Purpose) -> FoundView:
    number = first_problem_number(found.verdict)
    name = presenter.type_name(found.type_code) if found.type_code else found.license_id
    has_file = found.bundle is not None and FILE in found.bundle.disclosed()
    verdict = presenter.verdict(found.verdict)
    return FoundView(
        region=found.region,
        region_name=presenter.region_name(found.region),
        license_id=found.license_id,
        title=name,
        verdict=verdict,
        is_served=found.bundle is not None,
        has_file=has_file,
        is_file_barred=has_file and _is_file_barred(presenter, found, verdict, purpose),
        failed_check=check_name(presenter, number, "clerk.failed_check"),
    )


def _is_file_barred(
    presenter: Presenter, found: ForeignLicense, verdict: VerdictView, purpose: Purpose
) -> bool:
    """Whether the policy can never give this request the file, which shows every field.

    What a member withholds is above its clearance: so a license of which something is withheld
    has no file for it. The region decides; this only spares the clerk a button that is refused.
    """
    if verdict.license is not None and verdict.license.withheld:
        return True
    type_ = presenter.type_of(found.type_code)
    if type_ is None or found.bundle is None:
        return False
    decision = decide(Action.DOWNLOAD, type_, is_active_member=True, purpose=purpose)
    return not may_have_file(decision, type_, found.bundle.disclosed()).is_allowed


def _held_back(presenter: Presenter, refusals: Sequence[PeerRefusal]) -> Iterator[HeldBackView]:
    for reason in dict.fromkeys(one.reason for one in refusals):
        yield HeldBackView(
            reason=refusal_text(presenter, reason),
            types=tuple(
                presenter.type_name(one.type_code) for one in refusals if one.reason == reason
            ),
        )
