"""Errors as one clear line and an exit code: one table, the same for every command.

0 done · 1 failed (or: invalid, findings) · 2 wrong usage or input · 3 unknown (`verify`)
4 refused: not permitted · 5 not reachable · 130 interrupted
"""

from __future__ import annotations

import json
import sys
from enum import IntEnum
from typing import Final

from ledger import errors


class ExitCode(IntEnum):
    """What the shell is told (DESIGN §10)."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    UNKNOWN = 3
    REFUSED = 4
    UNREACHABLE = 5
    INTERRUPTED = 130


class ProblemError(errors.LedgerError):
    """A node answered with a problem (RFC 9457)."""

    def __init__(
        self,
        *,
        status: int,
        code: str,
        message: str,
        faults: tuple[str, ...] = (),
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(message)
        self.retry_after = retry_after
        """Seconds that the node asks to wait; 0 when it does not say."""
        self.status = status
        self.code = code
        self.faults = faults


class UnreachableError(errors.LedgerError):
    """A node gave no usable answer."""


class UsageError(errors.LedgerError):
    """The command was called in a way that cannot work."""


_BY_STATUS: Final = {
    400: ExitCode.USAGE,
    401: ExitCode.REFUSED,
    403: ExitCode.REFUSED,
    413: ExitCode.USAGE,
    415: ExitCode.USAGE,
    422: ExitCode.USAGE,
    429: ExitCode.UNREACHABLE,
    502: ExitCode.UNREACHABLE,
    503: ExitCode.UNREACHABLE,
    504: ExitCode.UNREACHABLE,
}

_BY_ERROR: Final[tuple[tuple[type[errors.LedgerError], ExitCode], ...]] = (
    (UsageError, ExitCode.USAGE),
    (errors.ConfigurationError, ExitCode.USAGE),
    (errors.InvalidInputError, ExitCode.USAGE),
    (errors.MalformedError, ExitCode.USAGE),
    (errors.NotAuthenticatedError, ExitCode.REFUSED),
    (errors.NotPermittedError, ExitCode.REFUSED),
    (UnreachableError, ExitCode.UNREACHABLE),
    (errors.ChainUnavailableError, ExitCode.UNREACHABLE),
    (errors.PeerUnreachableError, ExitCode.UNREACHABLE),
    (errors.BusyError, ExitCode.UNREACHABLE),
)


def exit_code(error: errors.LedgerError) -> ExitCode:
    """The exit code for an error; what the table does not name has failed."""
    if isinstance(error, ProblemError):
        return _BY_STATUS.get(error.status, ExitCode.FAILED)
    return next((code for kind, code in _BY_ERROR if isinstance(error, kind)), ExitCode.FAILED)


def report(error: errors.LedgerError, *, as_json: bool) -> None:
    """Say on standard error what went wrong; standard output stays for results."""
    faults = error.faults if isinstance(error, ProblemError) else ()
    if as_json:
        code = error.code if isinstance(error, ProblemError) else type(error).__name__
        line = {"error": {"code": code, "message": str(error), "faults": list(faults)}}
        sys.stderr.write(json.dumps(line, ensure_ascii=False) + "\n")
        return
    sys.stderr.write(f"license-ledger: {error}\n")
    for fault in faults:
        sys.stderr.write(f"  - {fault}\n")
