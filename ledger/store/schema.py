"""Which schema this version of the software works on."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import ConfigurationError

REVISION: Final = "0002"
"""Newest revision in `ledger.store.migrations.versions`."""


def verify_revision(engine: Engine) -> None:
    """Raise ConfigurationError unless the database has exactly this version's schema."""
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError as error:
        raise ConfigurationError(
            "the database has no schema yet or cannot be reached; run the migrations first"
            f" ({getattr(error, 'orig', error)})"
        ) from error
    if found != REVISION:
        raise ConfigurationError(
            f"the database has schema {found}, this version works on {REVISION}; run the migrations"
        )
