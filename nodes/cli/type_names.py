"""Types' names beside their codes: the catalogue is asked for once in a run of a command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nodes.cli.failures import ProblemError, UnreachableError

if TYPE_CHECKING:
    from nodes.cli.api_client import ApiClient

TypeNames = Mapping[str, str]
"""Names by type code."""


def type_names(client: ApiClient) -> TypeNames:
    """The catalogue's names. Empty when the node does not give them: codes say enough then."""
    try:
        listed = client.get("/v1/types").get("types")
    except (ProblemError, UnreachableError):
        return {}
    types = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return {str(one.get("code")): str(one.get("name_zh") or "") for one in types}


def named_type(code: object, names: TypeNames) -> str:
    """The code, with the type's name if it is known."""
    return f"{'-' if code is None else code} {names.get(str(code), '')}".rstrip()
