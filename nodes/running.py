"""From settings to a running process, and back to nothing."""

from __future__ import annotations

from nodes.bootstrap import build_app, build_health, build_services, open_parts
from nodes.bootstrap_workers import build_workers
from nodes.interpreter import tune_interpreter
from nodes.logs import configure_logs
from nodes.server import bind, run_process
from nodes.settings import NodeSettings
from nodes.workers.heartbeats import Heartbeats
from nodes.workers.supervisor import Supervisor


def run_node(settings: NodeSettings, *, with_api: bool, with_workers: bool) -> bool:
    """Run until told to end; True after an orderly end (see `nodes.server.run_process`).

    Raise ConfigurationError or WrongChainError, by name, for a node that must not run.
    """
    configure_logs(level=settings.log_level, form=settings.log_format, region=settings.region)
    listener = bind(settings) if with_api else None
    try:
        parts = open_parts(settings, may_migrate=settings.should_migrate)
        try:
            heartbeats = Heartbeats() if with_workers else None
            workers = build_workers(parts) if with_workers else None
            unbacked = (lambda: 0) if workers is None else workers.unbacked
            health = build_health(parts, heartbeats, unbacked)
            app = build_app(parts, build_services(parts, health)) if with_api else None
            supervisor = None
            if workers is not None and heartbeats is not None:
                supervisor = Supervisor(workers.all, heartbeats)
            tune_interpreter()
            return run_process(settings, app=app, listener=listener, supervisor=supervisor)
        finally:
            parts.close()
    finally:
        if listener is not None:
            listener.close()
