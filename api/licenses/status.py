"""POST /v1/licenses/{id}/status: an office suspends, resumes or revokes a license."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from api.answers import answer
from api.bodies import JsonBody
from api.dependencies import LicenseIdDep, ServicesDep, StatusWriter
from api.licenses.presenting import change_out, status_name
from api.licenses.schemas_in import StatusIn
from api.licenses.schemas_out import StatusOut
from api.openapi import refusals
from ledger.errors import BusyError, ConflictError, InvalidInputError, NotFoundError

router = APIRouter(tags=["licenses"])


@router.post(
    "/v1/licenses/{license_id}/status",
    status_code=202,
    response_model=StatusOut,
    summary="Suspend, resume or revoke a license",
    responses={
        200: {"model": StatusOut, "description": "It has this status already."},
        **refusals(InvalidInputError, NotFoundError, ConflictError, BusyError),
    },
)
def change_status(
    license_id: LicenseIdDep,
    services: ServicesDep,
    caller: StatusWriter,
    body: Annotated[StatusIn, Depends(JsonBody(StatusIn))],
) -> Response:
    """Durable when answered, on the chain with the next anchoring; asking again changes nothing.

    Revoked and superseded are final.
    """
    changed = services.status.change(
        license_id, body.action, body.reason, body.note, office=caller.office
    )
    return answer(
        StatusOut(
            id=license_id, status=status_name(changed.status), change=change_out(changed.change)
        ),
        status=200 if changed.change is None else 202,
    )
