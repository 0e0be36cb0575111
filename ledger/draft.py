"""What an office sends to register a license, and everything that can be wrong with it.

`find_faults` decides purely; it names every fault at once, so that an office corrects a row in one
go. No message repeats a person's name or number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from ledger import canonical, identifier
from ledger.catalogue import LicenseType
from ledger.encoding import b64url_decode
from ledger.errors import Fault, MalformedError
from ledger.license import RESERVED_NAMES, FileFacts, Holder

CREDIT_CODE, CITIZEN_NUMBER = "001", "111"
"""The two 持证主体代码类型 whose codes carry a check character (STANDARDS §3)."""

HOLDER_CODE_TYPES: Final = frozenset(
    {"001", "099", "111", "114", "115", "118", "119", "120", "122", "411", "412", "413", "414"}
    | {"511", "516", "999"}
)
CHECK_CODE_BYTES: Final = 16
MAX_HOLDERS: Final = 50
MAX_FIELDS: Final = 100
MAX_FIELD_BYTES: Final = 8 * 1024
"""Largest canonical form of one field's value."""

MAX_NAME: Final = 200
"""Characters of a holder's name or code."""

_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """A license's file: its bytes, or its digests only when the office keeps it itself."""

    facts: FileFacts
    content: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenseDraft:
    """One license as an office sends it, not checked yet."""

    identifier: str
    type_code: str
    holders: tuple[Holder, ...]
    valid_from: date
    valid_until: date | None
    fields: Mapping[str, object] = field(default_factory=dict, hash=False)
    check_code: str | None = None
    """None: the node mints one, which a file made before cannot show."""
    file: DraftFile | None = None
    supersedes_id: str | None = None
    holder_code_unchecked: bool = False

    def content(self) -> bytes:
        """Bytes of all that the office stated: they tell a repeat from a conflict.

        Raise MalformedError for a value that `find_faults` would name.
        """
        file = None if self.file is None else self.file.facts
        stated = [
            self.identifier,
            self.type_code,
            str(self.valid_from),
            str(self.valid_until),
            str(self.check_code),
            str(self.supersedes_id),
            str(self.holder_code_unchecked),
            "" if file is None else f"{file.sha256.hex()}/{file.sm3.hex()}/{file.size}",
            "" if file is None else file.media_type,
            str(len(self.holders)),
        ]
        for one in self.holders:
            stated += (one.code_type, one.code, one.name)
        for name, value in sorted(self.fields.items()):
            # Of another type than text: marked, so that 1 and "1" are two contents.
            if isinstance(value, str):
                stated += (name, "text", value)
            else:
                stated += (name, "json", _canonical(value))
        return canonical.encode(stated)


def _canonical(value: object) -> str:
    return canonical.encode(value).decode()


def find_faults(
    draft: LicenseDraft,
    *,
    office: str,
    type_: LicenseType | None,
    is_granted: bool,
    row: int | None = None,
) -> tuple[Fault, ...]:
    """Every fault of `draft`; empty when it can be registered by `office` (a USCC)."""
    faults = [
        *_type_faults(draft, type_, is_granted),
        *_identifier_faults(draft, office),
        *_holder_faults(draft),
        *_date_faults(draft),
        *_field_faults(draft),
        *_check_code_faults(draft),
    ]
    if row is None or not faults:
        return tuple(faults)
    return tuple(
        Fault(
            field=fault.field,
            problem=fault.problem,
            next_step=fault.next_step,
            code=fault.code,
            row=row,
        )
        for fault in faults
    )


def _type_faults(
    draft: LicenseDraft, type_: LicenseType | None, is_granted: bool
) -> Sequence[Fault]:
    if type_ is None:
        return (
            Fault(
                field="type",
                problem=f"{draft.type_code!r:.60} is not in the catalogue",
                next_step="use a code of GET /v1/types",
                code="unknown_type",
            ),
        )
    if not is_granted:
        return (
            Fault(
                field="type",
                problem=f"this region may not issue {type_.name_zh} ({draft.type_code})",
                next_step="ask the consortium to grant the type to this region",
                code="type_not_granted",
            ),
        )
    return ()


def _identifier_faults(draft: LicenseDraft, office: str) -> Sequence[Fault]:
    try:
        parsed = identifier.parse(draft.identifier)
    except MalformedError as error:
        return (
            Fault(
                field="identifier",
                problem=str(error),
                next_step="correct it; GB/T 36904 says how its parts and check character are made",
                code="malformed_identifier",
            ),
        )
    faults = []
    if parsed.type_code != draft.type_code:
        faults.append(
            Fault(
                field="identifier",
                problem=f"it names type {parsed.type_code}, not {draft.type_code!r:.60}",
                next_step="make the type code and the identifier agree",
                code="identifier_type_differs",
            )
        )
    if parsed.issuer != office:
        faults.append(
            Fault(
                field="identifier",
                problem=f"its issuer is {parsed.issuer}, the token belongs to office {office}",
                next_step="use a token of the issuing office",
                code="identifier_issuer_differs",
            )
        )
    return faults


