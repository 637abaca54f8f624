"""Figures for Prometheus: requests, database connections, heavy work, revision.

Several processes share them through files, where `share` was called before they began (`khanij serve` does): whichever
process is asked answers for all.
"""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

if TYPE_CHECKING:
    from sqlalchemy import Engine

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
# Anything may be asked for; what no route answers is one kind.
_NO_ROUTE = "(none)"
_METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))


def share() -> None:
    """Make the folder through which this process and those it starts share their figures; removed at the end.

    To be called before anything of prometheus_client is imported, which looks for the folder once.
    """
    if os.environ.get(_FOLDER):
        return
    folder = tempfile.mkdtemp(prefix="khanij-metrics-")
    os.environ[_FOLDER] = folder
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)


class Metrics:
    """The figures of one portal."""

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        here = self.registry = CollectorRegistry()
        self.requests = Counter("khanij_requests", "Requests answered", ["method", "route", "status"], registry=here)
        self.seconds = Histogram(
            "khanij_request_seconds", "Time to the end of the answer", ["route"], buckets=_BUCKETS, registry=here
        )

        def gauge(name: str, what: str, *labels: str, mode: Any = "livesum") -> Gauge:
            return Gauge(f"khanij_{name}", what, labels, registry=here, multiprocess_mode=mode)

        self.under_way = gauge("requests_under_way", "Requests being answered")
        self.connections = gauge("database_connections", "Connections open to the database")
        self.in_use = gauge("database_connections_in_use", "Connections that work for a request")
        self.heavy = gauge("heavy_work", "Heavy work under way", "kind")
        self.revision = gauge("revision", "Revision of the data", mode="livemostrecent")
        self._children: dict[tuple[str, str, int], tuple[Any, Any]] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        key = (method if method in _METHODS else "OTHER", route, status)
        found = self._children.get(key)
        if found is None:
            # The labels are looked up once for each.
            counter = self.requests.labels(key[0], route, str(status))
            found = self._children[key] = (counter, self.seconds.labels(route))
        found[0].inc()
        found[1].observe(seconds)

    def heavy_begins(self, kind: str) -> None:
        self.heavy.labels(kind).inc()

    def heavy_ends(self, kind: str) -> None:
        self.heavy.labels(kind).dec()

    def expose(self) -> bytes:
        """All figures in Prometheus' text form."""
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.multiprocess import MultiProcessCollector

        registry = self.registry
        if folder := os.environ.get(_FOLDER):
            _forget_ended(Path(folder))
            registry = CollectorRegistry()
            MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def _forget_ended(folder: Path) -> None:
    """What processes that have ended say of their present is not true any more; what they counted stays."""
    from prometheus_client.multiprocess import mark_process_dead

    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]
        except PermissionError:
            continue


def watch_pool(engine: Engine, metrics: Metrics) -> None:
    """Count the engine's connections."""
    from sqlalchemy import event

    for name, gauge, change in (
        ("connect", metrics.connections, 1),
        ("close", metrics.connections, -1),
        ("checkout", metrics.in_use, 1),
        ("checkin", metrics.in_use, -1),
    ):
        event.listen(engine, name, _changing(gauge, change))


def _changing(gauge: Any, change: int) -> Any:
    def changed(*_: Any) -> None:
        gauge.inc(change)

    return changed


class Measured:
    """Counts and times each request by the template of its route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app, self.metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 0

        async def send_noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.metrics.under_way.inc()
        try:
            await self.app(scope, receive, send_noting)
        except BaseException:
            status = status or 500
            raise
        finally:
            self.metrics.under_way.dec()
            self.metrics.count(scope["method"], route_of(scope), status, time.perf_counter() - began)


def route_of(scope: Scope) -> str:
    """The template of the route that answered: /blocks/{block_id}."""
    route = scope.get("route")
    path: str | None = getattr(route, "path", None)
    if path is None:
        return "/static" if scope["path"].startswith("/static/") else _NO_ROUTE
    return path
