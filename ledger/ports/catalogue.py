"""The catalogue of license types (证照目录) as this node holds it."""

from __future__ import annotations

from typing import Protocol

from ledger.catalogue import LicenseType


class CatalogueReader(Protocol):
    def get(self, type_code: str) -> LicenseType | None: ...
    def all(self) -> tuple[LicenseType, ...]:
        """Every type in code order."""


class CatalogueWriter(CatalogueReader, Protocol):
    def put_all(self, types: tuple[LicenseType, ...]) -> None:
        """Add or replace by type code."""
