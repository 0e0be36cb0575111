"""Reads the office's own licenses: list, search, one, its file and its bundle. Verified first."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from api.answers import answer
from api.bodies import JsonBody
from api.dependencies import LICENSE_ID, LicenseIdDep, Reader, ServicesDep
from api.licenses.bundle_schema import BundleOut
from api.licenses.presenting import license_out
from api.licenses.schemas_in import SearchIn
from api.licenses.schemas_out import FoundLicensesOut, LicenseOut, LicensesOut, StatusName
from api.media import EXTENSIONS
from api.openapi import binary, refusals
from api.paging import (
    DEFAULT_LIMIT,
    Cursor,
    Limit,
    encode_cursor,
    link_to_next,
    parse_cursor,
    refuse_cursor,
)
from api.values import Day, Instant
from ledger.errors import IntegrityError, InvalidInputError, NotFoundError
from ledger.license import FILE
from ledger.ports.licenses import LicenseFilter
from ledger.services.lookup import FoundLicense, integrity_error
from ledger.types import LicenseStatus

router = APIRouter(tags=["licenses"])


def selection(
    *,
    type: Annotated[str | None, Query(pattern="^[0-9A-Z]{21}$", description="A type.")] = None,
    status: Annotated[StatusName | None, Query(description="Status on the chain.")] = None,
    registered_from: Annotated[Instant | None, Query(description="From then on.")] = None,
    registered_before: Annotated[Instant | None, Query(description="Before then.")] = None,
    valid_on: Annotated[Day | None, Query(description="Within its days of validity.")] = None,
) -> LicenseFilter:
    """What the list selects by."""
    return LicenseFilter(
        type_code=type,
        status=None if status is None else LicenseStatus[status.upper()],
        registered_from=registered_from,
        registered_before=registered_before,
        valid_on=valid_on,
    )


def page(*, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT) -> tuple[str | None, int]:
    """The id after which the page goes on, and its length."""
    after = parse_cursor(cursor)
    if isinstance(after, int) or (after is not None and not LICENSE_ID.fullmatch(after)):
        raise refuse_cursor()
    return after, limit


@router.get(
    "/v1/licenses",
    response_model=LicensesOut,
    summary="List the office's licenses",
    responses=refusals(InvalidInputError),
)
def list_licenses(
    request: Request,
    services: ServicesDep,
    caller: Reader,
    selection: Annotated[LicenseFilter, Depends(selection)],
    page: Annotated[tuple[str | None, int], Depends(page)],
) -> Response:
    """In the order of registration. A license that does not verify is listed without its content,
    with the failed check in its `verdict`.
    """
    after, limit = page
    found = services.look_up.page(
        replace(selection, office=caller.office), after=after, limit=limit
    )
    following = None if found.next_after is None else encode_cursor(found.next_after)
    return answer(
        LicensesOut(
            licenses=[license_out(one, services.settings, whole=False) for one in found.licenses],
            next=following,
        ),
        headers=link_to_next("/v1/licenses", request.query_params, following),
    )


@router.post(
    "/v1/licenses/search",
    response_model=FoundLicensesOut,
    summary="Find a holder's licenses",
    responses=refusals(InvalidInputError),
)
def search(
    services: ServicesDep,
    caller: Reader,
    body: Annotated[SearchIn, Depends(JsonBody(SearchIn))],
) -> Response:
    """The office's licenses of one holder, newest first, 200 at most."""
    found = services.look_up.by_holder(body.holder.code, body.types, office=caller.office)
    return answer(
        FoundLicensesOut(
            licenses=[license_out(one, services.settings, whole=False) for one in found],
            next=None,
            warnings=body.holder.warnings(),
        )
    )


@router.get(
    "/v1/licenses/{license_id}",
    response_model=LicenseOut,
    summary="Read one license",
    responses=refusals(NotFoundError, IntegrityError),
)
def read(license_id: LicenseIdDep, services: ServicesDep, caller: Reader) -> Response:
    """One license with its check code and verdict. 409 names the check that it fails."""
    found = _served(services.look_up.get(license_id, office=caller.office))
    return answer(license_out(found, services.settings, whole=True))


@router.get(
    "/v1/licenses/{license_id}/file",
    response_class=Response,
    summary="Download a license's file",
    responses={
        200: binary("The file as it was registered.", *sorted(EXTENSIONS)),
        304: {"description": "The caller has this file; it was verified all the same."},
        **refusals(NotFoundError, IntegrityError),
    },
)
def read_file(
    license_id: LicenseIdDep, request: Request, services: ServicesDep, caller: Reader
) -> Response:
    """Verified whole before the first byte leaves: the license as above, then both digests."""
    found, content = services.look_up.file(license_id, office=caller.office)
    record = found.record
    etag = f'"{(record.file_sha256 or b"").hex()}"'
    media_type = _media_type(found)
    ending = EXTENSIONS.get(media_type, "bin")
    shown = f"{_type_name(services, record.type_code)}-{record.id}.{ending}"
    headers = {
        "ETag": etag,
        "Cache-Control": "private, no-cache",
        "Content-Disposition": attachment(shown, f"{record.id}.{ending}"),
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=media_type)


@router.get(
    "/v1/licenses/{license_id}/bundle",
    response_model=BundleOut,
    summary="Download a license's bundle",
    responses=refusals(NotFoundError, IntegrityError),
)
def read_bundle(license_id: LicenseIdDep, services: ServicesDep, caller: Reader) -> Response:
    """The portable proof (`.license.json`), with everything disclosed: pass it on with care."""
    found = services.look_up.get(license_id, office=caller.office)
    if found.bundle is None:
        raise integrity_error(found)
    name = f"{license_id}.license.json"
    return Response(
        found.bundle.encode(),
        headers={"Content-Disposition": attachment(name, name)},
        media_type="application/json",
    )


def attachment(name: str, ascii_name: str) -> str:
    """A Content-Disposition whose name survives Chinese characters (RFC 6266, RFC 8187)."""
    return f"attachment; filename=\"{ascii_name}\"; filename*=UTF-8''{quote(name, safe='')}"


def _served(found: FoundLicense) -> FoundLicense:
    if found.bundle is None:
        raise integrity_error(found)
    return found


def _media_type(found: FoundLicense) -> str:
    """As the license itself says, which was verified; not as a column of the database does."""
    facts = None if found.bundle is None else found.bundle.disclosed().get(FILE)
    said = facts.get("media_type") if isinstance(facts, dict) else None
    return said if isinstance(said, str) and said in EXTENSIONS else "application/octet-stream"


def _type_name(services: ServicesDep, code: str) -> str:
    with services.database.read() as session:
        type_ = session.catalogue.get(code)
    return code if type_ is None else type_.name_zh
