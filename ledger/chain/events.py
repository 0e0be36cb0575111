"""From the contracts' logs to the announcements of `ledger.chain_events`.

Logs are decoded only after their receipts were hashed to the header's root. The contracts are
immutable and known, so a log of theirs that is not in their ABI means another contract than
configured: `InconsistentChainError`, never a silent skip.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from eth_utils.address import to_checksum_address

from contracts.artifacts import ContractName
from ledger import canonical
from ledger.chain import abi
from ledger.chain.receipts import Log
from ledger.chain.wire import to_region
from ledger.chain_events import (
    Anchored,
    Announcement,
    AuthoritySet,
    EndpointSet,
    GovernanceNoted,
    GrantSet,
    LogReopened,
    RegionKeySet,
    StatusWordChanged,
    TypeSet,
)
from ledger.errors import InconsistentChainError
from ledger.keys import KeyAlgorithm
from ledger.types import Digest, LogKind

Arguments = Mapping[str, Any]
Reader = Callable[[Arguments], Sequence[Announcement]]

_ONE_COORDINATE: Final = frozenset({KeyAlgorithm.ED25519, KeyAlgorithm.X25519})
"""Algorithms whose public key is `x` alone."""


def decode_logs(logs: Iterable[Log], contracts: Mapping[bytes, ContractName]) -> list[Announcement]:
    """What the contracts (by address) announce in `logs`, in order; other logs are not ours."""
    found: list[Announcement] = []
    for log in logs:
        contract = contracts.get(log.address)
        if contract is not None:
            found.extend(_decode(contract, log))
    return found


def _decode(contract: ContractName, log: Log) -> Sequence[Announcement]:
    event = abi.events(contract).get(log.topics[0]) if log.topics else None
    if event is None:
        raise InconsistentChainError(
            f"{contract} at 0x{log.address.hex()} announced something that is not in its ABI; "
            "the configured address is another contract's"
        )
    arguments = event.arguments(log.data, log.topics[1:])
    reader = _READERS.get(event.name)
    return reader(arguments) if reader else [_noted(event.name, arguments)]


def _noted(name: str, arguments: Arguments) -> GovernanceNoted:
    plain = {key: _plain(value) for key, value in arguments.items()}
    return GovernanceNoted(name=name, arguments=canonical.encode(plain).decode())


def _plain(value: object) -> object:
    """Bytes as hex and large numbers as text, as JSON can hold them."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, int) and not isinstance(value, bool) and value >= 2**53:
        return str(value)
    return value


def _anchored(said: Arguments) -> Sequence[Announcement]:
    return [
        Anchored(
            region=to_region(said["region"]),
            kind=_kind(said["kind"]),
            epoch=said["epoch"],
            tree_size=said["size"],
            previous_size=said["previousSize"],
            root_hash=Digest(said["root"]),
        )
    ]


def _reopened(said: Arguments) -> Sequence[Announcement]:
    return [
        LogReopened(
            region=to_region(said["region"]),
            kind=_kind(said["kind"]),
            epoch=said["epoch"],
            parent_epoch=said["fromEpoch"],
            start_size=said["size"],
            root_hash=Digest(said["root"]),
        )
    ]


def _statuses(*, corrected: bool) -> Reader:
    def read(said: Arguments) -> Sequence[Announcement]:
        return [
            StatusWordChanged(
                region=to_region(said["region"]),
                epoch=epoch,
                word_index=word_index,
                mask=mask,
                values=values,
                reason=reason,
                corrected=corrected,
            )
            for epoch, word_index, mask, values, reason in said["words"]
        ]

    return read


def _admitted(said: Arguments) -> Sequence[Announcement]:
    return [_authority(said, said["anchorKey"], active=True), _noted("RegionAdmitted", said)]


def _removed(said: Arguments) -> Sequence[Announcement]:
    return [_authority(said, said["anchorKey"], active=False), _noted("RegionRemoved", said)]


def _anchor_key_rotated(said: Arguments) -> Sequence[Announcement]:
    # Only a member can rotate.
    return [_authority(said, said["anchorKey"], active=True), _noted("AnchorKeyRotated", said)]


def _authority(said: Arguments, anchor_key: str, *, active: bool) -> AuthoritySet:
    return AuthoritySet(
        region=to_region(said["region"]),
        since_block=said["sinceBlock"],
        anchor_key=str(to_checksum_address(anchor_key)),
        active=active,
    )


def _key_rotated(use: str) -> Reader:
    def read(said: Arguments) -> Sequence[Announcement]:
        algorithm = said["algorithm"]
        public = said["x"] if algorithm in _ONE_COORDINATE else said["x"] + said["y"]
        return [
            RegionKeySet(
                region=to_region(said["region"]),
                use=use,
                number=said["number"],
                algorithm=algorithm,
                public=public,
                since_block=said["sinceBlock"],
            )
        ]

    return read


def _endpoint(said: Arguments) -> Sequence[Announcement]:
    return [
        EndpointSet(
            region=to_region(said["region"]), url=said["endpoint"], since_block=said["sinceBlock"]
        )
    ]


def _type(said: Arguments) -> Sequence[Announcement]:
    return [
        TypeSet(
            type_hash=Digest(said["typeHash"]),
            level=said["level"],
            active=said["active"],
            since_block=said["sinceBlock"],
        )
    ]


def _grant(said: Arguments) -> Sequence[Announcement]:
    return [
        GrantSet(
            region=to_region(said["region"]),
            type_hash=Digest(said["typeHash"]),
            granted=said["granted"],
            since_block=said["sinceBlock"],
        )
    ]


def _kind(number: int) -> LogKind:
    try:
        return LogKind(number)
    except ValueError as error:
        raise InconsistentChainError(f"a region has no log of kind {number}") from error


_READERS: Final[Mapping[str, Reader]] = {
    "Anchored": _anchored,
    "LogReopened": _reopened,
    "StatusesChanged": _statuses(corrected=False),
    "StatusesCorrected": _statuses(corrected=True),
    "StatusesDecided": _statuses(corrected=True),
    "RegionAdmitted": _admitted,
    "RegionRemoved": _removed,
    "AnchorKeyRotated": _anchor_key_rotated,
    "SigningKeyRotated": _key_rotated("signing"),
    "EncryptionKeyRotated": _key_rotated("encryption"),
    "EndpointChanged": _endpoint,
    "TypeSet": _type,
    "GrantSet": _grant,
}
"""How each event is read; those not here are kept as they are, for auditors."""
