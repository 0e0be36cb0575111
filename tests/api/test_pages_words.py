"""Both languages have every word, and every code that a page may have to say has words in both."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from string import Formatter

import pytest
from starlette.requests import Request

from api.pages import words
from api.pages.presented import query_from_text
from api.pages.search_form import PURPOSE_FIELDS
from api.pages.words import LANGUAGES, language_of, load_words
from api.problems import BY_CODE
from ledger import check_content, check_log, verification
from ledger.catalogue import _COMMON_LEVELS
from ledger.errors import InvalidInputError
from ledger.policy import Action, decide
from ledger.services.exchange import RegionOutcome
from ledger.types import LicenseStatus
from ledger.verdict import CHECK_NAMES, REASONS, Outcome, Value, failed, passed, undecided
from nodes.devnet.samples.fields import LABELS
from tests.support.peers import PURPOSE
from tests.support.region import CATALOGUE

PAGES = Path(words.__file__).parent
CHECKS = (verification, check_content, check_log)
TEMPLATES = sorted((PAGES / "templates").glob("*.html"))
CATALOGUES = load_words()


def refusals() -> set[str]:
    """Every reason with which the policy refuses."""
    decisions = [
        decide(Action.LOOK_UP, type_, is_active_member=is_member, purpose=stated)
        for type_ in CATALOGUE
        for is_member in (False, True)
        for stated in (None, PURPOSE)
    ]
    return {one.reason for one in decisions if one.reason is not None}


def evidence_names() -> set[str]:
    """What the checks give as evidence, read off the source that gives it."""
    sources = [inspect.getsource(one) for one in CHECKS]
    trees = map(ast.parse, sources)
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call)]
    makers = {check.__name__ for check in (failed, passed, undecided)}
    return {"valid_from", "valid_until", "day"} | {
        keyword.arg
        for call in calls
        if isinstance(call.func, ast.Name) and call.func.id in makers
        for keyword in call.keywords
        if keyword.arg is not None
    }


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def test_the_languages_have_the_same_keys_and_none_is_empty() -> None:
    first, *others = (CATALOGUES[language].texts for language in LANGUAGES)
    for other in others:
        assert other.keys() == first.keys()
        for key, text in first.items():
            assert text.strip(), key
            assert other[key].strip(), key


def test_a_word_takes_the_same_values_in_every_language_except_dates() -> None:
    chinese, english = (CATALOGUES[language].texts for language in LANGUAGES)
    differing = {key for key in chinese if placeholders(chinese[key]) != placeholders(english[key])}
    assert differing == {"site.day"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_code_has_words(language: str) -> None:
    texts = CATALOGUES[language].texts
    needed = {
        *(f"reason.{code}.{part}" for code in REASONS for part in ("line", "next")),
        *(f"check.{name}.{part}" for name in CHECK_NAMES for part in ("name", "passed")),
        *(f"verdict.{value.value}" for value in Value),
        *(f"verify.about.{value.value}" for value in Value),
        *(f"outcome.{outcome.value}" for outcome in Outcome),
        *(f"clerk.region.{outcome.value}" for outcome in RegionOutcome),
        *(f"refusal.{reason}" for reason in refusals()),
        *(f"problem.{code}" for code in BY_CODE),
        *(f"clerk.{name}.label" for name in PURPOSE_FIELDS),
        *(f"month.{month}" for month in range(1, 13)),
        *(f"clerk.types.level.{level}" for level in (3, 4)),
    }
    assert needed - texts.keys() == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_field_and_every_piece_of_evidence_has_a_label(language: str) -> None:
    texts = CATALOGUES[language].texts
    fields = {*_COMMON_LEVELS, *LABELS, "holders", "file"}
    assert {f"field.{name}" for name in fields} - texts.keys() == set()
    assert len(evidence_names()) > 20
    assert {f"evidence.{name}" for name in evidence_names()} - texts.keys() == set()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_that_a_template_names_is_there(path: Path) -> None:
    texts = CATALOGUES["en"].texts
    for key in re.findall(r"\bt\(\"([a-z_.]+)\"", path.read_text(encoding="utf-8")):
        assert key in texts or (key.endswith(".") and any(one.startswith(key) for one in texts))


def test_every_fault_that_is_raised_or_shown_has_words() -> None:
    shown: set[str] = set()
    for path in PAGES.glob("*.py"):
        source = path.read_text(encoding="utf-8")
        shown |= set(re.findall(r"fault\(\w+, \"([a-z_]+)\"", source))
        shown |= set(re.findall(r"sign_in_page\(request, \"([a-z_]+)\"", source))
        shown |= set(re.findall(r"notice=\"([a-z_]+)\"", source))
        shown |= set(re.findall(r"\] = \"([a-z_]+)\"", source))
    assert {"unrecognised", "form_expired", "token_refused", "unknown_choice"} <= shown
    assert {f"fault.{code}" for code in shown} <= CATALOGUES["zh-CN"].texts.keys()


def request_with(query: str = "", **headers: str) -> Request:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "query_string": query.encode(), "headers": pairs})


@pytest.mark.parametrize(
    ("query", "headers", "language"),
    [
        ("", {}, "zh-CN"),
        ("", {"accept-language": "en-GB,en;q=0.9"}, "en"),
        ("lang=en", {}, "en"),
        ("lang=xx", {"accept-language": "en"}, "en"),
        ("", {"cookie": f"{words.COOKIE}=zh-CN", "accept-language": "en"}, "zh-CN"),
        ("lang=en", {"cookie": f"{words.COOKIE}=zh-CN"}, "en"),
        ("", {"cookie": f"{words.COOKIE}=../../x"}, "zh-CN"),
    ],
)
def test_language_by_query_then_cookie_then_header(
    query: str, headers: dict[str, str], language: str
) -> None:
    assert language_of(request_with(query, **headers)) == language


def test_every_status_leads_to_a_reason_with_words() -> None:
    named = {status.name.lower() for status in LicenseStatus} - {"in_force"}
    assert named <= REASONS.keys()


def test_text_of_another_kind_is_a_fault_of_its_control() -> None:
    with pytest.raises(InvalidInputError) as raised:
        query_from_text("hello")
    assert [(one.field, one.code) for one in raised.value.faults] == [("text", "unrecognised")]
