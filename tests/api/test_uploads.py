"""What large bodies may hold in memory at once."""

from __future__ import annotations

import pytest

from api.uploads import SLOT_BYTES, UploadSlots
from ledger.errors import BusyError

SMALL = 1000


def test_small_bodies_need_no_slot() -> None:
    slots = UploadSlots(0)
    for length in ("0", "1000"):
        with slots.taken(length, SMALL):
            pass
    for large in ("1001", None, "x", "9" * 30):
        with pytest.raises(BusyError), slots.taken(large, SMALL):
            pass


def test_larger_bodies_count_more_and_give_back_what_they_took() -> None:
    slots = UploadSlots(4)
    large, all_of_them = str(3 * SLOT_BYTES), str(9 * SLOT_BYTES)
    for _ in range(3):
        with slots.taken(large, SMALL), slots.taken(None, SMALL), pytest.raises(BusyError):
            slots.taken("1001", SMALL).__enter__()
        with pytest.raises(ZeroDivisionError), slots.taken(all_of_them, SMALL):
            raise ZeroDivisionError
    with slots.taken(all_of_them, SMALL):
        pass
