"""Lets other regions' nodes in: who asks is proved by a signature, or nothing is looked at.

The provider's side of DESIGN §7 before any right is decided: membership and keys come from this
node's own mirror at its newest block, and each request counts once. The target that a request must
have been signed for is this region's own endpoint as the chain has it, never a Host header.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from ledger import signing
from ledger.errors import BusyError, NotAuthenticatedError, NotPermittedError
from ledger.keys import KeyId, VerifyingKey
from ledger.peer_keys import current_key
from ledger.ports.clock import Clock
from ledger.ports.database import Database, ReadSession
from ledger.ports.mirror import RegionFacts
from ledger.signing import Request, Signed, Signer
from ledger.types import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the mirror says of both sides."""

    asking: RegionFacts | None
    own_endpoints: tuple[str, ...]
    """Newest first; two while the chain has just moved this region's endpoint."""


class PeerGate:
    """See the module's text."""

    def __init__(self, *, database: Database, clock: Clock, signer: Signer) -> None:
        self._database = database
        self._clock = clock
        self._signer = signer
        self._region = signer.key_id.region

    def admit(self, request: Request) -> Region:
        """The region that asks; `request.url` is the path, with its query if there is one.

        Raise NotAuthenticatedError (the reasons of `ledger.signing`, key_unknown,
        signature_replayed), NotPermittedError(not_a_member), or BusyError while this node's mirror
        cannot say who is a member.
        """
        key_id = signing.read_key_id(request.fields)
        # LOAD
        with self._database.read() as session:
            known = self._load(session, key_id.region)
        # DECIDE
        key = current_key(known.asking, key_id)
        signed = self._verify(request, known, key_id, key)
        # STORE
        with self._database.write() as writing:
            is_new = writing.accounts.remember_nonce(
                str(key_id), signed.nonce, signed.expires + signing.MAX_SKEW
            )
        if not is_new:
            raise NotAuthenticatedError(
                "this request was answered before; sign each one anew", reason="signature_replayed"
            )
        if known.asking is None or not known.asking.active:
            raise NotPermittedError(
                f"{key_id.region} is not an active member", reason="not_a_member"
            )
        return key_id.region

    def sign_answer(
        self, request: Request, *, status: int, content_type: str, body: bytes
    ) -> signing.Fields:
        """Header fields of the answer to `request` (as handed to `admit`), refusals included.

        Raise NotAuthenticatedError when the request bears nothing that an answer can be bound to.
        """
        answer = signing.sign_answer(
            request,
            status=status,
            content_type=content_type,
            body=body,
            signer=self._signer,
            now=self._clock(),
        )
        return answer.fields

    def _load(self, session: ReadSession, asking: Region) -> _Known:
        position = session.mirror.position()
        if position is None or position.halted is not None:
            raise BusyError("this node does not follow the chain now; ask again later")
        own = [
            facts.endpoint
            for block in (position.newest, position.final)
            if (facts := session.mirror.region(self._region, as_of=block.number)) is not None
        ]
        return _Known(
            asking=session.mirror.region(asking, as_of=position.newest.number),
            own_endpoints=tuple(dict.fromkeys(own)),
        )

    def _verify(self, request: Request, known: _Known, key_id: KeyId, key: VerifyingKey) -> Signed:
        """Try this region's endpoints, newest first; the first refusal says what is wrong."""
        refusals: list[NotAuthenticatedError] = []
        for endpoint in known.own_endpoints:
            url = signing.target_uri(endpoint, request.url)
            try:
                return signing.verify_request(
                    replace(request, url=url), key=key, key_id=key_id, now=self._clock()
                )
            except NotAuthenticatedError as error:
                refusals.append(error)
        raise refusals[0] if refusals else BusyError("this region is not on the chain yet")
