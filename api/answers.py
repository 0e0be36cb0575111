"""How answers are written: one schema in, its JSON bytes out, serialised once."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from pydantic_core import to_json
from starlette.responses import Response

JSON = "application/json"


class Answer(BaseModel):
    """Parent of every answer's schema."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


def answer(
    model: Answer, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """`model` as the answer."""
    return Response(model.model_dump_json(), status_code=status, headers=headers, media_type=JSON)


def answer_members(members: Mapping[str, object], *, status: int = 200) -> Response:
    """JSON members that have their shape from the domain already."""
    return Response(
        to_json(members),
        status_code=status,
        media_type=JSON,
    )