def _holder_faults(draft: LicenseDraft) -> Sequence[Fault]:
    if not 1 <= len(draft.holders) <= MAX_HOLDERS:
        return (
            Fault(
                field="holders",
                problem=f"{len(draft.holders)} holders; there must be 1 to {MAX_HOLDERS}",
                next_step="name at least one holder",
                code="holder_count",
            ),
        )
    faults: list[Fault] = []
    for at, holder in enumerate(draft.holders):
        faults.extend(_one_holder(f"holders[{at}]", holder, draft.holder_code_unchecked))
    return faults


def _one_holder(path: str, holder: Holder, unchecked: bool) -> Sequence[Fault]:
    faults = []
    for name, text in (("name", holder.name), ("code", holder.code)):
        if not 1 <= len(text) <= MAX_NAME or not text.isprintable() or text != text.strip():
            faults.append(
                Fault(
                    field=f"{path}.{name}",
                    problem=f"is not 1 to {MAX_NAME} printable characters without outer spaces",
                    next_step="write it as the license shows it",
                    code="malformed_text",
                )
            )
    if holder.code_type not in HOLDER_CODE_TYPES:
        faults.append(
            Fault(
                field=f"{path}.code_type",
                problem=f"{holder.code_type!r:.20} is not a holder code type",
                next_step="use 001 for a credit code, 111 for a citizen number, 999 for others",
                code="unknown_code_type",
            )
        )
    holds = (
        identifier.is_credit_code(holder.code)
        if holder.code_type == CREDIT_CODE
        else identifier.is_citizen_id(holder.code)
        if holder.code_type == CITIZEN_NUMBER
        else True
    )
    if not holds and not unchecked:
        faults.append(
            Fault(
                field=f"{path}.code",
                problem="fails its standard's form or check character (GB 11643, GB 32100)",
                next_step="correct it; if the code was issued like this, set holder_code_unchecked",
                code="holder_code_check_failed",
            )
        )
    return faults


def _date_faults(draft: LicenseDraft) -> Sequence[Fault]:
    if draft.valid_until is None or draft.valid_from <= draft.valid_until:
        return ()
    return (
        Fault(
            field="valid_until",
            problem=f"{draft.valid_until} is before valid_from {draft.valid_from}",
            next_step="swap the dates, or leave valid_until out when there is no end",
            code="dates_reversed",
        ),
    )


def _field_faults(draft: LicenseDraft) -> Sequence[Fault]:
    if len(draft.fields) > MAX_FIELDS:
        return (
            Fault(
                field="fields",
                problem=f"{len(draft.fields)} fields; at most {MAX_FIELDS} are accepted",
                next_step="leave out what the license does not show",
                code="too_many_fields",
            ),
        )
    faults = []
    for name, value in draft.fields.items():
        problem = _field_problem(name, value)
        if problem is not None:
            faults.append(
                Fault(
                    field=f"fields.{name:.64}",
                    problem=problem,
                    next_step="use the snake_case names of GB/T 36903 and plain values",
                    code="malformed_field",
                )
            )
    return faults


def _field_problem(name: str, value: object) -> str | None:
    if _FIELD_NAME.fullmatch(name) is None:
        return "the name is not a lower-case letter followed by up to 63 of a-z, 0-9 and _"
    if name in RESERVED_NAMES:
        return "the name is taken by a member of the license itself"
    if type(value) is str:
        # Three bytes at most for a character of the plane that Chinese is written in, four beyond.
        return None if len(value) * 4 <= MAX_FIELD_BYTES else _long_value(value)
    return _long_value(value)


def _long_value(value: object) -> str | None:
    try:
        size = len(canonical.encode(value))
    except MalformedError as error:
        return f"the value cannot be written canonically: {error}"
    if size > MAX_FIELD_BYTES:
        return f"the value has {size} bytes; at most {MAX_FIELD_BYTES} are accepted"
    return None


def _check_code_faults(draft: LicenseDraft) -> Sequence[Fault]:
    if draft.check_code is None:
        return ()
    try:
        b64url_decode(draft.check_code, CHECK_CODE_BYTES)
    except MalformedError as error:
        return (
            Fault(
                field="check_code",
                problem=f"is not 128 random bits as base64url: {error}",
                next_step="mint 16 random bytes before the file is rendered, or leave it out",
                code="malformed_check_code",
            ),
        )
    return ()
