"""Table of the answers kept for repeated requests (Idempotency-Key)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from ledger.store.tables.columns import Instant, Row, table_of


class AnswerRow(Row, table=True):
    """The answer that an office got for one of its keys."""

    __tablename__: ClassVar[str] = "idempotent_answer"

    office: str = Field(primary_key=True)
    idempotency_key: str = Field(primary_key=True)
    request_digest: bytes
    answer: bytes
    answered_at: datetime = Field(sa_type=Instant, index=True)


ANSWER = table_of(AnswerRow)
