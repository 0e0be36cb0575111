"""Status words of a block: made whole from the announced changes, and proved in the chain's state.

An event says how a word changes; the mirror keeps the word as it then stands. The client must prove
the same word by `eth_getProof`: in the block that changed it or, where it keeps no state of so old
a block, in the newest block that is read. Until then nothing from the change on may count as final.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ledger.chain_events import Announcement, ChainEvent, StatusWordChanged
from ledger.errors import InconsistentChainError
from ledger.ports.chain import ChainReader
from ledger.ports.database import Database, ReadSession
from ledger.types import BlockRef, Region

WordKey = tuple[Region, int, int]
"""Region, epoch, word index."""


class StatusProofs:
    """Remembers which words are still to be proved. For one mirror, one round at a time."""

    def __init__(self, database: Database, chain: ChainReader) -> None:
        self._database = database
        self._chain = chain
        self._unproved: dict[WordKey, int] = {}
        """Words whose block's state is gone, with the first block that changed them."""

    def complete(
        self, read: Mapping[BlockRef, Sequence[Announcement]]
    ) -> dict[int, list[ChainEvent]]:
        """The events by block number with whole status words, each proved or noted as unproved.

        `read` are consecutive blocks' announcements in block order, not stored yet. Raise
        InconsistentChainError when a proof shows another word than the events.
        """
        words: dict[WordKey, int] = {}
        complete: dict[int, list[ChainEvent]] = {}
        changed: dict[BlockRef, dict[WordKey, int]] = {}
        with self._database.read() as session:
            for block, events in read.items():
                complete[block.number] = [_whole(session, words, block, event) for event in events]
                touched = [_key(one) for one in events if isinstance(one, StatusWordChanged)]
                changed[block] = {key: words[key] for key in touched}
        for block, expected in changed.items():
            for key, word in expected.items():
                if not self._is_proved(key, word, block):
                    self._unproved.setdefault(key, block.number)
        return complete

    def note_unproved(self, block: BlockRef, events: Sequence[Announcement]) -> None:
        """These are stored, and nobody knows any more whether they were proved."""
        for event in events:
            if isinstance(event, StatusWordChanged):
                self._unproved.setdefault(_key(event), block.number)

    def prove_late(self, newest: BlockRef) -> None:
        """Prove in `newest`, up to which all is stored, what could not be proved before."""
        for key in list(self._unproved):
            with self._database.read() as session:
                expected = session.mirror.status_word(*key, as_of=newest.number)
            if self._is_proved(key, expected, newest):
                del self._unproved[key]

    def limit(self, final: int) -> int:
        """`final`, or the block before the first change that is not proved yet."""
        return min((final, *(at - 1 for at in self._unproved.values())))

    def forget_above(self, block_number: int) -> None:
        """The blocks above were taken back."""
        self._unproved = {key: at for key, at in self._unproved.items() if at <= block_number}

    def _is_proved(self, key: WordKey, expected: int, block: BlockRef) -> bool:
        region, epoch, word_index = key
        proved = self._chain.status_word(region, epoch, word_index, block)
        if proved is not None and proved != expected:
            raise InconsistentChainError(
                f"status word {word_index} of epoch {epoch} of region {region} is {proved:#x} by "
                f"the proof in block {block.number}, but {expected:#x} by the events up to it: the "
                "client hides a change or shows a wrong one"
            )
        return proved is not None


def _whole(
    session: ReadSession, words: dict[WordKey, int], block: BlockRef, event: Announcement
) -> ChainEvent:
    """The event with the whole word; `words` holds those of blocks that are not stored yet."""
    if not isinstance(event, StatusWordChanged):
        return event
    key = _key(event)
    if key not in words:
        region, epoch, word_index = key
        words[key] = session.mirror.status_word(region, epoch, word_index, as_of=block.number - 1)
    whole = event.applied_to(words[key])
    words[key] = whole.values
    return whole


def _key(event: StatusWordChanged) -> WordKey:
    return (event.region, event.epoch, event.word_index)
