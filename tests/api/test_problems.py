"""One table from errors to problems."""

from __future__ import annotations

import inspect

import pytest

from api.problems import KINDS, RequestError, headers_of, kind_of, members_of
from ledger import errors
from ledger.errors import BusyError, IntegrityError, LedgerError, NotPermittedError, StoreError

ERRORS = [
    one
    for one in vars(errors).values()
    if inspect.isclass(one) and issubclass(one, LedgerError) and one is not LedgerError
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_error_of_the_tree_is_a_problem_on_purpose(error: type[LedgerError]) -> None:
    kind = kind_of(error.__new__(error))
    is_ours = issubclass(error, errors.ConfigurationError | errors.WrongChainError)
    assert (kind.status < 500) or kind.hidden_detail or kind.status in {502, 503, 504} or is_ours


def test_codes_and_titles_are_there_and_a_code_has_one_status() -> None:
    by_code: dict[str, int] = {}
    for kind in KINDS.values():
        assert kind.title_zh
        assert kind.title_en
        assert by_code.setdefault(kind.code, kind.status) == kind.status


def test_members_carry_what_the_error_knows() -> None:
    members = members_of(
        IntegrityError("the file differs", reason="content_mismatch", check=2),
        instance="/v1/licenses",
        language="en",
    )
    assert (members["status"], members["reason"], members["check"]) == (409, "content_mismatch", 2)
    denied = members_of(NotPermittedError("no", reason="missing_scope"), instance="", language="en")
    assert denied["reason"] == "missing_scope"


def test_inside_of_the_store_is_not_shown() -> None:
    members = members_of(StoreError("/var/secret: SQL"), instance="", language="en")
    assert "secret" not in str(members)


def test_retry_after() -> None:
    assert headers_of(BusyError("x", retry_after=30)) == {"Retry-After": "30"}
    assert headers_of(StoreError("x")) == {"Retry-After": "5"}
    assert headers_of(RequestError("x")) == {}
