"""Asks other regions for a holder's licenses, and believes nothing that this node cannot verify.

The requester's side of the exchange (DESIGN §7): all regions at once, each within its own time;
what comes back is verified against this node's own mirror before a clerk sees it. Regions that did
not answer are named, so a partial result is never silent.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

import anyio

from ledger.bundle import Bundle, parse_bundle
from ledger.errors import (
    IntegrityError,
    LedgerError,
    MalformedError,
    NotFoundError,
    NotPermittedError,
    PeerError,
    PeerRefusedError,
    PeerUnreachableError,
)
from ledger.ports.clock import Clock
from ledger.ports.database import Database
from ledger.ports.mirror import RegionFacts
from ledger.ports.peers import PeerAnswer, PeerQuery, PeerRefusal, Peers
from ledger.purpose import Purpose, require_complete
from ledger.services.evidence import Evidence
from ledger.services.lookup import NEVER_SERVED, digest_file, first_problem_number
from ledger.services.provision import Provision
from ledger.trust import Question
from ledger.types import Region
from ledger.verdict import CHECK_OF, Verdict, refuse
from ledger.verification import verify_license

_Answer = TypeVar("_Answer")


class RegionOutcome(StrEnum):
    """How one region's part of a search ended."""

    ANSWERED = "answered"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignLicense:
    """A license of any region with this node's verdict; no bundle when it may not be served."""

    license_id: str
    type_code: str
    region: Region
    bundle: Bundle | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionAnswer:
    """What became of one region's part of a search."""

    region: Region
    outcome: RegionOutcome
    detail: str
    """Why, and what to do, when it did not answer in full; empty otherwise."""
    licenses: tuple[ForeignLicense, ...] = ()
    refusals: tuple[PeerRefusal, ...] = ()
    more: bool = False
    """Whether the holder has more licenses there than the region sent."""

    @property
    def is_complete(self) -> bool:
        """Whether this is all that the region may show of the holder."""
        return self.outcome is RegionOutcome.ANSWERED and not self.more


