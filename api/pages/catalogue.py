"""The license types and the regions that pages name and offer, from what the node has."""

from __future__ import annotations

from collections.abc import Mapping

from api.context import Services
from ledger.catalogue import LicenseType
from ledger.types import Region


def load_types(services: Services) -> Mapping[str, LicenseType]:
    """Every type by its code, in the order of the catalogue."""
    with services.database.read() as session:
        return {type_.code: type_ for type_ in session.catalogue.all()}


def load_regions(services: Services) -> tuple[Region, ...]:
    """Every region that can be asked, as of the newest final block."""
    with services.database.read() as session:
        position = session.mirror.position()
        if position is None:
            return ()
        known = session.mirror.regions(as_of=position.final.number)
    return tuple(region.code for region in known if region.active)
