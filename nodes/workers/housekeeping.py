"""Forgets what has expired: nonces of peers, and answers kept for an Idempotency-Key."""

from __future__ import annotations

from datetime import timedelta

import structlog

from ledger.ports.clock import Clock
from ledger.ports.database import Database
from nodes.workers.leadership import Leadership
from nodes.workers.worker import Round, Worker

_log = structlog.get_logger("ledger.workers")


def housekeeping_worker(
    database: Database, clock: Clock, leadership: Leadership, *, pause: float, keep: timedelta
) -> Worker:
    """One removal per `pause` seconds; `keep` is how long an answer is kept."""

    def work() -> bool:
        if leadership.current() is None:
            return False
        now = clock()
        with database.write() as session:
            nonces = session.accounts.forget_nonces(now)
            answers = session.licenses.forget_answers(now - keep)
        if nonces or answers:
            _log.info("forgot what has expired", nonces=nonces, answers=answers)
        return False

    def begin() -> Round:
        return work

    return Worker(name="housekeeping", pause=pause, begin=begin)
