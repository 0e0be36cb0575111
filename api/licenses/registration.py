"""POST /v1/licenses, …/batch and …/{id}/replace: an office registers licenses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from api.answers import answer
from api.bodies import FORM, JSON, BodyDescription, parse_json, read_body, require_media_type
from api.context import Services
from api.dependencies import (
    IdempotencyDep,
    LicenseIdDep,
    ServicesDep,
    Writer,
    settings_of,
    upload_slot,
)
from api.forms import parse_form
from api.licenses.drafts import (
    draft_from_form,
    draft_from_json,
    drafts_from_rows,
    raise_too_large,
)
from api.licenses.presenting import fault_out, links_of, verify_url
from api.licenses.schemas_in import BatchIn, RegistrationIn
from api.licenses.schemas_out import BatchOut, RegisteredOut, RowOut
from api.openapi import refusals
from ledger import canonical
from ledger.draft import LicenseDraft
from ledger.errors import (
    BusyError,
    ConflictError,
    Fault,
    IntegrityError,
    InvalidInputError,
    MalformedError,
    NotFoundError,
)
from ledger.hashing import sha256
from ledger.ports.database import ReadSession
from ledger.ports.licenses import LicenseRecord
from ledger.services.issuance import Idempotency, Outcome, Registered
from ledger.types import LicenseState

router = APIRouter(tags=["licenses"], dependencies=[Depends(upload_slot)])

_BASE64_BYTES: Final = 4 / 3
"""What base64 makes of a byte."""


class RegistrationBody:
    """Reads one license from a form or from JSON."""

    def describe(self) -> BodyDescription:
        """For the OpenAPI document."""
        form = {
            "type": "object",
            "required": ["metadata"],
            "properties": {
                "metadata": RegistrationIn,
                "file": {"type": "string", "format": "binary", "description": "At most 20 MiB."},
            },
        }
        return {JSON: RegistrationIn, FORM: form}

    async def __call__(self, request: Request) -> LicenseDraft:
        settings = settings_of(request)
        kind = require_media_type(request, JSON, FORM)
        limit = settings.max_json_bytes + int(settings.max_file_bytes * _BASE64_BYTES)
        body = await read_body(request, limit)
        return await run_in_threadpool(
            _parse_one, kind, request.headers["content-type"], body, settings.max_file_bytes
        )


class BatchBody:
    """Reads the bytes of a batch; its rows are parsed where they are registered."""

    def describe(self) -> BodyDescription:
        """For the OpenAPI document."""
        return {JSON: BatchIn}

    async def __call__(self, request: Request) -> bytes:
        require_media_type(request, JSON)
        return await read_body(request, settings_of(request).max_batch_bytes)


_REGISTRATION = RegistrationBody()
_BATCH = BatchBody()


def _parse_one(kind: str, content_type: str, body: bytes, max_file_bytes: int) -> LicenseDraft:
    try:
        if kind == FORM:
            return draft_from_form(parse_form(content_type, body), max_file_bytes=max_file_bytes)
        value = parse_json(body, max_bytes=len(body))
        return draft_from_json(value, max_file_bytes=max_file_bytes)
    except InvalidInputError as error:
        raise_too_large(error)
        raise


@router.post(
    "/v1/licenses",
    status_code=201,
    response_model=RegisteredOut,
    summary="Register one license",
    responses={
        200: {"model": RegisteredOut, "description": "It was registered before, the same."},
        **refusals(InvalidInputError, ConflictError, BusyError),
    },
)
def register(
    services: ServicesDep,
    caller: Writer,
    draft: Annotated[LicenseDraft, Depends(_REGISTRATION)],
    key: IdempotencyDep,
) -> Response:
    """Check, commit and store one license; the answer is durable and holds the region's promise.

    The identifier's issuer must be the token's office. Send a form with `metadata` (JSON) and
    `file`, or JSON with the file in base64, or its digests only when the office keeps the file.
    """
    return _register(services, caller.office, draft, _idempotency(key, "register", draft))


@router.post(
    "/v1/licenses/{license_id}/replace",
    status_code=201,
    response_model=RegisteredOut,
    summary="Replace a license by its next version",
    responses={
        200: {"model": RegisteredOut, "description": "It was replaced so before."},
        **refusals(InvalidInputError, NotFoundError, ConflictError, BusyError),
    },
)
def replace_license(
    license_id: LicenseIdDep,
    services: ServicesDep,
    caller: Writer,
    draft: Annotated[LicenseDraft, Depends(_REGISTRATION)],
    key: IdempotencyDep,
) -> Response:
    """Register the new version; the old one becomes superseded in the same anchoring."""
    with services.database.read() as session:
        old = session.licenses.get(license_id)
    if old is None or old.office != caller.office:
        raise NotFoundError("there is no such license of this office")
    if draft.supersedes_id not in (None, license_id):
        raise InvalidInputError(
            (
                Fault(
                    field="supersedes",
                    problem="names another license than the path",
                    next_step="leave it out",
                    code="supersedes_differs",
                ),
            )
        )
    draft = replace(draft, supersedes_id=license_id)
    return _register(services, caller.office, draft, _idempotency(key, "replace", draft))


@router.post(
    "/v1/licenses/batch",
    response_model=BatchOut,
    summary="Register up to 1,000 licenses",
    responses=refusals(InvalidInputError, ConflictError, BusyError),
)
def register_batch(
    services: ServicesDep,
    caller: Writer,
    body: Annotated[bytes, Depends(_BATCH)],
    key: IdempotencyDep,
) -> Response:
    """Register what is right and name what is wrong, row by row; answers 200 also for refused rows.

    One transaction and one promise per row. `repeated`: the same license was there, with the same
    content.
    """
    rows = _rows(body, services)
    drafts = drafts_from_rows(rows, max_file_bytes=services.settings.max_file_bytes)
    sound = [one for one in drafts if isinstance(one, LicenseDraft)]
    idempotency = None if key is None else Idempotency(key=key, request_digest=sha256(body))
    outcomes = iter(
        services.issuance.register_batch(sound, office=caller.office, idempotency=idempotency)
    )
    merged = [next(outcomes) if isinstance(one, LicenseDraft) else one for one in drafts]
    with services.database.read() as session:
        results = [_row(services, session, row, one) for row, one in enumerate(merged)]
    counts = {
        name: sum(one.status == name for one in results)
        for name in ("registered", "repeated", "refused")
    }
    return answer(BatchOut(results=results, **counts))


def _rows(body: bytes, services: Services) -> Sequence[object]:
    value = parse_json(body, max_bytes=services.settings.max_batch_bytes)
    most = services.settings.max_batch_rows
    if isinstance(value, dict) and value.keys() == {"licenses"}:
        rows = value["licenses"]
        if isinstance(rows, list) and 1 <= len(rows) <= most:
            return rows
    raise InvalidInputError(
        (
            Fault(
                field="licenses",
                problem=f"is not a list of 1 to {most} licenses, alone in an object",
                next_step='send {"licenses": […]}, and more rows in further batches',
                code="malformed_batch",
            ),
        )
    )


def _register(
    services: Services, office: str, draft: LicenseDraft, idempotency: Idempotency | None
) -> Response:
    registered = services.issuance.register(draft, office=office, idempotency=idempotency)
    with services.database.read() as session:
        out = _registered_out(services, session, registered)
    return answer(
        out,
        status=201 if registered.is_new else 200,
        headers={"Location": out.links.self},
    )


def _idempotency(key: str | None, what: str, draft: LicenseDraft) -> Idempotency | None:
    """Bound to what was asked and not to how the body spelt it: a form's boundary may differ."""
    if key is None:
        return None
    try:
        return Idempotency(key=key, request_digest=sha256(what.encode() + draft.content()))
    except MalformedError:
        return None  # the draft has a fault that its service will name: nothing is done twice


def _row(services: Services, session: ReadSession, row: int, outcome: Outcome) -> RowOut:
    if isinstance(outcome, Registered):
        return RowOut(
            row=row,
            status="registered" if outcome.is_new else "repeated",
            license=_registered_out(services, session, outcome),
            errors=[],
        )
    return RowOut(
        row=row,
        status="refused",
        license=None,
        errors=[fault_out(replace(fault, row=row)) for fault in outcome],
    )


def _registered_out(
    services: Services, session: ReadSession, registered: Registered
) -> RegisteredOut:
    record = registered.record
    return RegisteredOut(
        id=record.id,
        state=LicenseState.PENDING
        if record.position is None
        else services.evidence.state_of(session, record),
        check_code=registered.check_code,
        verify_url=verify_url(services.settings, registered.check_code),
        registered_at=record.registered_at,
        promise=_promise_of(record),
        links=links_of(record),
    )


def _promise_of(record: LicenseRecord) -> dict[str, object]:
    """The promise as it was given; the database may have been edited since."""
    try:
        promise = canonical.parse(record.promise)
    except MalformedError:
        promise = None
    if not isinstance(promise, dict):
        raise IntegrityError(
            f"license {record.id}: its stored promise is not one", reason="malformed", check=1
        )
    return promise
