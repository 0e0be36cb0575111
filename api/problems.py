"""Errors as answers (RFC 9457): one table says which error is which problem.

A problem's `code` is stable and its `title` is in the caller's language; `detail` and `errors` say
in English what disagrees and what to do. Nothing here repeats what a person sent, and an error
that is not the caller's shows nothing of the node's inside.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from pydantic import BaseModel
from starlette.responses import Response

from ledger import errors
from ledger.errors import Fault, LedgerError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "/problems/"
"""Problem types are pages of this API: the code follows."""


class RequestError(LedgerError):
    """A request that cannot be taken for what it is as HTTP; `faults` say more where known."""

    def __init__(self, message: str, faults: Sequence[Fault] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class MalformedBodyError(RequestError):
    """The body is not the JSON or the form that it must be."""


class BodyTooLargeError(RequestError):
    """The body, or a file in it, is larger than this API takes."""


class HeadersTooLargeError(RequestError):
    """The headers are larger than this API takes."""


class MediaTypeError(RequestError):
    """The body is of a kind that this route does not read."""


class SlowBodyError(RequestError):
    """The body did not arrive in the time it has."""


class WrongHostError(RequestError):
    """The request names a host that this API does not answer for."""


class NoSuchRouteError(RequestError):
    """Nothing is served at this path."""


class MethodError(RequestError):
    """The path is served, not with this method."""


class TooManyRequestsError(RequestError):
    """The caller asked more often than it may. Retry after `retry_after` seconds."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UnexpectedError(LedgerError):
    """Stands for any exception that nobody raised on purpose."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What one class of error is as a problem."""

    status: int
    code: str
    title_zh: str
    title_en: str
    hidden_detail: str = ""
    """Shown instead of the error's message where that could tell of the node's inside."""

    def title(self, language: str) -> str:
        return self.title_en if language == "en" else self.title_zh


_AGAIN: Final = (
    "nothing of it is the caller's fault; try again, or give the operator the request id"
)

KINDS: Final[Mapping[type[LedgerError], Kind]] = {
    errors.InvalidInputError: Kind(422, "invalid_input", "提交的内容有误", "Invalid input"),
    errors.VerificationError: Kind(422, "malformed", "内容格式不正确", "Malformed value"),
    errors.NotFoundError: Kind(404, "not_found", "未找到", "Not found"),
    errors.ConflictError: Kind(409, "conflict", "与现有内容冲突", "Conflict"),
    errors.IntegrityError: Kind(
        409, "integrity_failed", "数据未通过核验，已拒绝提供", "Verification failed, not served"
    ),
    errors.NotPermittedError: Kind(403, "not_permitted", "无权执行此操作", "Not permitted"),
    errors.NotAuthenticatedError: Kind(
        401, "not_authenticated", "未通过身份认证", "Not authenticated"
    ),
    errors.BusyError: Kind(503, "busy", "系统繁忙，请稍后重试", "Busy, try again"),
    errors.PeerError: Kind(502, "peer_failed", "对方地区应答异常", "Peer answered wrongly"),
    errors.PeerUnreachableError: Kind(
        504, "peer_unreachable", "对方地区无法连接", "Peer unreachable"
    ),
    errors.ChainError: Kind(
        503, "chain_failed", "区块链暂时异常", "Chain failure", f"the chain failed; {_AGAIN}"
    ),
    errors.ChainUnavailableError: Kind(
        503,
        "chain_unavailable",
        "区块链暂时无法访问",
        "Chain unavailable",
        "the node cannot reach its chain client; try again shortly",
    ),
    errors.StoreError: Kind(
        503, "store_failed", "存储暂时异常", "Storage failure", f"the store failed; {_AGAIN}"
    ),
    errors.CommitUnknownError: Kind(
        503,
        "outcome_unknown",
        "操作结果未知，请重试",
        "Outcome unknown",
        "it may or may not have been stored; send the same request again, with the same "
        "Idempotency-Key: it is done once",
    ),
    MalformedBodyError: Kind(400, "malformed_body", "请求内容无法解析", "Unreadable body"),
    WrongHostError: Kind(421, "wrong_host", "主机名不正确", "Misdirected request"),
    NoSuchRouteError: Kind(404, "not_found", "未找到", "Not found"),
    MethodError: Kind(405, "method_not_allowed", "不支持该请求方法", "Method not allowed"),
    SlowBodyError: Kind(408, "slow_body", "请求内容传输超时", "Body arrived too slowly"),
    BodyTooLargeError: Kind(413, "too_large", "请求内容过大", "Content too large"),
    MediaTypeError: Kind(415, "unsupported_media_type", "不支持该内容类型", "Unsupported media"),
    TooManyRequestsError: Kind(429, "too_many_requests", "请求过于频繁", "Too many requests"),
    HeadersTooLargeError: Kind(431, "headers_too_large", "请求头过大", "Headers too large"),
    LedgerError: Kind(
        500, "internal_error", "系统内部错误", "Internal error", f"an error inside; {_AGAIN}"
    ),
}
"""By class; a class that is not here is what its nearest parent is."""

