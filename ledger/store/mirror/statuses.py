"""Mirrored statuses: the newest word of a position as of a block."""

from __future__ import annotations

from typing import Final

from sqlalchemy import bindparam, select

from ledger.store.repository import Repository
from ledger.store.tables.mirror_status import STATUS_WORD
from ledger.types import LicenseStatus, Position, Region

_PER_WORD: Final = 128
_BITS: Final = 2
_WORD: Final = (
    select(STATUS_WORD.c.statuses)
    .where(
        STATUS_WORD.c.region == bindparam("of_region"),
        STATUS_WORD.c.epoch == bindparam("in_epoch"),
        STATUS_WORD.c.word_index == bindparam("word"),
        STATUS_WORD.c.block_number <= bindparam("as_of"),
    )
    .order_by(STATUS_WORD.c.block_number.desc(), STATUS_WORD.c.ordinal.desc())
    .limit(1)
)


class StatusReader(Repository):
    """A word that was never set is 0: all of its licenses are in force."""

    __slots__ = ()

    def status(self, region: Region, position: Position, *, as_of: int) -> LicenseStatus:
        word_index, place = divmod(position.index, _PER_WORD)
        word = self.status_word(region, position.epoch, word_index, as_of=as_of)
        return LicenseStatus(word >> (_BITS * place) & 0b11)

    def status_word(self, region: Region, epoch: int, word_index: int, *, as_of: int) -> int:
        row = self._first(_WORD, of_region=region, in_epoch=epoch, word=word_index, as_of=as_of)
        return 0 if row is None else int(row[0])
