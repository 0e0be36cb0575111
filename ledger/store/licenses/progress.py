"""How far registrations have come: what is pending, and how old the oldest of it is."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, func, select

from ledger.store.repository import Repository
from ledger.store.tables.licenses import LICENSE
from ledger.types import Digest

_IS_PENDING: Final = LICENSE.c.leaf_index.is_(None)
_PENDING: Final = (
    select(LICENSE.c.id, LICENSE.c.leaf_hash)
    .where(_IS_PENDING)
    .order_by(LICENSE.c.registered_at, LICENSE.c.id)
    .limit(bindparam("count"))
)
_PENDING_COUNT: Final = select(func.count()).select_from(LICENSE).where(_IS_PENDING)
_OLDEST_PENDING: Final = (
    select(LICENSE.c.registered_at)
    .where(_IS_PENDING)
    .order_by(LICENSE.c.registered_at, LICENSE.c.id)
    .limit(1)
)
_OLDEST_FROM: Final = (
    select(LICENSE.c.registered_at)
    .where(LICENSE.c.leaf_index >= bindparam("leaf_index"))
    .order_by(LICENSE.c.leaf_index)
    .limit(1)
)
_COUNT: Final = select(func.count()).select_from(LICENSE)


class LicenseProgress(Repository):
    """Reads that the sequencer and the back pressure need; none looks at more than it answers."""

    __slots__ = ()

    def pending(self, limit: int) -> tuple[tuple[str, Digest], ...]:
        rows = self._connection.execute(_PENDING, {"count": limit})
        return tuple((license_id, Digest(leaf_hash)) for license_id, leaf_hash in rows)

    def pending_count(self) -> int:
        return self._connection.execute(_PENDING_COUNT).scalar_one()

    def oldest_unanchored(self, anchored_size: int) -> datetime | None:
        # Positions are given in order of registration: the first one holds the oldest license.
        times = (
            self._connection.execute(_OLDEST_PENDING).scalar(),
            self._connection.execute(_OLDEST_FROM, {"leaf_index": anchored_size}).scalar(),
        )
        return min((time for time in times if time is not None), default=None)

    def count(self) -> int:
        return self._connection.execute(_COUNT).scalar_one()
