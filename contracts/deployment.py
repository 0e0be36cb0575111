"""What a deployment consists of, without sending anything.

One transaction creates both contracts: the Consortium's constructor creates the LicenseLog. So a
deployment is either whole or absent, and both addresses follow from the deployer and its nonce.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from eth_abi.abi import encode
from eth_typing import HexAddress, HexStr
from web3.types import Nonce
from web3.utils.address import get_create_address

from contracts.artifacts import load

BLOCKS_IN_72_HOURS: Final = 72 * 60 * 60
"""The default `reopen_window` at one block a second; divide by the block period."""

_LOG_NONCE: Final = Nonce(1)
"""A new contract's nonce (EIP-161) at its first CREATE."""

_CONSTRUCTOR_TYPES: Final = [
    "(uint32,address,address,(uint8,bytes32,bytes32),(uint8,bytes32,bytes32),string)[]",
    "uint32",
    "uint64",
    "uint64",
]


class KeyAlgorithm(IntEnum):
    """Algorithm tags of the keys on the chain (`KeyMaterial` in `Types.sol`)."""

    ED25519 = 1
    X25519 = 2
    SM2 = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyMaterial:
    """A public key as the contracts store it: keys of 32 bytes stand in `x`, with `y` zero."""

    algorithm: int
    x: bytes
    y: bytes = bytes(32)

    def as_tuple(self) -> tuple[int, bytes, bytes]:
        """The ABI struct `KeyMaterial`."""
        return (self.algorithm, self.x, self.y)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundingRegion:
    """All that a region brings when it is admitted, at the founding or by a later proposal."""

    code: int
    """GB/T 2260 code as a number, for example 110000."""
    admin: str
    """Address of the cold key; never used before, for any region or role."""
    anchor_key: str
    """Address of the hot key; never used before either."""
    signing_key: KeyMaterial
    encryption_key: KeyMaterial
    endpoint: str

    def as_tuple(self) -> tuple[object, ...]:
        """The ABI struct `Admission`."""
        return (
            self.code,
            self.admin,
            self.anchor_key,
            self.signing_key.as_tuple(),
            self.encryption_key.as_tuple(),
            self.endpoint,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """The Consortium's constructor arguments; none can be changed later but the quorum."""

    regions: Sequence[FoundingRegion]
    quorum: int
    proposal_lifetime: int
    """Blocks for which a proposal can be approved."""
    reopen_window: int = BLOCKS_IN_72_HOURS
    """Blocks that a cold key alone may reopen back."""

    def creation_code(self) -> bytes:
        """The data of the transaction (without recipient) that deploys both contracts."""
        arguments = (
            [region.as_tuple() for region in self.regions],
            self.quorum,
            self.proposal_lifetime,
            self.reopen_window,
        )
        return load("Consortium").bytecode + encode(_CONSTRUCTOR_TYPES, arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractAddresses:
    """Where a deployment stands; checksummed addresses."""

    consortium: str
    license_log: str

    def runtime_codes(self, founding: Founding) -> dict[str, bytes]:
        """The code that must stand at each address, by address. The regions do not matter."""
        consortium = load("Consortium").runtime_code(
            {
                "licenseLog": int(self.license_log, 16),
                "proposalLifetime": founding.proposal_lifetime,
            }
        )
        license_log = load("LicenseLog").runtime_code(
            {"consortium": int(self.consortium, 16), "reopenWindow": founding.reopen_window}
        )
        return {self.consortium: consortium, self.license_log: license_log}


def predict_addresses(deployer: str, nonce: int) -> ContractAddresses:
    """Where the contracts will stand when `deployer` deploys with transaction `nonce`."""
    consortium = get_create_address(HexAddress(HexStr(deployer)), Nonce(nonce))
    return ContractAddresses(
        consortium=consortium, license_log=get_create_address(consortium, _LOG_NONCE)
    )
