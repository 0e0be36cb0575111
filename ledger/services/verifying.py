"""Answers anyone who asks "is it real, is it in force?", without a login (DESIGN §6).

What is shown depends on what the asker possesses. With a file, its digest or a check code: the
verdict and the open fields. With a bundle: what it discloses. With an identifier, or with {type,
printed number, holder name}: only licenses of organisations in level-1 types answer; all others
are as if absent. Other regions are asked only for a check code or a file's digest.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Final

import anyio

from ledger import lookup_digests
from ledger.bundle import Bundle, parse_bundle, parse_bundle_bytes
from ledger.catalogue import ORGANIZATION, LicenseType
from ledger.errors import IntegrityError, MalformedError, PeerError, PeerRefusedError
from ledger.hashing import leaf_hash
from ledger.license import CHECK_CODE, FILE, HOLDERS, FileFacts
from ledger.ports.cipher import Cipher
from ledger.ports.clock import Clock
from ledger.ports.database import Database, ReadSession
from ledger.ports.licenses import LicenseRecord
from ledger.ports.mirror import RegionFacts
from ledger.ports.peers import Peers
from ledger.services.evidence import Evidence
from ledger.services.issuance import PRINTED_NUMBER
from ledger.services.lookup import NEVER_SERVED, digest_file
from ledger.trust import Question
from ledger.types import Region
from ledger.verdict import CHECK_OF, Verdict, refuse
from ledger.verification import verify_license

OPEN_LEVEL: Final = 1
"""Highest level of a field that someone without rights sees."""

_INVENTED: Final = NEVER_SERVED - {"disowned"}
"""What any region can bring about with an answer of its own making. It speaks neither against a
license that holds nor for a region that is silent."""

_HEX: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicQuery:
    """What an anonymous verifier presents: exactly one of the members but `as_of` is set."""

    content: bytes | None = None
    """A file, or the bytes of a `.license.json`."""
    bundle: object | None = None
    """A bundle as parsed JSON."""
    sha256: bytes | None = None
    check_code: str | None = None
    identifier: str | None = None
    number: tuple[str, str, str] | None = None
    """(type code, printed number, holder name)."""
    as_of: datetime | None = None


class PublicVerification:
    """See the module's text."""

    def __init__(
        self,
        *,
        database: Database,
        cipher: Cipher,
        clock: Clock,
        evidence: Evidence,
        peers: Peers,
        patience: float = 3.0,
    ) -> None:
        self._database = database
        self._cipher = cipher
        self._clock = clock
        self._evidence = evidence
        self._peers = peers
        self._patience = patience

    def verify_here(self, query: PublicQuery) -> Verdict | None:
        """Decide with this node alone; None when it knows nothing and others may be asked."""
        try:
            bundle = self._presented_bundle(query)
        except MalformedError as error:
            return refuse(1, "malformed", str(error), at=self._clock())
        with self._database.read() as session:
            if bundle is not None:
                return self._decide(session, self._caught_up(session, bundle, query), query)
            record = self._find(session, query)
            if record is not None:
                return self._decide_stored(session, record, query)
        if query.sha256 is None and query.content is None and query.check_code is None:
            return self._not_found_by_name()
        return None

    async def verify_elsewhere(self, query: PublicQuery) -> Verdict:
        """Ask the other regions for a check code or file digest that is unknown here."""
        digest = query.sha256
        if query.content is not None:
            digest = digest_file(query.content, "").sha256
        peers = await anyio.to_thread.run_sync(self._active_peers)
        unverified: dict[Region, object] = {}
        found: list[Verdict] = []
        silent: list[Region] = []

        async def ask(peer: RegionFacts) -> None:
            try:
                with anyio.fail_after(self._patience):
                    bundle = await self._peers.find_public(
                        peer,
                        check_code=query.check_code,
                        sha256=None if digest is None else digest.hex(),
                    )
            except (PeerError, TimeoutError) as error:
                if isinstance(error, PeerRefusedError) and error.reason in NEVER_SERVED:
                    found.append(self._withheld(peer.code, error.reason))
                else:
                    silent.append(peer.code)
                return
            if bundle is not None:
                unverified[peer.code] = bundle

        async with anyio.create_task_group() as group:
            for peer in peers:
                group.start_soon(ask, peer)
        found += [
            await anyio.to_thread.run_sync(self._decide_foreign, unverified[region], region, query)
            for region in sorted(unverified)
        ]
        best = min(found, key=lambda verdict: verdict.reason in _INVENTED, default=None)
        if best is None or (silent and best.reason in _INVENTED):
            return self._nothing_known(tuple(sorted(silent)))
        return best

    def find_for_peer(self, *, check_code: str | None, sha256: bytes | None) -> Bundle | None:
        """This region's answer to another node's anonymous verifier: open fields only."""
        query = PublicQuery(check_code=check_code, sha256=sha256)
        with self._database.read() as session:
            record = self._find(session, query)
            if record is None:
                return None
            bundle = self._evidence.build(session, record)
            return self._only_open(session, bundle, query)

    def _presented_bundle(self, query: PublicQuery) -> Bundle | None:
        if query.bundle is not None:
            return parse_bundle(query.bundle)
        if query.content is not None and query.content[:1] == b"{":
            return parse_bundle_bytes(query.content)
        return None

    def _caught_up(self, session: ReadSession, bundle: Bundle, query: PublicQuery) -> Bundle:
        """A bundle from before its anchor, with the proof that this region has by now.

        Else a license revoked since would be `not_anchored`, and a good one `root_not_on_chain`.
        """
        if bundle.log is not None or bundle.entry.region != self._evidence.settings.region:
            return bundle
        record = session.licenses.by_leaf(leaf_hash(bundle.entry_bytes))
        if record is None:
            return bundle
        try:
            stored = self._evidence.build(session, record, query.as_of)
        except IntegrityError:
            return bundle
        return replace(bundle, log=stored.log, made_at=stored.made_at)

    def _find(self, session: ReadSession, query: PublicQuery) -> LicenseRecord | None:
        if query.content is not None:
            return session.licenses.by_file(digest_file(query.content, "").sha256)
        if query.sha256 is not None:
            return session.licenses.by_file(query.sha256)
        if query.check_code is not None:
            digest = lookup_digests.of_check_code(self._cipher, query.check_code)
            return session.licenses.by_check_code(digest)
        if query.number is not None:
            return self._by_number(session, query.number)
        digest = lookup_digests.of_identifier(self._cipher, query.identifier or "")
        record = session.licenses.by_identifier(digest)
        is_open = record is not None and _is_open(session.catalogue.get(record.type_code))
        return record if is_open else None

    def _by_number(self, session: ReadSession, asked: tuple[str, str, str]) -> LicenseRecord | None:
        type_code, number, holder_name = asked
        # Before anything is looked at: what is not open takes no longer than what is not there.
        if not _is_open(session.catalogue.get(type_code)):
            return None
        digest = lookup_digests.of_number(self._cipher, type_code, number)
        for record in session.licenses.by_number(digest):
            try:
                bundle = self._evidence.build(session, record)
            except IntegrityError:
                return record  # the verdict names the damage
            if bundle.entry.type_code == type_code and _shows(bundle, number, holder_name):
                return record
        return None

    def _decide_stored(
        self, session: ReadSession, record: LicenseRecord, query: PublicQuery
    ) -> Verdict:
        try:
            bundle = self._evidence.build(session, record, query.as_of)
        except IntegrityError as error:
            return refuse(error.check, error.reason, str(error), at=self._clock())
        return self._decide(session, self._only_open(session, bundle, query), query)

    def _decide_foreign(self, unverified: object, region: Region, query: PublicQuery) -> Verdict:
        try:
            bundle = parse_bundle(unverified)
        except MalformedError as error:
            return refuse(1, "malformed", f"{region} sent: {error}", at=self._clock())
        if bundle.entry.region != region:
            return refuse(
                2, "wrong_license", f"{region} sent a license of another region", at=self._clock()
            )
        with self._database.read() as session:
            return self._decide(session, bundle, query)

    def _withheld(self, region: Region, reason: str) -> Verdict:
        return refuse(
            CHECK_OF[reason],
            reason,
            f"{region} withholds this license: its own check {CHECK_OF[reason]} failed",
            at=self._clock(),
        )

    def _decide(self, session: ReadSession, bundle: Bundle, query: PublicQuery) -> Verdict:
        file = _presented_file(query, bundle)
        return verify_license(
            bundle,
            self._evidence.load_trust(session, bundle, query.as_of),
            query.as_of or self._clock(),
            question=Question(identifier=query.identifier, check_code=query.check_code),
            file=file,
        )

    def _only_open(self, session: ReadSession, bundle: Bundle, query: PublicQuery) -> Bundle:
        names = tuple([one.name for one in bundle.disclosures])
        shown = _open_names(session.catalogue.get(bundle.entry.type_code), names)
        return bundle.with_only(shown if query.check_code is None else shown | {CHECK_CODE})

    def _active_peers(self) -> Sequence[RegionFacts]:
        with self._database.read() as session:
            position = session.mirror.position()
            if position is None:
                return ()
            return [
                region
                for region in session.mirror.regions(as_of=position.final.number)
                if region.active and region.code != self._evidence.settings.region
            ]

    def _not_found_by_name(self) -> Verdict:
        """The same words whatever was asked, so that they never tell what is held back from what
        is not there."""
        region = self._evidence.settings.region
        return refuse(
            2,
            "unknown_hash",
            f"an identifier or a printed number finds only licenses that region {region} itself "
            "issued to organisations, of open types; this says nothing of any other license: "
            "verify it by its file, bundle or check code, or ask on the page of the region that "
            "issued it",
            at=self._clock(),
        )

    def _nothing_known(self, silent: Sequence[Region]) -> Verdict:
        if silent:
            return refuse(
                2,
                "region_unreachable",
                f"not known here, and {', '.join(silent)} did not answer; try again later",
                at=self._clock(),
            )
        return refuse(
            2,
            "unknown_hash",
            "no region that answered knows it; that does not make it false: ask its issuer",
            at=self._clock(),
        )


