"""The one tree of errors. HTTP status and exit codes are chosen elsewhere, in one table each.

A message carries the values that disagree and what the caller can do next, and never a person's
name or number. Typed attributes are public: problem+json members derive from them.
"""

from __future__ import annotations

from dataclasses import dataclass, field


class LedgerError(Exception):
    """Root of every error that this project raises on purpose."""


class VerificationError(LedgerError):
    """Something that was to be proved does not hold. `reason` is a code of DESIGN §6's table."""

    reason = "malformed"


class MalformedError(VerificationError):
    """Bytes or text that do not have the form they must have (check 1)."""

    reason = "malformed"


class ContentError(VerificationError):
    """A disclosed value or a file is not what the entry commits to (check 2)."""

    reason = "content_mismatch"


class InclusionError(VerificationError):
    """A Merkle proof does not lead to the root (check 3)."""

    reason = "not_in_log"


class SignatureError(VerificationError):
    """A signature does not verify under the key it names."""

    reason = "malformed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with what a caller sent."""

    field: str
    """Path of the value, for example `holders[0].code`."""
    problem: str
    """What is wrong with the value; never repeats a person's data."""
    next_step: str
    """What the caller can do."""
    code: str = "invalid_value"
    """Stable machine-readable code."""
    row: int | None = None
    """Row of a batch, counted from 0; None outside a batch."""


@dataclass(slots=True)
class InvalidInputError(LedgerError):
    """What a caller sent cannot be accepted. Nothing was stored."""

    faults: tuple[Fault, ...] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "; ".join(f"{fault.field}: {fault.problem}" for fault in self.faults)


class ConflictError(LedgerError):
    """The thing exists already with other content, or another change came first."""


class NotFoundError(LedgerError):
    """There is no such thing, or the caller may not know of it (the two look the same)."""


class NotPermittedError(LedgerError):
    """The caller is known and may not do this. `reason` is a stable code."""

    def __init__(self, message: str, *, reason: str = "not_permitted") -> None:
        super().__init__(message)
        self.reason = reason


class NotAuthenticatedError(LedgerError):
    """The caller did not show who it is, or what it showed is unknown, expired or revoked.

    `reason` is a stable code.
    """

    def __init__(self, message: str, *, reason: str = "not_authenticated") -> None:
        super().__init__(message)
        self.reason = reason


class BusyError(LedgerError):
    """The node cannot take this now; nothing was stored. Retry after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class IntegrityError(LedgerError):
    """Stored data do not match what was committed to. Nothing is served from them.

    `reason` is the failed check's code of DESIGN §6, `check` its number.
    """

    def __init__(self, message: str, *, reason: str, check: int) -> None:
        super().__init__(message)
        self.reason = reason
        self.check = check


class PeerError(LedgerError):
    """Another region's node did not answer as it must. `region` names it."""

    def __init__(self, message: str, *, region: str) -> None:
        super().__init__(message)
        self.region = region


class PeerUnreachableError(PeerError):
    """No usable answer came in time."""


class PeerRefusedError(PeerError):
    """The peer answered with a refusal. `reason` is its code."""

    def __init__(self, message: str, *, region: str, reason: str) -> None:
        super().__init__(message, region=region)
        self.reason = reason


class ChainError(LedgerError):
    """The chain or its client did not do what was asked."""


class ChainUnavailableError(ChainError):
    """The client cannot be reached or is not able to answer; retrying later may help."""


class ClientRefusedError(ChainError):
    """The chain's client answered with an error. `meaning` says in one word which kind."""

    def __init__(self, message: str, *, code: int, meaning: str, data: object = None) -> None:
        super().__init__(f"the chain's client refused ({code}): {message}")
        self.code = code
        self.meaning = meaning
        self.data = data


class RevertedError(ChainError):
    """The contract refused. `error` is the custom error's name, `arguments` its values."""

    def __init__(self, error: str, arguments: dict[str, object] | None = None) -> None:
        super().__init__(f"the contract refused: {error} {arguments or {}}")
        self.error = error
        self.arguments = arguments or {}


class OutcomeUnknownError(ChainError):
    """A transaction may or may not have reached the chain: reconcile, never resend blindly."""


class ReorgError(ChainError):
    """A block does not follow from the one that was mirrored before it."""


class FinalityBrokenError(ChainError):
    """The chain replaced a block that was final. The mirror halts; people must look."""


class InconsistentChainError(ChainError):
    """What the client says contradicts itself (receipts, logs, proofs). Never advance over it."""


class WrongChainError(ChainError):
    """Another chain id, genesis or contract than configured. The node refuses to start."""


class StoreError(LedgerError):
    """The database or the file store failed. Where state is uncertain the worker restarts."""


class CommitUnknownError(StoreError):
    """A commit may or may not have happened: recover by reading, never by guessing."""


class ConfigurationError(LedgerError):
    """A setting is missing or wrong; the message names it and the remedy."""
