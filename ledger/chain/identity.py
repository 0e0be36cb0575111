"""Which chain and which contracts a node works with, and the proof that its client has them."""

from __future__ import annotations

from dataclasses import dataclass

from eth_utils.address import to_checksum_address

from contracts.artifacts import ContractName, load
from ledger.chain import abi
from ledger.chain.headers import HashRule, parse_header
from ledger.chain.rpc import JsonRpc
from ledger.chain.wire import data, quantity, to_data
from ledger.errors import (
    ClientRefusedError,
    ConfigurationError,
    InconsistentChainError,
    WrongChainError,
)

_ADDRESS_SIZE = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainIdentity:
    """What a node was configured with."""

    chain_id: int
    genesis_hash: bytes | None
    """Hash of block 0; None when the configuration leaves it open."""
    consortium: bytes
    """Address, 20 bytes."""
    license_log: bytes
    """Address, 20 bytes."""

    @property
    def contracts(self) -> dict[bytes, ContractName]:
        """The two contracts by address."""
        return {self.consortium: "Consortium", self.license_log: "LicenseLog"}


def parse_address(text: str) -> bytes:
    """An address's 20 bytes; raise ConfigurationError when `text` is none."""
    try:
        read = data(text)
    except InconsistentChainError:
        read = b""
    if len(read) != _ADDRESS_SIZE:
        raise ConfigurationError(f"{text!r} is no address: 0x and 40 hex digits are expected")
    return read


def checksummed(address: bytes) -> str:
    """An address as people write it (EIP-55)."""
    return str(to_checksum_address(address))


def verify_identity(rpc: JsonRpc, identity: ChainIdentity, hash_rule: HashRule) -> None:
    """Raise WrongChainError unless the client has the configured chain with our contracts.

    The code at both addresses must be the committed build's, immutables included, so that no other
    version's events are read with this version's eyes.
    """
    chain_id = quantity(rpc.read("eth_chainId"), "a chain id")
    if chain_id != identity.chain_id:
        raise WrongChainError(
            f"the client at {rpc.settings.url} has chain {chain_id}, configured is "
            f"{identity.chain_id}; check the RPC address and the chain id"
        )
    genesis = parse_header(rpc.read("eth_getBlockByNumber", "0x0", False), hash_rule).block.hash
    if identity.genesis_hash is not None and genesis != identity.genesis_hash:
        raise WrongChainError(
            f"the client's block 0 is {genesis.hex()}, configured is "
            f"{identity.genesis_hash.hex()}: this is another chain with the same id"
        )
    _verify_code(rpc, identity)


def _verify_code(rpc: JsonRpc, identity: ChainIdentity) -> None:
    consortium = load("Consortium").runtime_code(
        {
            "licenseLog": int.from_bytes(identity.license_log, "big"),
            "proposalLifetime": _immutable(
                rpc, identity.consortium, "Consortium", "proposalLifetime"
            ),
        }
    )
    license_log = load("LicenseLog").runtime_code(
        {
            "consortium": int.from_bytes(identity.consortium, "big"),
            "reopenWindow": _immutable(rpc, identity.license_log, "LicenseLog", "reopenWindow"),
        }
    )
    for address, expected in (
        (identity.consortium, consortium),
        (identity.license_log, license_log),
    ):
        code = data(rpc.read("eth_getCode", to_data(address), "latest"), "a contract's code")
        if code != expected:
            raise _wrong_contract(
                address, identity.contracts[address], f"{len(code)} bytes of code"
            )


def _immutable(rpc: JsonRpc, address: bytes, contract: ContractName, name: str) -> int:
    """A number that the constructor fixed; the code that is compared then contains it."""
    function = abi.function(contract, name)
    call = {"to": to_data(address), "data": to_data(function.encode_call())}
    try:
        answer = data(rpc.read("eth_call", call, "latest"), f"{name}()")
        (number,) = function.decode_result(answer)
    except (ClientRefusedError, InconsistentChainError) as error:
        raise _wrong_contract(address, contract, f"no answer to {name}()") from error
    return int(number)


def _wrong_contract(address: bytes, contract: ContractName, found: str) -> WrongChainError:
    return WrongChainError(
        f"at {checksummed(address)} there is not this version's {contract} but {found}; check the "
        "configured addresses, and that the chain is the one that they were deployed on"
    )
