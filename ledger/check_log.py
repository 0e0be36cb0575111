"""Checks 3 and 4: the entry is in the region's log, and the first head that covers it is on the
chain, final and not disowned (DESIGN §6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from ledger import merkle
from ledger.bundle import Bundle, LogProof
from ledger.errors import InclusionError, SignatureError
from ledger.hashing import leaf_hash
from ledger.trust import ChainFacts, Trust
from ledger.types import AnchoredHead, EpochStart
from ledger.verdict import Check, chain_unreachable, failed, passed, skipped, undecided

CLOCK_SKEW: Final = timedelta(minutes=5)
"""How far a region's clock may be ahead of the verifier's: a promise may be from this future."""

LONGEST_PROMISE: Final = timedelta(days=7)
"""Longest time from registration to anchor that a promise may give: none keeps a license unknown
for ever, whoever got hold of the key that signed it."""


def check_inclusion(bundle: Bundle) -> Check:
    if bundle.log is None:
        return skipped(3, "the license has no position in the log yet")
    log = bundle.log
    leaf = leaf_hash(bundle.entry_bytes)
    try:
        if log.inclusion.tree_size != log.head.tree_size:
            raise InclusionError("the proof is for another tree size than the head's")
        if log.position.epoch != log.head.epoch:
            raise InclusionError("the proof is for another epoch than the head's")
        merkle.verify_inclusion(
            leaf_hash=leaf,
            leaf_index=log.position.index,
            tree_size=log.inclusion.tree_size,
            proof=log.inclusion.path,
            root_hash=log.head.root_hash,
        )
    except InclusionError as error:
        return failed(3, "not_in_log", f"the entry is not in the log: {error}", leaf=leaf.hex())
    return passed(
        3,
        "the entry is in the region's log",
        leaf_hash=leaf.hex(),
        leaf_index=log.position.index,
        tree_size=log.head.tree_size,
        root_hash=log.head.root_hash.hex(),
    )


def check_anchored(bundle: Bundle, trust: Trust, at: datetime) -> Check:
    facts = trust.facts
    if facts is None:
        return chain_unreachable(4)
    if bundle.promise is not None:
        broken = _broken_promise(bundle, facts)
        if broken is not None:
            return broken
    if bundle.log is None:
        return _not_anchored(bundle, at)
    log = bundle.log
    if facts.anchor is None:
        if log.head.tree_size <= facts.mirrored_size:
            return failed(
                4,
                "root_not_on_chain",
                "the chain has no such head, and its log is already past that size",
                tree_size=log.head.tree_size,
                anchored_size=facts.mirrored_size,
            )
        return _not_anchored(bundle, at)
    return _head_on_chain(log, facts, facts.anchor)


def _head_on_chain(log: LogProof, facts: ChainFacts, anchor: AnchoredHead) -> Check:
    if anchor.root_hash != log.head.root_hash:
        return failed(
            4,
            "root_not_on_chain",
            "the chain holds another root hash for this tree size: the log here was rewritten",
            on_chain=anchor.root_hash.hex(),
            presented=log.head.root_hash.hex(),
        )
    if anchor != log.head:
        return failed(4, "root_not_on_chain", "the head's block or sizes differ from the chain's")
    if not anchor.previous_size <= log.position.index < anchor.tree_size:
        return failed(
            4,
            "root_not_on_chain",
            "this is not the first anchored head that covers the entry",
            previous_size=anchor.previous_size,
            leaf_index=log.position.index,
        )
    if not is_live(facts.lineage, log.position.epoch, log.position.index):
        return failed(
            4,
            "disowned",
            "the region reopened its log below this entry and does not stand by it",
            epoch=log.position.epoch,
            index=log.position.index,
        )
    return passed(
        4,
        "the log's head is on the chain, in a final block",
        block_number=anchor.block_number,
        block_time=anchor.block_time,
        previous_size=anchor.previous_size,
        epoch=anchor.epoch,
    )


def is_live(lineage: tuple[EpochStart, ...], epoch: int, index: int) -> bool:
    """Whether the position is on the log's live lineage (DESIGN §4, epochs)."""
    for at, step in enumerate(lineage):
        if step.epoch == epoch:
            end = lineage[at + 1].start_size if at + 1 < len(lineage) else None
            return step.start_size <= index and (end is None or index < end)
    return False


def _broken_promise(bundle: Bundle, facts: ChainFacts) -> Check | None:
    """The check that fails when the bundle's promise is not the region's word for this entry."""
    promise = bundle.promise
    if promise is None:
        return None
    key = facts.signing_keys.get(promise.key.number)
    if promise.key.region != bundle.entry.region or promise.region != bundle.entry.region:
        return failed(4, "root_not_on_chain", "the registration promise is another region's")
    if promise.leaf_hash != leaf_hash(bundle.entry_bytes):
        return failed(4, "root_not_on_chain", "the registration promise is for another entry")
    if key is None:
        return failed(
            4,
            "root_not_on_chain",
            "the registration promise names a key that the region had not, or no longer",
        )
    try:
        promise.verify(key)
    except SignatureError:
        return failed(4, "root_not_on_chain", "the registration promise's signature is wrong")
    return None


def _not_anchored(bundle: Bundle, at: datetime) -> Check:
    promise = bundle.promise
    if (
        promise is None
        or at > promise.anchor_by
        or not -CLOCK_SKEW <= at - promise.time <= LONGEST_PROMISE
    ):
        return failed(
            4,
            "root_not_on_chain",
            "not anchored, and no registration promise for it is still running",
        )
    return undecided(
        4,
        "not_anchored",
        "registered and promised, not yet on the chain; ask again shortly",
        anchor_by=promise.anchor_by.isoformat(),
    )
