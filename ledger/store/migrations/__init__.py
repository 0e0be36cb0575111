"""Migrations of the schema (Alembic), run by the program itself: there is no alembic.ini.

A new revision goes into `versions/`, and its number into `ledger.store.schema.REVISION`.
"""

from ledger.store.migrations.run import check, upgrade

__all__ = ["check", "upgrade"]
