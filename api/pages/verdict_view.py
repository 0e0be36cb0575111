"""A verdict as a page shows it: one line that anyone understands, then every check."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from api.context import ApiSettings
from api.pages.site import region_name
from api.pages.telling_rows import TELLING, without_repeats
from api.pages.texts import (
    Row,
    date_or_text,
    day_text,
    epoch_text,
    field_rows,
    instant_or_text,
    instant_text,
    plain_text,
)
from api.pages.words import Words
from ledger.catalogue import PERSON, LicenseType
from ledger.license import HOLDERS
from ledger.types import Region
from ledger.verdict import Check, Outcome, Value, Verdict, VerifiedLicense

TypeOf = Callable[[str], LicenseType | None]
"""Looks a type up by its code."""

_SHORT: Final = 24
"""Evidence longer than this is shown as a code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckView:
    """One numbered check."""

    number: int
    name: str
    outcome: Outcome
    outcome_word: str
    sentence: str
    note: str
    """The check's own English sentence."""
    evidence: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseView:
    """What the license says, as far as it was disclosed."""

    title: str
    rows: tuple[Row, ...]
    telling: tuple[Row, ...]
    """The few of the rows that tell licenses apart."""
    others: tuple[Row, ...]
    """The rows that are not telling."""
    withheld: int
    """Values that it holds and that were not disclosed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictView:
    """The whole verdict."""

    value: Value
    word: str
    line: str
    next_step: str
    reason: str
    as_of: str
    chain: str
    license: LicenseView | None
    checks: tuple[CheckView, ...]

    @property
    def passed(self) -> int:
        return sum(check.outcome is Outcome.PASSED for check in self.checks)


@dataclass(frozen=True, slots=True)
class Presenter:
    """Puts verdicts into one language's words."""

    words: Words
    settings: ApiSettings
    type_of: TypeOf

    def verdict(self, verdict: Verdict, *, has_file: bool = False) -> VerdictView:
        """The view of a verdict; `has_file` says that it is on a file that was presented."""
        words = self.words
        chain = words("verify.no_chain")
        if verdict.chain is not None:
            block = verdict.chain.block
            made_at = instant_text(words, datetime.fromtimestamp(block.time, UTC))
            chain = words("verify.chain", number=block.number, time=made_at)
        return VerdictView(
            value=verdict.value,
            word=words(f"verdict.{verdict.value.value}"),
            line=words(f"reason.{verdict.reason}.line"),
            next_step=self._next_step(verdict, has_file=has_file),
            reason=verdict.reason,
            as_of=words("verify.as_of", time=instant_text(words, verdict.at)),
            chain=chain,
            license=None if verdict.license is None else self._license(verdict, verdict.license),
            checks=tuple(self._check(check, has_file=has_file) for check in verdict.checks),
        )

    def _next_step(self, verdict: Verdict, *, has_file: bool) -> str:
        """What to do, and what is left to be compared when the license holds."""
        words, found = self.words, verdict.license
        steps = [words(f"reason.{verdict.reason}.next")]
        if verdict.value is Value.VALID and found is not None:
            if not has_file:
                steps.append(words("verify.compare"))
            type_ = self.type_of(found.type_code)
            names_person = type_ is not None and type_.holder == PERSON
            if names_person and not found.fields.keys().isdisjoint((HOLDERS, "holder_name")):
                steps.append(words("verify.compare_holder"))
        return (" " if words.is_english else "").join(steps)

    def type_name(self, code: str) -> str:
        """What people call a type; its code when the catalogue here has none."""
        found = self.type_of(code)
        if found is None:
            return code
        return found.name_en if self.words.is_english else found.name_zh

    def region_name(self, region: Region) -> str:
        """What people call a region, with its code."""
        return region_name(self.settings, region, self.words)

    def _license(self, verdict: Verdict, found: VerifiedLicense) -> LicenseView:
        words = self.words
        until = found.valid_until
        withheld = verdict.checks[1].evidence.get("withheld", 0)
        title = self.type_name(found.type_code)
        kind = (
            Row(words("field.type"), title),
            Row(words("field.region"), self.region_name(found.region)),
        )
        days = (
            Row(words("field.valid_from"), day_text(words, found.valid_from)),
            Row(
                words("field.valid_until"),
                words("site.open_ended") if until is None else day_text(words, until),
            ),
        )
        fields = without_repeats(found.fields, title, found.valid_from, until)
        telling = {name: value for name, value in fields.items() if name in TELLING}
        others = {name: value for name, value in fields.items() if name not in TELLING}
        return LicenseView(
            title=title,
            rows=(*kind, *days, *field_rows(words, fields)),
            telling=(*field_rows(words, telling), *days),
            others=(*kind, *field_rows(words, others)),
            withheld=withheld if isinstance(withheld, int) else 0,
        )

    def _check(self, check: Check, *, has_file: bool) -> CheckView:
        words = self.words
        sentences = {
            Outcome.PASSED: "check.content.shown"
            if check.name == "content" and not has_file
            else f"check.{check.name}.passed",
            Outcome.SKIPPED: "check.skipped",
        }
        return CheckView(
            number=check.number,
            name=words(f"check.{check.name}.name"),
            outcome=check.outcome,
            outcome_word=words(f"outcome.{check.outcome.value}"),
            sentence=words(sentences.get(check.outcome, f"reason.{check.code}.line")),
            note=check.detail,
            evidence=tuple(self._evidence(check)),
        )

    def _evidence(self, check: Check) -> Iterator[Row]:
        for name, value in check.evidence.items():
            text = self._evidence_text(name, value)
            label = self.words.get(f"evidence.{name}") or name
            is_code = isinstance(value, str) and text == value and len(value) > _SHORT
            yield Row(label, text, is_code=is_code)

    def _evidence_text(self, name: str, value: object) -> str:
        words = self.words
        if name in _TEXTS:
            return _TEXTS[name](words, value)
        if name == "region":
            return self.region_name(Region(str(value)))
        if name == "type":
            return self.type_name(str(value))
        return plain_text(words, value)


def _end_text(words: Words, value: object) -> str:
    return words("site.open_ended") if value is None else date_or_text(words, value)


def _name_text(words: Words, value: object) -> str:
    return words.get(f"field.{value}") or str(value)


def _names_text(words: Words, value: object) -> str:
    names = value if isinstance(value, list) else [value]
    return plain_text(words, [_name_text(words, name) for name in names])


_TEXTS: Final[Mapping[str, Callable[[Words, object], str]]] = {
    "block_time": epoch_text,
    "anchor_by": instant_or_text,
    "valid_from": date_or_text,
    "valid_until": _end_text,
    "day": date_or_text,
    "name": _name_text,
    "disclosed": _names_text,
}
"""How evidence reads that is more than a number or a digest, by its name."""