@lru_cache(maxsize=1024)
def _open_names(type_: LicenseType | None, names: tuple[str, ...]) -> frozenset[str]:
    """The disclosures that someone without rights sees."""
    if type_ is None:
        return frozenset({FILE})
    return frozenset({FILE, *(one for one in names if type_.field_level(one) <= OPEN_LEVEL)})


def _is_open(type_: LicenseType | None) -> bool:
    return type_ is not None and type_.level <= OPEN_LEVEL and type_.holder == ORGANIZATION


def _shows(bundle: Bundle, number: str, holder_name: str) -> bool:
    """Whether the license itself, and not only an index of the database, says so."""
    committed = set(bundle.entry.sd)
    said = {one.name: one.value for one in bundle.disclosures if one.digest in committed}
    holders = said.get(HOLDERS)
    return (
        said.get(PRINTED_NUMBER) == number
        and isinstance(holders, list)
        and any(
            isinstance(holder, dict) and holder.get("name") == holder_name for holder in holders
        )
    )


def _presented_file(query: PublicQuery, bundle: Bundle) -> FileFacts | None:
    """The digests of the file that the asker has; a bare digest stands for the file it is of."""
    if query.content is not None and query.content[:1] != b"{":
        return digest_file(query.content, "")
    if query.sha256 is None:
        return None
    # A digest alone says nothing of the file's other digest and size: take them as registered.
    said = bundle.disclosed().get(FILE)
    sm3, size = (said.get("sm3"), said.get("size")) if isinstance(said, dict) else (None, None)
    return FileFacts(
        sha256=query.sha256,
        sm3=bytes.fromhex(sm3) if isinstance(sm3, str) and _HEX.fullmatch(sm3) else b"",
        size=size if isinstance(size, int) else 0,
        media_type="",
    )
