"""What a development chain is: settings, files, and the arguments that anvil gets for them."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from ledger.errors import ConfigurationError

GENESIS_TIME = 1_767_225_600
"""Time of block 0, seconds since 1970: 2026-01-01T00:00:00Z."""

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainConfig:
    """What a development chain is. Id, genesis time and rules stay while its state is kept."""

    directory: Path
    """Holds the state, the log and the lock; created if missing."""
    chain_id: int = 31_337
    genesis_time: int = GENESIS_TIME
    hardfork: str = "paris"
    """The newest rules that GoQuorum, Besu and anvil share for compiled code."""
    port: int = 8545
    host: str = LOOPBACK
    """Address to serve on. Another one only where nobody else can reach it, such as a container's
    own network: whoever reaches a development chain can rewrite it."""
    block_time: int | None = 1
    """Seconds between blocks; None mines a block for each transaction at once."""
    keep_state: bool = True
    """False: nothing is read or written; the chain begins at block 0 each time."""
    mnemonic: str | None = None
    """Seed words of accounts with funds; None makes none, none are needed at gas price 0."""
    gas_limit: int = 60_000_000
    """Gas per block."""
    proof_window: int = 128
    """How many blocks back states are kept in memory, and so proofs answered."""
    start_timeout: float = 20.0
    """Seconds until it must answer."""

    @property
    def url(self) -> str:
        """Where this machine reaches its JSON-RPC."""
        return f"http://{LOOPBACK}:{self.port}"

    @property
    def state(self) -> Path:
        """anvil's own dump."""
        return self.directory / "state.json"

    @property
    def log(self) -> Path:
        """What anvil and the keeper say."""
        return self.directory / "anvil.log"

    @property
    def lock(self) -> Path:
        """Held by the keeper while the chain runs."""
        return self.directory / "chain.pid"

    def flags(self) -> list[str]:
        """anvil's arguments; `nodes.devnet.chains` says why each is there."""
        flags = ["--host", self.host, "--port", str(self.port), "--chain-id", str(self.chain_id)]
        flags += ["--hardfork", self.hardfork, "--timestamp", str(self.genesis_time)]
        flags += ["--gas-price", "0", "--block-base-fee-per-gas", "0"]
        flags += ["--gas-limit", str(self.gas_limit), "--no-request-size-limit"]
        flags += ["--prune-history", str(self.proof_window), "--no-mining", "--silent"]
        if self.mnemonic is None:
            flags += ["--accounts", "0"]
        else:
            flags += ["--mnemonic", self.mnemonic]
        if self.keep_state:
            flags += ["--state", str(self.state.absolute()), "--state-interval", "1"]
        return flags

    def require_same_chain(self) -> None:
        """Note what the kept state belongs to; raise `ConfigurationError` if it is another chain.

        anvil makes block 0 anew from its flags: with others, a kept state gets another genesis.
        """
        path = self.directory / "chain.json"
        wanted = {
            name: value
            for name, value in asdict(self).items()
            if name in {"chain_id", "genesis_time", "hardfork"}
        }
        if not self.state.exists():
            path.write_text(json.dumps(wanted), encoding="utf-8")
            return
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(
                f"{path}, which says what chain {self.state} belongs to, can't be read ({error}). "
                f"Move {self.directory} away to begin a new chain."
            ) from error
        if kept != wanted:
            raise ConfigurationError(
                f"{self.state} belongs to a chain with {kept}, asked for is {wanted}. Use the same "
                f"settings, or move {self.directory} away to begin a new chain."
            )
