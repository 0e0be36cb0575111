"""Alembic's entry: runs on the connection, and inside the transaction, that `run` opened."""

from alembic import context

from ledger.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=False,
)
context.run_migrations()
