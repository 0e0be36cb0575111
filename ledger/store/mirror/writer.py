"""Everything that can be written of the mirror (`ledger.ports.mirror.MirrorWriter`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Table, bindparam, delete, insert, select, update

from ledger.chain_events import ChainEvent
from ledger.errors import ReorgError, StoreError
from ledger.store.mirror.reader import SqlMirrorReader
from ledger.store.mirror.rows import TABLES, to_row
from ledger.store.tables.mirror_chain import BLOCK, FOLLOWING
from ledger.types import BlockRef

_SOLE: Final = 1
_INSERT_BLOCK: Final = insert(BLOCK)
_INSERTS: Final = {table: insert(table) for table in TABLES.values()}
_FORGET: Final = (
    *(
        delete(table).where(table.c.block_number > bindparam("to_block"))
        for table in TABLES.values()
    ),
    delete(BLOCK).where(BLOCK.c.number > bindparam("to_block")),
)
_LOWER_FINAL: Final = (
    update(FOLLOWING)
    .where(FOLLOWING.c.final_number > bindparam("to_block"))
    .values(final_number=bindparam("lowered"))
)
_FINAL: Final = select(FOLLOWING.c.final_number)


class SqlMirrorWriter(SqlMirrorReader):
    """History only grows at its end, and is only taken away from there."""

    __slots__ = ()

    def apply(self, block: BlockRef, events: Sequence[ChainEvent]) -> None:
        self.apply_empty((block,))
        rows: defaultdict[Table, list[dict[str, Any]]] = defaultdict(list)
        for ordinal, event in enumerate(events):
            rows[TABLES[type(event)]].append(to_row(event, block, ordinal))
        for table, new in rows.items():
            self._connection.execute(_INSERTS[table], new)

    def apply_empty(self, blocks: Sequence[BlockRef]) -> None:
        """Raise ReorgError when the first does not follow, or one not from the one before it."""
        if not blocks:
            return
        newest = self._newest()
        for block in blocks:
            if newest is not None and (
                block.number != newest.number + 1 or block.parent_hash != newest.hash
            ):
                raise ReorgError(
                    f"block {block.number} ({block.hash.hex()}) does not follow from block"
                    f" {newest.number} ({newest.hash.hex()})"
                )
            newest = block
        self._connection.execute(_INSERT_BLOCK, [_block_row(block) for block in blocks])

    def rewind(self, to_block: int) -> None:
        for statement in _FORGET:
            self._connection.execute(statement, {"to_block": to_block})
        newest = self._newest()
        lowered = None if newest is None else newest.number
        self._connection.execute(_LOWER_FINAL, {"to_block": to_block, "lowered": lowered})

    def advance(self, *, final: int, checked_at: datetime) -> None:
        """Finality never goes back here; a block before the first mirrored one is as good as it.

        Raise StoreError when `final` was not mirrored yet.
        """
        newest = self._newest()
        if newest is None or final > newest.number:
            raise StoreError(
                f"block {final} cannot be final here: the mirror is at"
                f" {'no block' if newest is None else newest.number}"
            )
        stored = self._connection.execute(_FINAL).scalar()
        reached = max(final, self._oldest().number, -1 if stored is None else stored)
        self._note(final_number=reached, checked_at=checked_at)

    def halt(self, reason: str) -> None:
        self._note(halted=reason)

    def resume(self) -> None:
        self._note(halted=None)

    def _note(self, **values: Any) -> None:
        if self._connection.execute(update(FOLLOWING).values(**values)).rowcount == 0:
            empty = {"id": _SOLE, "final_number": None, "checked_at": None, "halted": None}
            self._connection.execute(insert(FOLLOWING), {**empty, **values})


def _block_row(block: BlockRef) -> dict[str, Any]:
    return {
        "number": block.number,
        "hash": block.hash,
        "parent_hash": block.parent_hash,
        "time": block.time,
    }
