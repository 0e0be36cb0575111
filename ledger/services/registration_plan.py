"""Decides, row by row, what registering a batch of drafts means: new, a repeat, or faulty.

Pure but for `load_context`, which reads everything that the decision needs in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ledger import lookup_digests
from ledger.catalogue import LicenseType
from ledger.draft import LicenseDraft, find_faults
from ledger.errors import Fault
from ledger.hashing import type_hash
from ledger.ports.cipher import Cipher
from ledger.ports.database import ReadSession
from ledger.ports.licenses import LicenseRecord
from ledger.types import LicenseStatus, Region

CONFLICT_CODES: Final = frozenset(
    {
        "identifier_taken",
        "identifier_twice",
        "check_code_taken",
        "check_code_twice",
        "not_replaceable",
        "supersedes_twice",
    }
)
"""Fault codes that mean "something else is there", rather than "this value is wrong"."""


ContentDigest = Callable[[LicenseDraft], bytes]
"""The digest by which a repeated registration is told from a conflict."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replaced:
    """The version that a draft replaces, with its status as the chain and the queue have it."""

    record: LicenseRecord
    status: LicenseStatus
    has_open_change: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What the decision rests on."""

    types: Mapping[str, LicenseType]
    granted: frozenset[bytes]
    identifier_digests: tuple[bytes, ...]
    """By row."""
    existing: Mapping[bytes, LicenseRecord]
    taken_check_codes: frozenset[str]
    replaced: Mapping[str, Replaced]
    """By license id; an id that is missing here does not exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """A draft that becomes a new license."""

    draft: LicenseDraft
    identifier_digest: bytes
    replaced: Replaced | None


Plan = Fresh | LicenseRecord | tuple[Fault, ...]
"""A new license, the one that is there already with the same content, or what is wrong."""


def load_context(
    session: ReadSession, cipher: Cipher, drafts: Sequence[LicenseDraft], region: Region
) -> Context:
    """Read what `plan` needs, with a constant number of queries for any number of plain drafts."""
    identifiers = tuple(lookup_digests.of_identifier(cipher, draft.identifier) for draft in drafts)
    codes = {
        lookup_digests.of_check_code(cipher, draft.check_code): draft.check_code
        for draft in drafts
        if draft.check_code is not None
    }
    position = session.mirror.position()
    newest = 0 if position is None else position.newest.number + 1
    return Context(
        types={
            code: found
            for code in {draft.type_code for draft in drafts}
            if (found := session.catalogue.get(code)) is not None
        },
        granted=frozenset(session.mirror.granted_types(region, at_block=newest)),
        identifier_digests=identifiers,
        existing=session.licenses.existing_identifiers(identifiers),
        taken_check_codes=frozenset(
            codes[digest] for digest in session.licenses.existing_check_codes(tuple(codes))
        ),
        replaced={
            license_id: old
            for license_id in {one.supersedes_id for one in drafts if one.supersedes_id is not None}
            if (old := _replaced(session, license_id, region, newest)) is not None
        },
    )


def plan(
    drafts: Sequence[LicenseDraft],
    context: Context,
    office: str,
    content_digest: ContentDigest,
) -> list[Plan]:
    """One plan for each draft, in order; a row that repeats an earlier one is refused."""
    seen_identifiers: dict[str, int] = {}
    seen_codes: dict[str, int] = {}
    seen_replaced: dict[str, int] = {}
    plans: list[Plan] = []
    for row, draft in enumerate(drafts):
        faults = [
            *find_faults(
                draft,
                office=office,
                type_=context.types.get(draft.type_code),
                is_granted=_is_granted(draft.type_code, context),
                row=row,
            ),
            *_twice("identifier", draft.identifier, seen_identifiers, row),
            *_twice("check_code", draft.check_code, seen_codes, row),
            *_twice("supersedes", draft.supersedes_id, seen_replaced, row),
        ]
        plans.append(
            tuple(faults) if faults else _plan_sound(row, draft, context, office, content_digest)
        )
    return plans


def _plan_sound(
    row: int, draft: LicenseDraft, context: Context, office: str, content_digest: ContentDigest
) -> Plan:
    identifier_digest = context.identifier_digests[row]
    there = context.existing.get(identifier_digest)
    if there is not None:
        if there.office == office and there.content_digest == content_digest(draft):
            return there
        return (
            Fault(
                field="identifier",
                problem="is registered already, with other content",
                next_step="give the new version the next version number and replace the old one",
                code="identifier_taken",
                row=row,
            ),
        )
    if draft.check_code is not None and draft.check_code in context.taken_check_codes:
        return (
            Fault(
                field="check_code",
                problem="belongs to another license",
                next_step="mint a fresh one and render the file again",
                code="check_code_taken",
                row=row,
            ),
        )
    replaced = None
    if draft.supersedes_id is not None:
        found = context.replaced.get(draft.supersedes_id)
        fault = _replacement_fault(draft, found, office, row)
        if fault is not None or found is None:
            return () if fault is None else (fault,)
        replaced = found
    return Fresh(
        draft=draft,
        identifier_digest=identifier_digest,
        replaced=replaced,
    )


def _replacement_fault(
    draft: LicenseDraft, found: Replaced | None, office: str, row: int
) -> Fault | None:
    if found is None or found.record.office != office:
        problem, step, code = (
            "there is no such license of this office",
            "look it up with GET /v1/licenses",
            "not_found",
        )
    elif found.record.type_code != draft.type_code:
        problem, step, code = (
            "the license to replace is of another type",
            "register a license of another type by itself",
            "replacement_type_differs",
        )
    elif found.record.position is None:
        problem, step, code = (
            "the license to replace has no place in the log yet",
            "retry in a few seconds",
            "not_replaceable",
        )
    elif found.has_open_change or found.status not in (
        LicenseStatus.IN_FORCE,
        LicenseStatus.SUSPENDED,
    ):
        problem, step, code = (
            f"the license to replace is {found.status.name.lower()} or about to change",
            "replace only a license in force or suspended, once its last change is final",
            "not_replaceable",
        )
    else:
        return None
    return Fault(field="supersedes", problem=problem, next_step=step, code=code, row=row)


def _twice(name: str, text: str | None, seen: dict[str, int], row: int) -> Sequence[Fault]:
    if text is None:
        return ()
    first = seen.setdefault(text, row)
    if first == row:
        return ()
    return (
        Fault(
            field=name,
            problem="stands in an earlier row of this batch too",
            next_step="send each license once",
            code=f"{name}_twice",
            row=row,
        ),
    )


def _is_granted(type_code: str, context: Context) -> bool:
    return type_code in context.types and type_hash(type_code) in context.granted


def _replaced(
    session: ReadSession, license_id: str, region: Region, newest: int
) -> Replaced | None:
    record = session.licenses.get(license_id)
    if record is None:
        return None
    status = (
        LicenseStatus.IN_FORCE
        if record.position is None
        else session.mirror.status(region, record.position, as_of=newest)
    )
    return Replaced(
        record=record,
        status=status,
        has_open_change=session.licenses.open_status_change(license_id) is not None,
    )