RETRY_SECONDS: Final = 5
"""Retry-After of a 503 whose error does not know better."""

BY_CODE: Final[Mapping[str, Kind]] = {kind.code: kind for kind in KINDS.values()}


def kind_of(error: LedgerError) -> Kind:
    """The problem that `error` is."""
    return next(KINDS[base] for base in type(error).__mro__ if base in KINDS)


def statuses_of(*kinds: type[LedgerError]) -> Mapping[int, Kind]:
    """Kinds by status, for the description of a route."""
    return {KINDS[one].status: KINDS[one] for one in kinds}


def members_of(error: LedgerError, *, instance: str, language: str) -> dict[str, object]:
    """The members of the problem document for `error`."""
    kind = kind_of(error)
    members: dict[str, object] = {
        "type": TYPE_PREFIX + kind.code,
        "title": kind.title(language),
        "status": kind.status,
        "detail": kind.hidden_detail or str(error),
        "instance": instance,
        "code": kind.code,
        "errors": [_fault_members(fault) for fault in _faults(error)],
    }
    for name in ("reason", "check", "region"):
        if (value := getattr(error, name, None)) is not None:
            members[name] = value
    return members


def headers_of(error: LedgerError) -> dict[str, str]:
    """Headers that the answer needs beside its status."""
    status = kind_of(error).status
    if status == 401:
        return {"WWW-Authenticate": 'Bearer realm="license-ledger"'}
    if status in (429, 503):
        return {"Retry-After": str(getattr(error, "retry_after", RETRY_SECONDS))}
    return {}


def problem_response(
    error: LedgerError,
    *,
    instance: str,
    language: str,
    request_id: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The whole answer for `error`; `headers` are added to those the error needs."""
    members = members_of(error, instance=instance, language=language)
    if request_id:
        members["request_id"] = request_id
    return Response(
        json.dumps(members, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"),
        status_code=kind_of(error).status,
        headers=headers_of(error) | dict(headers or {}),
        media_type=MEDIA_TYPE,
    )


def _faults(error: LedgerError) -> Sequence[Fault]:
    if isinstance(error, errors.InvalidInputError | RequestError):
        return error.faults
    return ()


def _fault_members(fault: Fault) -> dict[str, object]:
    members = asdict(fault)
    if fault.row is None:
        del members["row"]
    return members


class FaultOut(BaseModel):
    """One thing that is wrong with what was sent."""

    field: str
    problem: str
    next_step: str
    code: str
    row: int | None = None


class ProblemOut(BaseModel):
    """A problem (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list[FaultOut]
    reason: str | None = None
    check: int | None = None
    region: str | None = None
    request_id: str | None = None
