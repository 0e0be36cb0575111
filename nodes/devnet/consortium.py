"""Founds a consortium on a development chain: contracts, regions with their keys, types, grants.

Goes on from where an interrupted run stopped, and finds a finished one finished: keys and the
signed creation are stored before anything is sent, and what is missing is read from the chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from contracts.deployment import Founding, FoundingRegion, KeyMaterial, predict_addresses
from contracts.proposals import Action
from ledger.catalogue import LicenseType
from ledger.chain.finality import DevelopmentFinality
from ledger.chain.headers import parse_header
from ledger.chain.identity import ChainIdentity, parse_address, verify_identity
from ledger.chain.rpc import JsonRpc, RpcSettings
from ledger.chain.transactions import Signer, next_nonce, send
from ledger.chain.wire import data, quantity
from ledger.errors import ConfigurationError, ConflictError
from ledger.hashing import keccak256, type_hash
from ledger.keys import KeyAlgorithm
from ledger.ports.outbox import SignedCopy
from ledger.types import Digest, Region
from nodes.devnet.founding_file import FoundingFolder, FoundingSecrets
from nodes.devnet.governance import (
    Governance,
    Proposal,
    await_block,
    await_receipts,
    chunks,
    proposal,
)
from nodes.keys import NodeKeys

PROPOSAL_LIFETIME: Final = 7 * 24 * 60 * 60
"""Blocks, a week of them at one a second."""
_CREATION_GAS: Final = 15_000_000
_CHANGES_PER_PROPOSAL: Final = 75
_PASSES: Final = 3
"""How often what is missing is proposed before giving up."""
_LAST: Final = 2**64 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionPlan:
    """A region to found the consortium with."""

    code: Region
    endpoint: str
    """Where its node answers, for example `http://127.0.0.1:8001`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedRegion:
    """A founding region with all its keys."""

    code: Region
    endpoint: str
    keys: NodeKeys
    """What its node needs."""
    admin_key: bytes = field(repr=False)
    """The cold key; no node has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedConsortium:
    """A whole consortium on its chain."""

    chain_id: int
    genesis_hash: bytes
    consortium: str
    """Checksummed address."""
    license_log: str
    block_number: int
    """The block that created the contracts; nothing of theirs is before it."""
    regions: tuple[DeployedRegion, ...]

    @property
    def identity(self) -> ChainIdentity:
        """What its nodes are configured with."""
        return ChainIdentity(
            chain_id=self.chain_id,
            genesis_hash=self.genesis_hash,
            consortium=parse_address(self.consortium),
            license_log=parse_address(self.license_log),
        )


def deploy(
    rpc_url: str,
    regions: Sequence[RegionPlan],
    folder: Path,
    *,
    types: Sequence[LicenseType],
    patience: float = 30.0,
) -> DeployedConsortium:
    """Found the consortium, or finish or recognise the one that `folder` belongs to.

    Every region is granted every type. On return all of it is in force. `patience` is in seconds
    for each step. Raise ConfigurationError when the folder belongs to other regions or another
    chain, ChainUnavailableError when the chain does not answer or makes no blocks.
    """
    kept = FoundingFolder(folder)
    secrets = kept.open([plan.code for plan in regions])
    rpc = JsonRpc(RpcSettings(url=rpc_url))
    keys = {plan.code: kept.node_keys(plan.code) for plan in regions}
    found = _Founded(rpc, kept, secrets, regions, keys, patience)
    deployed = found.contracts()
    verify_identity(rpc, deployed.identity, DevelopmentFinality().hash_rule)
    # The founders may act from the block after their own.
    await_block(rpc, deployed.block_number + 1, patience=patience)
    admins = {code: found.signer(key) for code, key in secrets.admin_keys.items()}
    address = parse_address(deployed.consortium)
    governance = Governance(rpc, address, admins, patience=patience)
    _complete(governance, regions, types)
    await_block(rpc, quantity(rpc.read("eth_blockNumber")) + 1, patience=patience)
    return deployed


@dataclass(frozen=True, slots=True)
class _Founded:
    """The creation of the contracts, with what it needs."""

    rpc: JsonRpc
    kept: FoundingFolder
    secrets: FoundingSecrets
    regions: Sequence[RegionPlan]
    keys: dict[Region, NodeKeys]
    patience: float

    def contracts(self) -> DeployedConsortium:
        deployer = self.signer(self.secrets.deployer_key)
        addresses = predict_addresses(deployer.address, 0)
        raw = self.secrets.creation
        if raw is None:
            copy = self._sign(deployer)
            self.kept.keep_creation(self.secrets, copy.raw)
        else:
            copy = SignedCopy(hash=keccak256(raw), raw=raw, gas_price=0, sent_at=None)
        code = data(self.rpc.read("eth_getCode", addresses.consortium, "latest"))
        if not code:
            self._send(deployer, copy)
        (receipt,) = await_receipts(self.rpc, [copy.hash], patience=self.patience)
        if quantity(receipt.get("status")) != 1:
            raise ConfigurationError(
                f"the chain refused to create the contracts (transaction {copy.hash.hex()}); its "
                f"rules are others than expected. Move {self.kept.root} away and try again"
            )
        genesis = self.rpc.read("eth_getBlockByNumber", "0x0", False)
        return DeployedConsortium(
            chain_id=deployer.chain_id,
            genesis_hash=parse_header(genesis, DevelopmentFinality().hash_rule).block.hash,
            consortium=addresses.consortium,
            license_log=addresses.license_log,
            block_number=quantity(receipt.get("blockNumber")),
            regions=tuple(
                DeployedRegion(
                    code=plan.code,
                    endpoint=plan.endpoint,
                    keys=self.keys[plan.code],
                    admin_key=self.secrets.admin_keys[plan.code],
                )
                for plan in self.regions
            ),
        )

    def signer(self, key: bytes) -> Signer:
        return Signer.from_key(key, quantity(self.rpc.read("eth_chainId")))

    def _send(self, deployer: Signer, copy: SignedCopy) -> None:
        try:
            send(self.rpc, copy)
        except ConflictError as error:
            raise ConfigurationError(
                f"{self.kept.root} belongs to another state of this chain: its deployer has sent "
                f"{next_nonce(self.rpc, deployer.address)} transactions, yet there is no contract. "
                "Move the folder away to found another consortium"
            ) from error

    def _sign(self, deployer: Signer) -> SignedCopy:
        founding = Founding(
            regions=[self._founder(plan) for plan in self.regions],
            quorum=len(self.regions) // 2 + 1,
            proposal_lifetime=PROPOSAL_LIFETIME,
        )
        return deployer.sign(
            nonce=0, to=None, payload=founding.creation_code(), gas=_CREATION_GAS, gas_price=0
        )

    def _founder(self, plan: RegionPlan) -> FoundingRegion:
        keys = self.keys[plan.code]
        return FoundingRegion(
            code=int(plan.code),
            admin=self.signer(self.secrets.admin_keys[plan.code]).address,
            anchor_key=keys.anchor_address,
            signing_key=KeyMaterial(algorithm=KeyAlgorithm.ED25519, x=keys.signing_key.public.raw),
            encryption_key=KeyMaterial(
                algorithm=KeyAlgorithm.X25519, x=keys.encryption_key.public.raw
            ),
            endpoint=plan.endpoint,
        )


def _complete(
    governance: Governance, regions: Sequence[RegionPlan], types: Sequence[LicenseType]
) -> None:
    """Make the chain say what is planned: endpoints, types, grants."""
    stated = governance.views([("endpointOf", (int(plan.code),)) for plan in regions])
    moved = {
        plan.code: plan.endpoint
        for plan, endpoint in zip(regions, stated, strict=True)
        if endpoint != plan.endpoint
    }
    governance.set_endpoints(moved)
    for _ in range(_PASSES):
        missing = _missing(governance, regions, types)
        if not missing:
            return
        governance.carry(missing)
    raise ConfigurationError(
        f"types and grants are still missing after {_PASSES} rounds of proposals; somebody else "
        "governs this consortium too"
    )


def _missing(
    governance: Governance, regions: Sequence[RegionPlan], types: Sequence[LicenseType]
) -> list[Proposal]:
    """Proposals for the types and grants that the chain does not have yet; types first."""
    hashes: list[Digest] = [type_hash(one.code) for one in types]
    states = governance.views([("typeAt", (hash_, _LAST)) for hash_ in hashes])
    new_types = [
        (hash_, one.level, True)
        for hash_, one, (_since, level, active) in zip(hashes, types, states, strict=True)
        if not active or level != one.level
    ]
    proposals = [
        proposal(Action.SET_TYPES, some) for some in chunks(new_types, _CHANGES_PER_PROPOSAL)
    ]
    for plan in regions:
        code = int(plan.code)
        grants = governance.views([("grantAt", (code, hash_, _LAST)) for hash_ in hashes])
        new_grants = [
            (hash_, True)
            for hash_, (_since, granted) in zip(hashes, grants, strict=True)
            if not granted
        ]
        proposals += [
            proposal(Action.SET_GRANTS, some, code)
            for some in chunks(new_grants, _CHANGES_PER_PROPOSAL)
        ]
    return proposals
