"""When a block is final: one rule for each consensus, chosen by settings and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from ledger.chain.headers import HashRule, hash_whole, hash_without_seals
from ledger.errors import ConfigurationError

DEFAULT_DEPTH: Final = 1


class FinalityRule(Protocol):
    """What a consensus promises about its blocks."""

    @property
    def name(self) -> str:
        """As in settings and verdicts."""

    @property
    def hash_rule(self) -> HashRule:
        """How its headers are hashed."""

    @property
    def survives_restart(self) -> bool:
        """Whether a final block is still there after the client was restarted."""

    def final_number(self, newest: int) -> int:
        """Number of the newest final block when `newest` is the newest of all."""


@dataclass(frozen=True, slots=True)
class DevelopmentFinality:
    """A chain of one client: final after `depth` more blocks.

    A killed client loses what it had not written to disk, final blocks too: whoever follows it goes
    back with it.
    """

    depth: int = DEFAULT_DEPTH
    name: str = "dev"
    survives_restart: bool = False

    @property
    def hash_rule(self) -> HashRule:
        return hash_whole

    def final_number(self, newest: int) -> int:
        return newest - self.depth


@dataclass(frozen=True, slots=True)
class QbftFinality:
    """A committed block is never replaced while fewer than a third of the validators lie.

    The region's own validator committed what it serves; that its seals really are those of the
    pinned validators is checked with the chain proofs of bundles, not here.
    """

    name: str = "qbft"
    survives_restart: bool = True

    @property
    def hash_rule(self) -> HashRule:
        return hash_without_seals

    def final_number(self, newest: int) -> int:
        return newest


_RULES: Final[dict[str, Callable[[int], FinalityRule]]] = {
    "dev": DevelopmentFinality,
    "qbft": lambda _depth: QbftFinality(),
}


def finality_rule(name: str, *, depth: int = DEFAULT_DEPTH) -> FinalityRule:
    """The rule of this name; `depth` counts blocks and matters for `dev` alone."""
    rule = _RULES.get(name)
    if rule is None:
        raise ConfigurationError(f"finality {name!r} is unknown; use one of {sorted(_RULES)}")
    if depth < 0:
        raise ConfigurationError(f"a finality depth of {depth} blocks is none; use 0 or more")
    return rule(depth)
