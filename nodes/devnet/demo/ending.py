"""Ends a demo: the process that tells it, the nodes, the chain. Whoever started them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Final

from nodes.devnet import process_lock
from nodes.devnet.chains import running_chain, stop_chain
from nodes.devnet.demo.folder import DemoFolder
from nodes.devnet.demo.node_process import STOP_SECONDS
from nodes.devnet.samples.places import PLACES

_TELLER_SECONDS: Final = 60.0
"""The process that tells the demo ends its nodes and chain itself, orderly."""


def running_parts(folder: DemoFolder) -> int:
    """How many of the four nodes and the chain run."""
    nodes = sum(process_lock.holder(folder.node(place.code).lock) is not None for place in PLACES)
    return nodes + (running_chain(folder.chain) is not None)


def end_parts(folder: DemoFolder) -> int:
    """End nodes, all at once, and then the chain; return how many processes that were."""
    with ThreadPoolExecutor(len(PLACES)) as pool:
        ended = sum(
            pool.map(
                lambda place: process_lock.end_holder(
                    folder.node(place.code).lock, timeout=STOP_SECONDS
                ),
                PLACES,
            )
        )
    return ended + stop_chain(folder.chain)


def stop_demo(folder: DemoFolder) -> int:
    """End everything of the demo in `folder`; return how many processes that were."""
    parts = running_parts(folder)
    teller = process_lock.end_holder(folder.lock, timeout=_TELLER_SECONDS)
    left = end_parts(folder)
    return max(parts, left) + teller
