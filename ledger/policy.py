"""Who may see what of another region's licenses: one pure decision (DESIGN §7, STANDARDS §5).

Decided from the request and the catalogue alone, before any license is looked up, so that a
refusal never tells whether there is one. Until holders can authorize, clearance ends at level 2:
levels 3 and 4 are refused across regions.

    level 1   open to every active member
    level 2   needs purpose, case and handler
    level 3   needs the holder's authorization
    level 4   answers yes or no only, never fields
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from ledger.catalogue import LicenseType
from ledger.license import HOLDERS
from ledger.purpose import Purpose


class Action(StrEnum):
    """What a region asks for."""

    LOOK_UP = "look_up"
    DOWNLOAD = "download"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """`reason` is None when it is allowed, else a stable code for the refusal."""

    clearance: int
    reason: str | None

    @property
    def is_allowed(self) -> bool:
        return self.reason is None


_REFUSALS: Final = {
    1: "not_a_member",
    2: "purpose_required",
    3: "authorization_required",
    4: "answers_only",
}
"""Why a level is out of reach, by the level asked for."""


def clearance(*, is_active_member: bool, purpose: Purpose | None) -> int:
    """Highest level that the caller reaches: 0 for a region that is not an active member."""
    if not is_active_member:
        return 0
    return 1 if purpose is None else 2


def decide(
    action: Action, type_: LicenseType, *, is_active_member: bool, purpose: Purpose | None
) -> Decision:
    """Whether the action may go ahead for licenses of `type_`."""
    reach = clearance(is_active_member=is_active_member, purpose=purpose)
    needed = type_.level
    if action is Action.DOWNLOAD:
        needed = max(needed, type_.field_level(HOLDERS))
    if reach == 0:
        return Decision(clearance=0, reason=_REFUSALS[1])
    return Decision(clearance=reach, reason=None if needed <= reach else _REFUSALS[needed])


def may_have_file(decision: Decision, type_: LicenseType, names: Iterable[str]) -> Decision:
    """The same decision once the license is known: a file shows every field printed in it."""
    level = max(type_.level, type_.file_level(names))
    if not decision.is_allowed or level <= decision.clearance:
        return decision
    return Decision(clearance=decision.clearance, reason=_REFUSALS[level])


def disclosed_names(
    decision: Decision, type_: LicenseType, names: Iterable[str], *, holder_was_asked_for: bool
) -> frozenset[str]:
    """Which of a license's disclosures the asker gets; the rest stay provable digests."""
    return frozenset(
        name
        for name in names
        if type_.field_level(name) <= decision.clearance
        or (name == HOLDERS and holder_was_asked_for)
    )
