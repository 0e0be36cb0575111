"""Live, ready, figures: for supervisors, load balancers and Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.responses import Response

from api.answers import answer
from api.dependencies import ServicesDep
from api.health.metrics import Metrics
from api.health.schemas import AliveOut, PartOut, ReadyOut

router = APIRouter(tags=["health"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", response_model=AliveOut, summary="Is the process alive?")
async def healthz() -> Response:
    """Touches nothing, so it answers also while the database or the chain is away."""
    return answer(AliveOut())


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    response_model=ReadyOut,
    summary="Can the node do its work?",
    responses={503: {"model": ReadyOut, "description": "A part is not ready; `failed` names it."}},
)
def readyz(services: ServicesDep) -> Response:
    """200 when every part is ready, else 503. Reads go on while the chain is away."""
    parts = services.health.parts()
    failed = [part.name for part in parts if not part.is_ready]
    out = ReadyOut(
        ready=not failed,
        failed=failed,
        parts=[PartOut(name=one.name, ready=one.is_ready, detail=one.detail) for one in parts],
    )
    return answer(out, status=503 if failed else 200)


@router.get(
    "/metrics",
    response_class=Response,
    summary="Figures for Prometheus",
    responses={200: {"description": "Prometheus' text format.", "content": {"text/plain": {}}}},
)
def read_metrics(request: Request) -> Response:
    """No personal data, and no id is a label."""
    metrics: Metrics = request.app.state.metrics
    return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)
