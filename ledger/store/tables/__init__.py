"""SQLModel tables, one file per concern. They never leave `ledger.store`."""

from ledger.store.tables import (
    accounts,
    answers,
    catalogue,
    data_keys,
    licenses,
    log,
    mirror_chain,
    mirror_membership,
    mirror_status,
    outbox,
    status_changes,
)
from ledger.store.tables.columns import METADATA

__all__ = [
    "METADATA",
    "accounts",
    "answers",
    "catalogue",
    "data_keys",
    "licenses",
    "log",
    "mirror_chain",
    "mirror_membership",
    "mirror_status",
    "outbox",
    "status_changes",
]