class Exchange:
    """See the module's text."""

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        evidence: Evidence,
        peers: Peers,
        provision: Provision,
        patience: float = 5.0,
        file_patience: float = 30.0,
    ) -> None:
        self._database = database
        self._clock = clock
        self._evidence = evidence
        self._peers = peers
        self._provision = provision
        self._patience = patience
        """Seconds that one region has for its answer."""
        self._file_patience = file_patience
        """Seconds that one region has for a whole file."""

    async def search(self, query: PeerQuery, regions: Sequence[Region]) -> tuple[RegionAnswer, ...]:
        """The holder's licenses in `regions` (empty: every active one), by region.

        Raise InvalidInputError for an incomplete purpose, NotFoundError for an unknown region.
        """
        require_complete(query.purpose)
        peers = await anyio.to_thread.run_sync(self._choose, tuple(regions))
        answers: dict[Region, RegionAnswer] = {}
        failed: list[LedgerError] = []

        async def ask(peer: RegionFacts) -> None:
            try:
                answers[peer.code] = await self._ask(peer, query)
            except LedgerError as error:  # this node's own; a task group would wrap it
                failed.append(error)

        async with anyio.create_task_group() as group:
            for peer in peers:
                group.start_soon(ask, peer)
        if failed:
            raise failed[0]
        return tuple(answers[peer.code] for peer in peers)

    async def fetch(self, region: Region, license_id: str, purpose: Purpose) -> ForeignLicense:
        """One license by id, verified. Raise what `file` raises."""
        require_complete(purpose)
        peer = await self._one_peer(region)
        if region == self._evidence.settings.region:
            unverified: object = (
                await anyio.to_thread.run_sync(self._provision.bundle, region, license_id, purpose)
            ).to_json()
        else:
            unverified = await self._bounded(
                peer, self._peers.bundle(peer, license_id, purpose), self._patience
            )
        return await anyio.to_thread.run_sync(
            self._verify, region, unverified, Question(region=region, id=license_id), None
        )

    async def file(
        self, region: Region, license_id: str, purpose: Purpose
    ) -> tuple[ForeignLicense, bytes]:
        """One license's file, verified before its first byte is handed on.

        Raise NotFoundError, NotPermittedError (with the policy's reason), PeerUnreachableError,
        IntegrityError naming the failed check: then nothing is served.
        """
        require_complete(purpose)
        peer = await self._one_peer(region)
        if region == self._evidence.settings.region:
            bundle, content = await anyio.to_thread.run_sync(
                self._provision.file, region, license_id, purpose
            )
            unverified: object = bundle.to_json()
        else:
            unverified, content = await self._bounded(
                peer, self._peers.file(peer, license_id, purpose), self._file_patience
            )
        found = await anyio.to_thread.run_sync(
            self._verify, region, unverified, Question(region=region, id=license_id), content
        )
        if found.bundle is None:
            raise IntegrityError(
                f"license {license_id} of {region} does not hold: {found.verdict.reason}",
                reason=found.verdict.reason,
                check=first_problem_number(found.verdict),
            )
        return found, content

    async def _ask(self, peer: RegionFacts, query: PeerQuery) -> RegionAnswer:
        try:
            if peer.code == self._evidence.settings.region:
                answer = await anyio.to_thread.run_sync(self._provision.search, peer.code, query)
            else:
                with anyio.fail_after(self._patience):
                    answer = await self._peers.search(peer, query)
        except PeerRefusedError as error:
            return RegionAnswer(
                region=peer.code, outcome=RegionOutcome.REFUSED, detail=f"{error.reason}: {error}"
            )
        except TimeoutError:
            return _unreachable(peer, f"no answer in {self._patience:g} s; ask again later")
        except PeerError as error:
            return _unreachable(peer, str(error))
        licenses = await anyio.to_thread.run_sync(self._verify_all, peer.code, answer, query)
        return RegionAnswer(
            region=peer.code,
            outcome=RegionOutcome.ANSWERED,
            detail=f"more than {len(licenses)}; narrow by type" if answer.more else "",
            licenses=licenses,
            refusals=answer.refusals,
            more=answer.more,
        )

    def _verify_all(
        self, region: Region, answer: PeerAnswer, query: PeerQuery
    ) -> tuple[ForeignLicense, ...]:
        question = Question(region=region, holder_code=query.holder_code)
        verified = [
            self._verify(region, unverified, question, None, query.type_codes)
            for unverified in answer.unverified_bundles
        ]
        now = self._clock()
        withheld = [
            ForeignLicense(
                license_id=failure.license_id,
                type_code=failure.type_code,
                region=region,
                bundle=None,
                verdict=refuse(
                    failure.check,
                    failure.reason,
                    f"{region} withholds this license: its own check {failure.check} failed",
                    at=now,
                ),
            )
            for failure in answer.failures
            if failure.reason in NEVER_SERVED and failure.check in range(1, 9)
        ]
        return (*verified, *withheld)

    def _verify(
        self,
        region: Region,
        unverified: object,
        question: Question,
        content: bytes | None,
        type_codes: Sequence[str] = (),
    ) -> ForeignLicense:
        now = self._clock()
        try:
            bundle = parse_bundle(unverified)
        except MalformedError as error:
            verdict = refuse(1, "malformed", f"{region} sent: {error}", at=now)
            return ForeignLicense(
                license_id=question.id or "",
                type_code="",
                region=region,
                bundle=None,
                verdict=verdict,
            )
        if type_codes and bundle.entry.type_code not in type_codes:
            verdict = refuse(2, "wrong_license", "this is of a type that was not asked for", at=now)
        else:
            with self._database.read() as session:
                trust = self._evidence.load_trust(session, bundle, None)
            verdict = verify_license(
                bundle,
                trust,
                now,
                question=question,
                file=None if content is None else digest_file(content, ""),
            )
        return ForeignLicense(
            license_id=bundle.entry.id,
            type_code=bundle.entry.type_code,
            region=region,
            bundle=None if verdict.reason in NEVER_SERVED else bundle,
            verdict=verdict,
        )

    async def _bounded(
        self, peer: RegionFacts, call: Awaitable[_Answer], patience: float
    ) -> _Answer:
        """Await a peer within its time; its refusals become this node's own errors."""
        try:
            with anyio.fail_after(patience):
                return await call
        except TimeoutError as error:
            raise PeerUnreachableError(
                f"{peer.code} did not answer in {patience:g} s; ask again later",
                region=peer.code,
            ) from error
        except PeerRefusedError as error:
            if error.reason == "not_found":
                raise NotFoundError(str(error)) from error
            if error.reason in NEVER_SERVED:
                raise IntegrityError(
                    f"{peer.code} withholds this license: {error}",
                    reason=error.reason,
                    check=CHECK_OF[error.reason],
                ) from error
            raise NotPermittedError(str(error), reason=error.reason) from error

    async def _one_peer(self, region: Region) -> RegionFacts:
        (peer,) = await anyio.to_thread.run_sync(self._choose, (region,))
        return peer

    def _choose(self, regions: tuple[Region, ...]) -> tuple[RegionFacts, ...]:
        with self._database.read() as session:
            position = session.mirror.position()
            known = () if position is None else session.mirror.regions(as_of=position.final.number)
        active = {region.code: region for region in known if region.active}
        for code in regions:
            if code not in active:
                raise NotFoundError(
                    f"region {code:.16} is not an active member; GET /v1/regions lists them"
                )
        return tuple(active[code] for code in (regions or active))


def _unreachable(peer: RegionFacts, detail: str) -> RegionAnswer:
    return RegionAnswer(region=peer.code, outcome=RegionOutcome.UNREACHABLE, detail=detail)
