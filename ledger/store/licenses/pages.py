"""Listing licenses page by page, also by their status on the chain.

A status stands in the mirrored word of a license's position: the newest word announced in a final
block, or 0 (in force) when there is none. The question has two shapes:

    in force      walk the licenses in id order and look up each one's word
    any other     start from the region's words that hold such a status; they are few
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, String, cast, func, or_, select, type_coerce

from ledger.ports.licenses import LicenseFilter, Page
from ledger.store.licenses.records import COLUMNS, to_record
from ledger.store.prepared import AnySelect
from ledger.store.repository import Repository
from ledger.store.tables.licenses import LICENSE
from ledger.store.tables.mirror_chain import FOLLOWING
from ledger.store.tables.mirror_status import STATUS_WORD
from ledger.types import LicenseStatus, Region

_PER_WORD: Final = 128
_NEVER: Final = -1
"""Stands for the newest final block while nothing is final: no word is as old."""
_FINAL: Final = select(FOLLOWING.c.final_number)


class LicensePages(Repository):
    """Pages in id order: a cursor is the last id that was seen."""

    __slots__ = ()

    def _page(
        self, selection: LicenseFilter, region: Region, *, after: str | None, limit: int
    ) -> Page:
        statement = select(*COLUMNS)
        if selection.status is not None:
            found = self._connection.execute(_FINAL).scalar()
            final = _NEVER if found is None else found
            statement = _with_status(statement, selection.status, region, final)
        conditions = _conditions(selection)
        if after is not None:
            conditions.append(LICENSE.c.id > after)
        # One row more than asked for tells whether there is another page.
        statement = statement.where(*conditions).order_by(LICENSE.c.id).limit(limit + 1)
        records = tuple(map(to_record, self._connection.execute(statement)))
        more = len(records) > limit
        return Page(records[:limit], records[limit - 1].id if more else None)


def _conditions(selection: LicenseFilter) -> list[ColumnElement[bool]]:
    """What can be told from the license's own row."""
    columns = LICENSE.c
    conditions: list[ColumnElement[bool]] = []
    if selection.type_code is not None:
        conditions.append(columns.type_code == selection.type_code)
    if selection.office is not None:
        conditions.append(columns.office == selection.office)
    if selection.registered_from is not None:
        conditions.append(columns.registered_at >= selection.registered_from)
    if selection.registered_before is not None:
        conditions.append(columns.registered_at < selection.registered_before)
    if selection.valid_on is not None:
        conditions.append(columns.valid_from <= selection.valid_on)
        conditions.append(
            or_(columns.valid_until.is_(None), columns.valid_until >= selection.valid_on)
        )
    return conditions


def _with_status(
    statement: AnySelect, status: LicenseStatus, region: Region, final: int
) -> AnySelect:
    if status is LicenseStatus.IN_FORCE:
        return statement.where(_digit(_word_of_license(region, final)) == _text(status))
    words = _words_holding(status, region, final)
    first = words.c.word_index * _PER_WORD
    return statement.join_from(
        words,
        LICENSE,
        (LICENSE.c.leaf_index >= first)
        & (LICENSE.c.leaf_index < first + _PER_WORD)
        & (LICENSE.c.epoch == words.c.epoch),
    ).where(_digit(words.c.digits) == _text(status))


def _word_of_license(region: Region, final: int) -> ColumnElement[str]:
    """The word of the license in the row at hand; all zeros where there is none."""
    word = (
        select(type_coerce(STATUS_WORD.c.statuses, String))
        .where(
            STATUS_WORD.c.region == region,
            STATUS_WORD.c.epoch == LICENSE.c.epoch,
            STATUS_WORD.c.word_index == LICENSE.c.leaf_index // _PER_WORD,
            STATUS_WORD.c.block_number <= final,
        )
        .order_by(STATUS_WORD.c.block_number.desc(), STATUS_WORD.c.ordinal.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(word, "0" * _PER_WORD)


def _words_holding(status: LicenseStatus, region: Region, final: int) -> Any:
    """The region's newest final words in which at least one license has `status`."""
    newer = STATUS_WORD.alias("newer")
    word = STATUS_WORD.alias("word")
    superseded = (
        select(newer.c.ordinal)
        .where(
            newer.c.region == word.c.region,
            newer.c.epoch == word.c.epoch,
            newer.c.word_index == word.c.word_index,
            newer.c.block_number <= final,
            or_(
                newer.c.block_number > word.c.block_number,
                (newer.c.block_number == word.c.block_number) & (newer.c.ordinal > word.c.ordinal),
            ),
        )
        .exists()
    )
    digits = type_coerce(word.c.statuses, String)
    return (
        select(word.c.epoch, word.c.word_index, digits.label("digits"))
        .where(
            word.c.region == region,
            word.c.block_number <= final,
            digits.contains(_text(status)),
            ~superseded,
        )
        .cte("marked")
        .prefix_with("MATERIALIZED")
    )


def _digit(digits: ColumnElement[str]) -> ColumnElement[str]:
    """The status digit of the license in the row at hand."""
    place = func.coalesce(LICENSE.c.leaf_index, 0) % _PER_WORD
    return func.substr(digits, cast(place, Integer) + 1, 1)


def _text(status: LicenseStatus) -> str:
    return str(int(status))
