"""`license-ledger license import`: many licenses from one file, in batches that can be sent again.

Each batch carries an Idempotency-Key made of its content and of this run: a batch sent again after
a lost answer gets its first answer. Another run has other keys, so that the node looks at every row
afresh: one that is there already, with the same content, is `repeated` and never registered twice.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from nodes.cli.console import progress, write_json, write_line, write_note
from nodes.cli.failures import ExitCode, ProblemError, UnreachableError, UsageError
from nodes.cli.import_rows import MEDIA_TYPES, BadRow, GoodRow, count_rows, read_rows
from nodes.cli.options import DEFAULT_URL, AsJson, Token, Url

if TYPE_CHECKING:
    from nodes.cli.api_client import ApiClient

MAX_BATCH_BYTES: Final = 24 * 1024 * 1024
"""Of one request's body; a node takes 64 MiB by default."""

_PATH: Final = "/v1/licenses/batch"
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 30.0
_SHOWN_FAULTS: Final = 20


@dataclass(slots=True)
class Tally:
    """What became of the rows."""

    registered: int = 0
    repeated: int = 0
    refused: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, line: int, status: str, license_: Any, problems: list[str]) -> None:
        """Note one row; `line` is where it stands in the input."""
        setattr(self, status, getattr(self, status) + 1)
        found = license_ if isinstance(license_, dict) else {}
        self.rows.append(
            {
                "line": line,
                "status": status,
                "id": found.get("id"),
                "check_code": found.get("check_code"),
                "problems": problems,
            }
        )


def import_(
    source: Annotated[Path, typer.Argument(help="JSON lines or CSV (docs/operations.md).")],
    *,
    batch: Annotated[int, typer.Option(min=1, max=1000, help="Rows in one request.")] = 200,
    report: Annotated[
        Path | None, typer.Option(help="Write what became of each row here, as JSON lines.")
    ] = None,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to go on trying while the node is away or busy.")
    ] = 300.0,
    url: Url = DEFAULT_URL,
    token: Token = None,
    as_json: AsJson = False,
) -> None:
    """Register many licenses. Run it again to go on. Exit code 1: some rows were refused."""
    from nodes.cli.api_client import ApiClient, write_new_file

    tally, run = Tally(), secrets.token_hex(8)
    with ApiClient(url, token) as client, progress() as bar:
        task = bar.add_task("registering", total=count_rows(source))
        for rows in batches(source, batch, tally):
            _send(client, rows, tally, patience, run)
            bar.update(task, completed=len(tally.rows))
        bar.update(task, completed=len(tally.rows))
    tally.rows.sort(key=lambda row: int(row["line"]))
    if report is not None:
        lines = (json.dumps(row, ensure_ascii=False) for row in tally.rows)
        write_new_file(report, "".join(f"{line}\n" for line in lines).encode())
    _tell(tally, as_json)
    if tally.refused:
        raise typer.Exit(ExitCode.FAILED)


def media_type_of(path: Path) -> str:
    """By the name's ending; raise UsageError for one that no license has."""
    try:
        return MEDIA_TYPES[path.suffix.lower()]
    except KeyError as error:
        raise UsageError(f"{path} is none of {', '.join(sorted(MEDIA_TYPES))}") from error


def batches(source: Path, size: int, tally: Tally) -> Iterator[list[tuple[int, bytes]]]:
    """Rows as (line, JSON), cut by number and by bytes; always cut alike for the same input."""
    rows: list[tuple[int, bytes]] = []
    length = 0
    for row in read_rows(source):
        if isinstance(row, BadRow):
            tally.add(row.line, "refused", None, [row.problem])
            continue
        encoded = _encode(row)
        if rows and (len(rows) == size or length + len(encoded) > MAX_BATCH_BYTES):
            yield rows
            rows, length = [], 0
        rows.append((row.line, encoded))
        length += len(encoded)
    if rows:
        yield rows


def _encode(row: GoodRow) -> bytes:
    return json.dumps(row.body, ensure_ascii=False, separators=(",", ":")).encode(
        "utf-8", "surrogatepass"
    )


def _send(
    client: ApiClient, rows: list[tuple[int, bytes]], tally: Tally, patience: float, run: str
) -> None:
    from ledger.hashing import sha256

    body = b'{"licenses":[' + b",".join(encoded for _, encoded in rows) + b"]}"
    headers = {
        "Idempotency-Key": f"cli-{run}-{sha256(body).hex()}",
        "Content-Type": "application/json",
    }
    answer = _patiently(client, body, headers, patience)
    results = answer.get("results") or []
    if len(results) != len(rows):
        raise UnreachableError(
            f"{len(results)} results came for {len(rows)} rows; update this tool"
        )
    for (line, _), result in zip(rows, results, strict=True):
        problems = [
            f"{fault.get('field')} {fault.get('problem')}; {fault.get('next_step')}"
            for fault in result.get("errors") or ()
        ]
        tally.add(line, str(result["status"]), result.get("license"), problems)


def _patiently(
    client: ApiClient, body: bytes, headers: dict[str, str], patience: float
) -> dict[str, Any]:
    """Send until it is answered; what is wrong with the request itself is raised at once."""
    deadline = time.monotonic() + patience
    pause = _FIRST_PAUSE
    while True:
        try:
            return client.json_of(client.request("POST", _PATH, content=body, headers=headers))
        except (UnreachableError, ProblemError) as error:
            if isinstance(error, ProblemError) and error.status not in (429, 502, 503, 504):
                raise
            wait = max(pause, error.retry_after if isinstance(error, ProblemError) else 0.0)
            if time.monotonic() + wait > deadline:
                raise UnreachableError(
                    f"{error} - what was sent so far is registered; run the same command again "
                    "to go on"
                ) from error
            write_note(f"{error}; trying again in {wait:.0f} s")
            time.sleep(wait)
            pause = min(pause * 2, _LONGEST_PAUSE)


def _tell(tally: Tally, as_json: bool) -> None:
    if as_json:
        write_json(
            {
                "registered": tally.registered,
                "repeated": tally.repeated,
                "refused": tally.refused,
                "rows": tally.rows,
            }
        )
        return
    refused = [row for row in tally.rows if row["status"] == "refused"]
    for row in refused[:_SHOWN_FAULTS]:
        for problem in row["problems"]:
            write_line(f"line {row['line']}: {problem}")
    if len(refused) > _SHOWN_FAULTS:
        write_line(f"and {len(refused) - _SHOWN_FAULTS} more rows; --report FILE lists them all")
    write_line(
        f"{tally.registered} registered, {tally.repeated} were there already, "
        f"{tally.refused} refused"
    )
