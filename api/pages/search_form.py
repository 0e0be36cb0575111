"""A clerk's look-up form: read, judged, and kept for the next search of the same case."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from api.pages.forms import Fields
from ledger.identifier import is_citizen_id, is_credit_code
from ledger.ports.peers import PeerQuery
from ledger.purpose import MAX_TEXT, Handler, Purpose
from ledger.types import Region

HOLDER: Final = "holder_code"
TYPE: Final = "type"
REGION: Final = "region"
CASE: Final = "case"
HANDLER_NAME: Final = "handler_name"
HANDLER_NUMBER: Final = "handler_number"
PURPOSE_FIELDS: Final = ("system", "matter_code", "case_number", HANDLER_NAME)

DigestOf = Callable[[str], str]
"""The digest, in hex, that stands for a handler's number; the number is kept nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchForm:
    """What stands in the form's controls; the handler's number is never shown again."""

    holder_code: str = ""
    types: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    purpose: Mapping[str, str]
    case: str = ""
    """Reference of the purpose that the session remembers; empty for a new one."""


def empty_form(newest: tuple[str, Purpose] | None) -> SearchForm:
    """The form before a search, with the session's last purpose in it."""
    if newest is None:
        return SearchForm(purpose=dict.fromkeys(PURPOSE_FIELDS, ""))
    return form_of_case(*newest)


def form_of_case(case: str, purpose: Purpose) -> SearchForm:
    """The form for another search of the same case."""
    return SearchForm(purpose=_shown(purpose), case=case)


def with_case(form: SearchForm, case: str) -> SearchForm:
    """The form after its search: the next one is for the same case unless it is changed."""
    return replace(form, case=case)


def read_form(fields: Fields) -> SearchForm:
    """What was posted, whether or not it is sound."""
    return SearchForm(
        holder_code=fields.one(HOLDER),
        types=fields.all(TYPE),
        regions=fields.all(REGION),
        purpose={name: fields.one(name) for name in PURPOSE_FIELDS},
        case=fields.one(CASE),
    )


def faults_of(
    form: SearchForm,
    number: str,
    known: Purpose | None,
    *,
    types: Collection[str],
    regions: Collection[str],
) -> dict[str, str]:
    """Codes of what is wrong, by field; empty when the search can be made."""
    texts = {HOLDER: form.holder_code, **form.purpose, HANDLER_NUMBER: number}
    if not number and known is not None and known.handler.name == form.purpose[HANDLER_NAME]:
        del texts[HANDLER_NUMBER]
    faults = {
        name: "malformed_text" if text else "missing"
        for name, text in texts.items()
        if not text or len(text) > MAX_TEXT or not text.isprintable()
    }
    if not set(form.types) <= set(types):
        faults[TYPE] = "unknown_choice"
    if not set(form.regions) <= set(regions):
        faults[REGION] = "unknown_choice"
    return faults


def query_of(
    form: SearchForm, number: str, known: Purpose | None, *, office: str, digest_of: DigestOf
) -> PeerQuery:
    """The query of a form without faults."""
    digest = known.handler.id_digest if known is not None and not number else digest_of(number)
    return PeerQuery(
        holder_code=_as_registered(form.holder_code),
        type_codes=form.types,
        purpose=Purpose(
            system=form.purpose["system"],
            matter_code=form.purpose["matter_code"],
            case_number=form.purpose["case_number"],
            handler=Handler(name=form.purpose[HANDLER_NAME], id_digest=digest, office=office),
        ),
    )


def asked_regions(form: SearchForm) -> tuple[Region, ...]:
    """The regions chosen; none: all."""
    return tuple(map(Region, form.regions))


def _as_registered(code: str) -> str:
    """The code as licenses carry it: with its check character in upper case."""
    upper = code.upper()
    return upper if is_citizen_id(upper) or is_credit_code(upper) else code


def _shown(purpose: Purpose) -> dict[str, str]:
    return {
        "system": purpose.system,
        "matter_code": purpose.matter_code,
        "case_number": purpose.case_number,
        HANDLER_NAME: purpose.handler.name,
    }
