"""Licenses as the commands print them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from nodes.cli.console import write_line, write_pairs, write_table
from nodes.cli.type_names import TypeNames, named_type
from nodes.cli.verdicts import write_verdict

Json = dict[str, Any]


def write_registered(answer: Json, *, is_new: bool) -> None:
    """The answer to a registration."""
    promise = answer.get("promise") or {}
    write_line("registered" if is_new else "was registered already, with the same content")
    write_pairs(
        {
            "id": answer.get("id"),
            "state": answer.get("state"),
            "check code": answer.get("check_code"),
            "link for the QR": answer.get("verify_url"),
            "anchored by": promise.get("anchor_by"),
            "leaf hash": promise.get("leaf_hash"),
        }
    )


def write_license(found: Json, names: TypeNames) -> None:
    """One license in full, with its verdict."""
    change, file = found.get("change"), found.get("file")
    write_pairs(
        {
            "id": found.get("id"),
            "identifier": found.get("identifier"),
            "type": named_type(found.get("type"), names),
            "state": found.get("state"),
            "status": _status(found),
            "change asked for": change and change.get("requested_at"),
            "valid": _dates(found),
            "supersedes": found.get("supersedes"),
            "registered": found.get("registered_at"),
            "file": file and f"{file.get('media_type')}, {file.get('size')} bytes",
        }
    )
    for holder in found.get("holders") or ():
        write_line(f"holder  {holder.get('name')}  {holder.get('code')}")
    for name, value in (found.get("fields") or {}).items():
        write_line(f"field   {name}: {value}")
    write_verdict(found.get("verdict") or {}, names)


def write_licenses(licenses: Iterable[Json], names: TypeNames) -> None:
    """Some licenses, a line each."""
    write_table(
        ("id", "type", "state", "status", "valid", "verdict"),
        (
            (
                one.get("id"),
                named_type(one.get("type"), names),
                one.get("state"),
                _status(one),
                _dates(one),
                _verdict(one),
            )
            for one in licenses
        ),
    )


def _status(found: Json) -> str:
    change = found.get("change")
    return f"{found.get('status')}" + (f" → {change.get('to')}" if change else "")


def _dates(found: Json) -> str:
    return f"{found.get('valid_from')} - {found.get('valid_until') or 'no end'}"


def _verdict(found: Json) -> str:
    verdict = found.get("verdict") or {}
    value, reason = verdict.get("verdict"), verdict.get("reason")
    return f"{value}" if reason == "ok" else f"{value} ({reason})"
