"""Answers other regions: the provider's side of the exchange (DESIGN §7).

Whoever calls has authenticated the asking region already. Rights are decided from the request
alone; only then is anything looked up. What is served was verified here first, and the asker
verifies it again against its own mirror.
"""

from __future__ import annotations

from dataclasses import replace

from ledger import lookup_digests
from ledger.bundle import Bundle
from ledger.catalogue import LicenseType
from ledger.errors import NotFoundError, NotPermittedError
from ledger.hashing import type_hash
from ledger.policy import Action, Decision, decide, disclosed_names, may_have_file
from ledger.ports.cipher import Cipher
from ledger.ports.database import Database, ReadSession
from ledger.ports.peers import PeerAnswer, PeerFailure, PeerQuery, PeerRefusal
from ledger.purpose import Purpose, require_complete
from ledger.services.lookup import (
    MOST_FOUND,
    FoundLicense,
    LookUp,
    first_problem_number,
    integrity_error,
)
from ledger.trust import Question
from ledger.types import Region


class Provision:
    """See the module's text."""

    def __init__(self, *, database: Database, cipher: Cipher, look_up: LookUp) -> None:
        self._database = database
        self._cipher = cipher
        self._look_up = look_up

    def search(self, asking: Region, query: PeerQuery) -> PeerAnswer:
        """The holder's licenses of every type that `asking` may look up for this purpose.

        The newest `MOST_FOUND` of them; `more` says whether there are others.
        """
        require_complete(query.purpose)
        digest = lookup_digests.of_holder(self._cipher, query.holder_code)
        with self._database.read() as session:
            # LOAD
            is_member = _is_active(session, asking)
            types = [
                _as_decided(session, type_)
                for type_ in session.catalogue.all()
                if not query.type_codes or type_.code in query.type_codes
            ]
            # DECIDE
            decisions = {
                type_.code: decide(
                    Action.LOOK_UP, type_, is_active_member=is_member, purpose=query.purpose
                )
                for type_ in types
            }
            allowed = [code for code, decision in decisions.items() if decision.is_allowed]
            records = session.licenses.by_holder(digest, allowed, MOST_FOUND + 1) if allowed else ()
            found = [
                self._look_up.examine(session, record, Question(holder_code=query.holder_code))
                for record in records[:MOST_FOUND]
            ]
        by_code = {type_.code: type_ for type_ in types}
        return PeerAnswer(
            unverified_bundles=tuple(
                _disclose(
                    one.bundle,
                    by_code[one.record.type_code],
                    decisions[one.record.type_code],
                    holder_was_asked_for=True,
                ).to_json()
                for one in found
                if one.bundle is not None
            ),
            refusals=tuple(
                PeerRefusal(type_code=code, reason=decision.reason)
                for code, decision in decisions.items()
                if decision.reason is not None
            ),
            failures=tuple(
                PeerFailure(
                    license_id=one.record.id,
                    type_code=one.record.type_code,
                    reason=one.verdict.reason,
                    check=first_problem_number(one.verdict),
                )
                for one in found
                if one.bundle is None
            ),
            more=len(records) > MOST_FOUND,
        )

    def bundle(self, asking: Region, license_id: str, purpose: Purpose) -> Bundle:
        """One license, for a look-up. Raise NotPermittedError, NotFoundError, IntegrityError."""
        found, type_, decision = self._one(asking, license_id, purpose, Action.LOOK_UP)
        if found.bundle is None:
            raise integrity_error(found)
        return _disclose(found.bundle, type_, decision, holder_was_asked_for=False)

    def file(self, asking: Region, license_id: str, purpose: Purpose) -> tuple[Bundle, bytes]:
        """One license with its file. Raise NotPermittedError, NotFoundError, IntegrityError."""
        found, type_, decision = self._one(asking, license_id, purpose, Action.DOWNLOAD)
        if found.bundle is None:
            raise integrity_error(found)
        decision = may_have_file(decision, type_, found.bundle.disclosed())
        if decision.reason is not None:
            raise NotPermittedError(
                "the file shows fields above what this request may see", reason=decision.reason
            )
        content = self._look_up.file_of(found)
        return _disclose(found.bundle, type_, decision, holder_was_asked_for=False), content

    def _one(
        self, asking: Region, license_id: str, purpose: Purpose, action: Action
    ) -> tuple[FoundLicense, LicenseType, Decision]:
        require_complete(purpose)
        with self._database.read() as session:
            is_member = _is_active(session, asking)
            record = session.licenses.get(license_id)
            type_ = None if record is None else session.catalogue.get(record.type_code)
            if record is None or type_ is None:
                raise NotFoundError(f"there is no license {license_id:.64} here")
            type_ = _as_decided(session, type_)
            seeing = decide(Action.LOOK_UP, type_, is_active_member=is_member, purpose=purpose)
            if seeing.reason is not None:
                # Who may not see such a license may not learn from an id that there is one.
                raise NotFoundError(f"there is no license {license_id:.64} here")
            decision = decide(action, type_, is_active_member=is_member, purpose=purpose)
            if decision.reason is not None:
                raise NotPermittedError(
                    f"{action.value} of this type is not open to this request",
                    reason=decision.reason,
                )
            return self._look_up.examine(session, record), type_, decision


def _disclose(
    bundle: Bundle, type_: LicenseType, decision: Decision, *, holder_was_asked_for: bool
) -> Bundle:
    """What the asker may see. A search names the holder; an id does not, and it tells nobody."""
    return bundle.with_only(
        disclosed_names(
            decision, type_, bundle.disclosed(), holder_was_asked_for=holder_was_asked_for
        )
    )


def _as_decided(session: ReadSession, type_: LicenseType) -> LicenseType:
    """The type with the consortium's level where that is higher than this catalogue's."""
    position = session.mirror.position()
    if position is None:
        return type_
    level = session.mirror.type_level(type_hash(type_.code), at_block=position.newest.number + 1)
    return type_ if level is None or level <= type_.level else replace(type_, level=level)


def _is_active(session: ReadSession, region: Region) -> bool:
    position = session.mirror.position()
    if position is None:
        return False
    facts = session.mirror.region(region, as_of=position.newest.number)
    return facts is not None and facts.active
