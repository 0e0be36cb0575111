"""Requests of other nodes. `ledger.peers.messages` names them all and reads the answers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from api.bodies import Body
from api.exchange.purposes import PurposeIn
from api.exchange.schemas import MAX_TYPES, TypeCode
from ledger.encoding import hex_decode
from ledger.ports.peers import PeerQuery
from ledger.types import DIGEST_SIZE

_Hex = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Versioned(Body):
    v: Annotated[int, Field(ge=1, le=1)]


class SearchIn(_Versioned):
    """A holder's licenses of some types, or of every type when none is named."""

    holder_code: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    types: Annotated[list[TypeCode], Field(max_length=MAX_TYPES)]
    purpose: PurposeIn

    def to_domain(self) -> PeerQuery:
        return PeerQuery(
            holder_code=self.holder_code,
            type_codes=tuple(self.types),
            purpose=self.purpose.to_domain(),
        )


class OneIn(_Versioned):
    """One license by its id."""

    id: Annotated[
        str,
        StringConstraints(
            pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
        ),
    ]
    purpose: PurposeIn


class FindIn(_Versioned):
    """An anonymous verifier's question: a check code or a file's digest, exactly one of them."""

    check_code: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{22}$")] | None
    sha256: _Hex | None

    @model_validator(mode="after")
    def _one_of_two(self) -> FindIn:
        if (self.check_code is None) == (self.sha256 is None):
            raise ValueError("exactly one of check_code and sha256 must be set")
        return self

    @property
    def file_digest(self) -> bytes | None:
        return None if self.sha256 is None else hex_decode(self.sha256, DIGEST_SIZE)
