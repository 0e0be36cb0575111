"""What one run of the demo tells the next."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Self

from ledger.encoding import hex_decode, parse_date
from ledger.errors import ConfigurationError, MalformedError
from nodes.devnet.whole_file import write_whole

_SEED_BYTES = 32
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A demo's choices, made once, and how far it has come."""

    seed: str
    """Hex; the samples follow from it and from `day`."""
    day: str
    """The first run's day: the samples are as of it."""
    licenses: int
    first_port: int
    """The nodes serve on this port and the next three; their endpoints are on the chain."""
    chain_port: int
    is_registered: bool = False
    """All licenses were registered and became final."""

    @classmethod
    def begin(cls, *, day: date, licenses: int, first_port: int, chain_port: int) -> Self:
        """A new demo's choices."""
        return cls(
            seed=os.urandom(_SEED_BYTES).hex(),
            day=day.isoformat(),
            licenses=licenses,
            first_port=first_port,
            chain_port=chain_port,
        )

    def write(self, path: Path) -> None:
        write_whole(path, json.dumps(asdict(self), indent=2).encode(), mode=_OWNER_ONLY)


def read_kept(path: Path) -> Kept | None:
    """What an earlier run left; None if there was none. Raise ConfigurationError if unreadable."""
    try:
        said = json.loads(path.read_bytes())
        kept = Kept(**said)
        hex_decode(kept.seed, _SEED_BYTES)
        parse_date(kept.day)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, MalformedError) as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error}). Begin anew with `make demo ARGS=--fresh`, which "
            "sets the old folder aside."
        ) from error
    return kept
