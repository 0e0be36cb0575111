"""GET /v1/tile/{kind}/{level}/{index…}: this region's log as C2SP tiles, for anyone.

Leaf hashes open nothing, so tiles are public. A reopened log goes on from an earlier size, and may
then hold other hashes at a place that it had filled: only full tiles that were anchored longer ago
than a region may reopen alone (DESIGN §4: 72 h) are called immutable to caches.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.catalogue.reading import Kind
from api.context import Services
from api.dependencies import ServicesDep
from api.openapi import binary, refusals
from ledger.errors import MalformedError, NotFoundError
from ledger.ports.database import ReadSession
from ledger.ports.log import LogName
from ledger.tiles import TILE_HEIGHT, TILE_WIDTH, TileId, parse_tile_path, tile_width
from ledger.types import DIGEST_SIZE, LogKind

router = APIRouter(tags=["catalogue"])

REOPENABLE_FOR: Final = timedelta(hours=72)
_IMMUTABLE: Final = "public, max-age=31536000, immutable"
_FOR_NOW: Final = "public, max-age=10"


@router.get(
    "/v1/tile/{kind}/{level}/{index:path}",
    response_class=Response,
    summary="Read a tile of this region's log",
    responses={
        200: binary("Up to 256 hashes of 32 bytes.", "application/octet-stream"),
        **refusals(NotFoundError),
    },
)
def read_tile(
    services: ServicesDep,
    kind: Kind,
    level: Annotated[str, Path(examples=["0"], max_length=2)],
    index: Annotated[str, Path(examples=["000", "x001/x234/067.p/89"], max_length=60)],
) -> Response:
    """Level and index as in C2SP tlog-tiles: `0/000`, and `0/000.p/17` for a partial tile."""
    try:
        tile, width = parse_tile_path(f"tile/{level}/{index}")
    except MalformedError as error:
        raise NotFoundError(str(error)) from error
    log = LogName(services.settings.region, LogKind[kind.upper()])
    with services.database.read() as session:
        if width > tile_width(tile, session.log.head(log).tree_size):
            raise NotFoundError("the log has no such tile of this width yet")
        hashes = session.log.tile(log, tile.level, tile.index)
        is_settled = width == TILE_WIDTH and _is_settled(services, session, log, tile)
    return Response(
        hashes[: width * DIGEST_SIZE],
        headers={"Cache-Control": _IMMUTABLE if is_settled else _FOR_NOW},
        media_type="application/octet-stream",
    )


def _is_settled(services: Services, session: ReadSession, log: LogName, tile: TileId) -> bool:
    """Whether all leaves below a full tile were anchored before a region could still reopen."""
    before = services.clock() - REOPENABLE_FOR
    block = session.mirror.block_at(int(before.timestamp()))
    if block is None:
        return False
    head = session.mirror.newest_head(log.region, log.kind, as_of=block.number)
    leaves = (tile.index + 1) << TILE_HEIGHT * (tile.level + 1)
    return head is not None and leaves <= head.tree_size
