"""Answers kept for requests that may come again (Idempotency-Key)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, delete, select

from ledger.errors import ConflictError
from ledger.store.repository import Repository
from ledger.store.tables.answers import ANSWER

_FIND: Final = select(ANSWER.c.request_digest, ANSWER.c.answer).where(
    ANSWER.c.office == bindparam("office"), ANSWER.c.idempotency_key == bindparam("key")
)
_FORGET: Final = delete(ANSWER).where(ANSWER.c.answered_at < bindparam("before"))


class AnswerReader(Repository):
    """Finds an answer by its office and key."""

    __slots__ = ()

    def idempotent_answer(self, office: str, key: str) -> tuple[bytes, bytes] | None:
        row = self._connection.execute(_FIND, {"office": office, "key": key}).first()
        return None if row is None else (row[0], row[1])


class AnswerWriter(Repository):
    """Keeps answers in the transaction that they report on."""

    __slots__ = ()

    def remember_answer(
        self, office: str, key: str, request_digest: bytes, answer: bytes, at: datetime
    ) -> None:
        row = {
            "office": office,
            "idempotency_key": key,
            "request_digest": request_digest,
            "answer": answer,
            "answered_at": at,
        }
        if not self._add_new(ANSWER, row):
            raise ConflictError("this Idempotency-Key has an answer already; use another key")

    def forget_answers(self, before: datetime) -> int:
        return self._connection.execute(_FORGET, {"before": before}).rowcount
