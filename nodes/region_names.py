"""What the regions that are known by name are called; codes and membership come from the chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from api.context import RegionName
from ledger.types import Region

REGION_NAMES: Final[Mapping[Region, RegionName]] = {
    Region("110000"): RegionName(zh="北京", en="Beijing"),
    Region("120000"): RegionName(zh="天津", en="Tianjin"),
    Region("130000"): RegionName(zh="河北", en="Hebei"),
    Region("133100"): RegionName(zh="雄安", en="Xiong'an"),
}
"""The four places of the 京津冀 platform (GB/T 2260; 133100 is in use by platforms)."""
