"""The port `Peers` over signed HTTP: what is asked, and what each kind of answer means.

A call is signed, sent, and its answer believed to be the region's only when it bears the region's
signature over this very request. That holds for refusals too, so nobody on the way can make a
region look as if it refused. What a signed answer says is still unverified.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

import anyio

from ledger import signing
from ledger.errors import (
    MalformedError,
    NotAuthenticatedError,
    PeerRefusedError,
    PeerUnreachableError,
)
from ledger.keys import KeyId, VerifyingKey
from ledger.peer_keys import current_key
from ledger.peers import messages
from ledger.peers.link import Call, Links, PeerSettings, field_of
from ledger.peers.tiles import TileClient
from ledger.ports.clock import Clock, RandomBytes
from ledger.ports.database import Database
from ledger.ports.mirror import RegionFacts
from ledger.ports.peers import PeerAnswer, PeerQuery
from ledger.purpose import Purpose
from ledger.signing import Answer, Request, Signer
from ledger.types import LogKind

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One call in the words of the exchange."""

    path: str
    body: bytes
    media_type: str = messages.JSON
    """Of a good answer."""
    is_public: bool = False


class HttpPeers:
    """See the module's text. Its asynchronous methods belong to one event loop."""

    def __init__(
        self,
        *,
        signer: Signer,
        database: Database,
        clock: Clock,
        random_bytes: RandomBytes,
        settings: PeerSettings,
    ) -> None:
        self._signer = signer
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes
        self._links = Links(settings)
        self._tiles = TileClient(settings)

    async def search(self, peer: RegionFacts, query: PeerQuery) -> PeerAnswer:
        question = _Question(path=messages.SEARCH, body=messages.encode_search(query))
        return await self._ask(peer, question, messages.parse_search_answer)

    async def bundle(self, peer: RegionFacts, license_id: str, purpose: Purpose) -> object:
        question = _Question(path=messages.BUNDLE, body=messages.encode_one(license_id, purpose))
        return await self._ask(peer, question, messages.parse_bundle_answer)

    async def file(
        self, peer: RegionFacts, license_id: str, purpose: Purpose
    ) -> tuple[object, bytes]:
        question = _Question(
            path=messages.FILE,
            body=messages.encode_one(license_id, purpose),
            media_type=messages.FRAME,
        )
        return await self._ask(peer, question, messages.parse_frame)

    async def find_public(
        self, peer: RegionFacts, *, check_code: str | None, sha256: str | None
    ) -> object | None:
        question = _Question(
            path=messages.FIND, body=messages.encode_find(check_code, sha256), is_public=True
        )
        return await self._ask(peer, question, messages.parse_find_answer)

    def tile(self, peer: RegionFacts, kind: LogKind, level: int, index: int, width: int) -> bytes:
        return self._tiles.tile(peer, kind, level, index, width)

    async def aclose(self) -> None:
        """Close every connection. Calls under way end as failures; no call may follow."""
        await self._links.aclose()
        await anyio.to_thread.run_sync(self._tiles.close)

    async def _ask(
        self, peer: RegionFacts, question: _Question, parse: Callable[[bytes], _Value]
    ) -> _Value:
        link = self._links.to(peer)
        request = self._sign(peer, question)
        answer = await link.send(self._call(question, request))
        try:
            await self._authenticate(peer, request, answer)
            value = await self._read(peer, question, answer, parse)
        except PeerUnreachableError:
            link.distrust()
            raise
        except PeerRefusedError:
            link.trust()
            raise
        link.trust()
        return value

    def _sign(self, peer: RegionFacts, question: _Question) -> Request:
        return signing.sign_request(
            method="POST",
            url=signing.target_uri(peer.endpoint, question.path),
            content_type=messages.JSON,
            body=question.body,
            signer=self._signer,
            now=self._clock(),
            nonce=self._random_bytes(signing.NONCE_BYTES),
        )

    def _call(self, question: _Question, request: Request) -> Call:
        settings = self._links.settings
        has_file = question.media_type == messages.FRAME
        return Call(
            method=request.method,
            path=question.path,
            fields=request.fields,
            body=request.body,
            seconds=settings.file_seconds if has_file else settings.answer_seconds,
            max_bytes=settings.max_file_bytes if has_file else settings.max_answer_bytes,
            is_public=question.is_public,
        )

    async def _authenticate(self, peer: RegionFacts, request: Request, answer: Answer) -> None:
        """Raise PeerUnreachableError unless the region itself answered this request."""
        try:
            key_id = signing.read_key_id(answer.fields)
            key = await self._key(peer, key_id)
            signing.verify_answer(
                answer, request=request, key=key, key_id=key_id, now=self._clock()
            )
        except NotAuthenticatedError as error:
            raise PeerUnreachableError(
                f"what answered at the endpoint of {peer.code} with status {answer.status} "
                f"did not prove to be that region ({error.reason})",
                region=peer.code,
            ) from error

    async def _key(self, peer: RegionFacts, key_id: KeyId) -> VerifyingKey:
        """The region's key as the caller knows it, or as the mirror's newest block has it."""
        try:
            return current_key(peer, key_id)
        except NotAuthenticatedError:
            newest = await anyio.to_thread.run_sync(self._newest_facts, peer)
            return current_key(newest, key_id)

    def _newest_facts(self, peer: RegionFacts) -> RegionFacts | None:
        with self._database.read() as session:
            position = session.mirror.position()
            if position is None:
                return None
            return session.mirror.region(peer.code, as_of=position.newest.number)

    async def _read(
        self,
        peer: RegionFacts,
        question: _Question,
        answer: Answer,
        parse: Callable[[bytes], _Value],
    ) -> _Value:
        media_type = field_of(answer, "content-type").partition(";")[0].strip()
        try:
            if answer.status != 200:
                raise _refusal(peer, answer, media_type)
            if media_type != question.media_type:
                raise MalformedError(f"its content is not {question.media_type}")
            if len(answer.body) > _READ_AT_ONCE:
                return await anyio.to_thread.run_sync(parse, answer.body)
            return parse(answer.body)
        except MalformedError as error:
            raise PeerUnreachableError(
                f"{peer.code} answered what cannot be read: {error}", region=peer.code
            ) from error


_READ_AT_ONCE: Final = 64 * 1024
"""Bytes up to which reading an answer is quicker than handing it to a thread."""

_MAX_DETAIL: Final = 300

_REFUSING: Final = frozenset({403, 404, 409})
"""Statuses by which a region refuses; any other says that it could not answer."""


def _refusal(peer: RegionFacts, answer: Answer, media_type: str) -> Exception:
    if media_type != messages.PROBLEM:
        raise MalformedError(f"status {answer.status} without a problem document")
    problem = messages.parse_problem(answer.body)
    reason = problem.reason or problem.code
    detail = "".join(filter(str.isprintable, problem.detail))[:_MAX_DETAIL]
    if answer.status in _REFUSING:
        return PeerRefusedError(f"{peer.code}: {detail}", region=peer.code, reason=reason)
    return PeerUnreachableError(
        f"{peer.code} could not answer ({answer.status} {reason}): {detail}",
        region=peer.code,
    )
