"""How the node is."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict

from api.answers import Answer


class AliveOut(Answer):
    """The process answers."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "ok"}]})

    status: Literal["ok"] = "ok"


class PartOut(Answer):
    """One part that the node needs."""

    name: str
    ready: bool
    detail: str


class ReadyOut(Answer):
    """Whether the node can do its work, and which part fails when it cannot."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ready": False,
                    "failed": ["chain"],
                    "parts": [
                        {"name": "database", "ready": True, "detail": "ok"},
                        {"name": "chain", "ready": False, "detail": "no answer for 12 s"},
                    ],
                }
            ]
        }
    )

    ready: bool
    failed: list[str]
    parts: list[PartOut]
