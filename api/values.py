"""Values that several schemas share: days, instants and digests in their one spelling."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, StringConstraints, WithJsonSchema

from api.bodies import converted
from ledger.encoding import format_instant, parse_date, parse_instant

Plain = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""Text that every database can keep or look for: without the character NUL."""

Day = Annotated[
    date,
    BeforeValidator(converted(parse_date)),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2026-11-24"]}),
]
"""A calendar day, Asia/Shanghai."""

Instant = Annotated[
    datetime,
    BeforeValidator(converted(parse_instant)),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-24T22:55:57Z"]}),
]
"""An instant in UTC, whole seconds."""

InstantOut = Annotated[
    datetime,
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-24T22:55:57Z"]}),
]
"""An instant as answers write it."""
