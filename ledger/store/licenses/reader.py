"""Everything that can be read of licenses (`ledger.ports.licenses.LicenseReader`)."""

from __future__ import annotations

from sqlalchemy import Connection

from ledger.ports.licenses import LicenseFilter, Page
from ledger.store.licenses.answers import AnswerReader
from ledger.store.licenses.lookups import LicenseLookups
from ledger.store.licenses.pages import LicensePages
from ledger.store.licenses.progress import LicenseProgress
from ledger.store.licenses.status_changes import StatusChangeReader
from ledger.types import Region


class SqlLicenseReader(
    LicenseLookups, LicensePages, LicenseProgress, StatusChangeReader, AnswerReader
):
    """The region's own licenses. `region` tells whose status words apply to them."""

    __slots__ = ("_region",)

    def __init__(self, connection: Connection, region: Region) -> None:
        super().__init__(connection)
        self._region = region

    def page(self, selection: LicenseFilter, *, after: str | None, limit: int) -> Page:
        return self._page(selection, self._region, after=after, limit=limit)
