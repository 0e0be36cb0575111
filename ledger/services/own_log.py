"""Whether the chain's head of this region's log is one of the log that this database holds.

It is not when the database was restored from an old copy, was changed, or the anchor key was used
elsewhere. Then every new license would take a place that is given away already, and its promise
could not be kept: nothing is accepted, and nothing gets a position, until people have looked.
"""

from __future__ import annotations

from ledger.errors import BusyError, VerificationError
from ledger.ports.database import ReadSession
from ledger.ports.log import LogName
from ledger.services.reconciling import tree_of
from ledger.types import AnchoredHead, LogKind, Region


class OwnLog:
    """Remembers the newest head that was found to be this log's: it stays so."""

    __slots__ = ("_log", "_own")

    def __init__(self, region: Region) -> None:
        self._log = LogName(region, LogKind.LICENSES)
        self._own: AnchoredHead | None = None

    def anchored(self, session: ReadSession) -> AnchoredHead | None:
        """The newest mirrored head, if there is one. Raise BusyError unless it is of this log."""
        position = session.mirror.position()
        if position is None:
            return None
        head = session.mirror.newest_head(
            self._log.region, self._log.kind, as_of=position.newest.number
        )
        if head is not None and head != self._own:
            self._verify(session, head)
            self._own = head
        return head

    def _verify(self, session: ReadSession, head: AnchoredHead) -> None:
        held = session.log.head(self._log).tree_size
        try:
            is_ours = held >= head.tree_size and (
                tree_of(session, self._log).root_hash(head.tree_size) == head.root_hash
            )
        except VerificationError:
            is_ours = False
        if not is_ours:
            raise BusyError(
                f"the chain holds a head of {head.tree_size} licenses of this region that is not "
                f"of the log of {held} here; nothing is accepted until the operator has run fsck "
                "and restored the database",
                retry_after=60,
            )
