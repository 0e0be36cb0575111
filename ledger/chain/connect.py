"""Opens the chain adapters from settings: one client, one identity, one finality rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.chain.anchor_chain import RpcAnchorChain
from ledger.chain.finality import DevelopmentFinality, FinalityRule
from ledger.chain.identity import ChainIdentity
from ledger.chain.reader import HeaderMemory, RpcChainReader
from ledger.chain.rpc import JsonRpc, RpcSettings
from ledger.chain.transactions import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainSettings:
    """Everything that the adapters need to know."""

    rpc: RpcSettings
    identity: ChainIdentity
    finality: FinalityRule = field(default_factory=DevelopmentFinality)
    gas_price: int = 0
    """Wei that anchors offer for gas."""


def open_chain(settings: ChainSettings) -> RpcChainReader:
    """Nothing is sent yet: call `verify_identity` before believing anything."""
    return RpcChainReader(
        JsonRpc(settings.rpc), settings.identity, settings.finality, HeaderMemory()
    )


def open_anchor_chain(settings: ChainSettings, anchor_key: bytes) -> RpcAnchorChain:
    """The same for sending with the region's anchor key (secp256k1, 32 bytes)."""
    return RpcAnchorChain(
        JsonRpc(settings.rpc),
        settings.identity,
        Signer.from_key(anchor_key, settings.identity.chain_id),
        settings.gas_price,
    )
