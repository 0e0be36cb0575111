"""Why a license is asked for: in every cross-region call from the first day (STANDARDS §4, §5)."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Fault, InvalidInputError

MAX_TEXT = 200
"""Characters that one member of a purpose may have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handler:
    """The clerk (经办人) who handles the case."""

    name: str
    id_digest: str
    """Salted digest of the handler's number, made by the office; lower-case hex, 64 characters."""
    office: str
    """USCC of the handler's office."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """System, matter, case and handler of one request (useCause 用证事由)."""

    system: str
    matter_code: str
    case_number: str
    handler: Handler

    def to_json(self) -> dict[str, object]:
        return {
            "system": self.system,
            "matter_code": self.matter_code,
            "case_number": self.case_number,
            "handler": {
                "name": self.handler.name,
                "id_digest": self.handler.id_digest,
                "office": self.handler.office,
            },
        }


def require_complete(purpose: Purpose) -> None:
    """Raise InvalidInputError naming every member that is empty, too long or not plain text."""
    members = {
        "purpose.system": purpose.system,
        "purpose.matter_code": purpose.matter_code,
        "purpose.case_number": purpose.case_number,
        "purpose.handler.name": purpose.handler.name,
        "purpose.handler.id_digest": purpose.handler.id_digest,
        "purpose.handler.office": purpose.handler.office,
    }
    faults = tuple(
        Fault(
            field=name,
            problem="is empty" if not text.strip() else f"is not 1-{MAX_TEXT} printable characters",
            next_step="state it as the case file does",
        )
        for name, text in members.items()
        if not text.strip() or len(text) > MAX_TEXT or not text.isprintable()
    )
    if faults:
        raise InvalidInputError(faults)
