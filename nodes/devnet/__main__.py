"""Serve a development chain in the foreground: `python -m nodes.devnet --directory DIR`.

For a container, or a terminal of its own. SIGTERM or Ctrl-C ends it with its state dumped.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from ledger.errors import LedgerError
from nodes.devnet.chain_config import LOOPBACK, ChainConfig
from nodes.devnet.chains import AnvilChain

_POLL_SECONDS = 0.5


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 after an orderly end, 1 if the chain can't start or ends by itself."""
    parser = argparse.ArgumentParser(prog="python -m nodes.devnet", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True)
    parser.add_argument("--host", default=LOOPBACK)
    parser.add_argument("--port", type=int, default=8545)
    parser.add_argument("--chain-id", type=int, default=31_337)
    given = parser.parse_args(arguments)
    config = ChainConfig(
        directory=given.directory, host=given.host, port=given.port, chain_id=given.chain_id
    )
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with AnvilChain(config) as chain:
            sys.stderr.write(f"chain {config.chain_id} serves on {config.host}:{config.port}\n")
            while chain.is_running():
                time.sleep(_POLL_SECONDS)
    except KeyboardInterrupt:
        return 0
    except LedgerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"the chain ended by itself; see {config.log}\n")
    return 1


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
