"""Somebody with access to the database changes a date in a license's row."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nodes.devnet.demo.tampering.sqlite import outside_transaction

_READ = "SELECT valid_until FROM license WHERE id = ?"
_EDIT = "UPDATE license SET valid_until = ? WHERE id = ?"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowEdit:
    """The last day of validity in the row, which lists and filters read."""

    database: Path
    license_id: str
    old: str | None
    new: str | None

    @classmethod
    def plan(cls, *, database: Path, license_id: str, new: str | None) -> RowEdit:
        """The edit, with what stands there now; nothing is changed yet."""
        with outside_transaction(database) as connection:
            (old,) = connection.execute(_READ, (license_id,)).fetchone()
        return cls(database=database, license_id=license_id, old=old, new=new)

    def apply(self) -> None:
        self._write(self.new)

    def undo(self) -> None:
        self._write(self.old)

    def _write(self, until: str | None) -> None:
        with outside_transaction(self.database) as connection:
            connection.execute(_EDIT, (until, self.license_id))
