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
    for length in ("1001", None, "x", "9" * 30):
        with pytest.raises(BusyError), slots.taken(length, SMALL):
            pass


def test_larger_bodies_count_more_and_give_back_what_they_took() -> None:
    slots = UploadSlots(4)
    for _ in range(3):
        with slots.taken(str(3 * SLOT_BYTES), SMALL), slots.taken(None, SMALL):
            with pytest.raises(BusyError), slots.taken("1001", SMALL):
                pass
        with pytest.raises(ZeroDivisionError), slots.taken(str(9 * SLOT_BYTES), SMALL):
            raise ZeroDivisionError
    with slots.taken(str(9 * SLOT_BYTES), SMALL):
        pass
