"""What stands before the routes: bounds of every request, turns for heavy work; headers, logs, figures of every answer.

Each is a plain ASGI callable and costs a request some microseconds. Those of `guard` stand before the routes; those of
`admit` before answers that are kept, which cost a reader as much; both behind CORS, so that scripts of other sites may
read what they refuse. Those of `watch` stand before all.
"""

from __future__ import annotations

from starlette.applications import Starlette

from app.guards.bounds import Bounds, Refuse
from app.guards.headers import SafeHeaders
from app.guards.heavy import HeavyWork
from app.guards.leaving import Leaving, watch_connections
from app.guards.rates import Rates
from app.logs import RequestLines
from app.metrics import Measured, watch_pool
from app.settings import Settings
from app.traces import Traced, make_tracer, trace_queries


def guard(app: Starlette, settings: Settings, refuse: Refuse) -> None:
    """Add what bounds the work for a request; the last one added is asked first."""
    engine, metrics = app.state.engine, app.state.metrics
    watch_connections(engine, settings.statement_timeout_seconds, settings.download_timeout_seconds)
    watch_pool(engine, metrics)
    app.add_middleware(HeavyWork, refuse=refuse, at_once=settings.heavy_at_once, metrics=metrics)
    app.add_middleware(Leaving)


def admit(app: Starlette, settings: Settings, refuse: Refuse) -> None:
    """Add what every request must pass."""
    if settings.rate_limit:
        app.add_middleware(Rates, refuse=refuse, limits=settings.rate_limit, store=settings.rate_limit_store)
    app.add_middleware(Bounds, refuse=refuse)


def watch(app: Starlette, settings: Settings) -> None:
    """Add what every answer passes, refusals too."""
    app.add_middleware(SafeHeaders)
    app.add_middleware(Measured, metrics=app.state.metrics)
    if settings.traces_endpoint:
        tracer = make_tracer(settings.traces_endpoint)
        app.add_middleware(Traced, tracer=tracer)
        trace_queries(app.state.engine, tracer)
    app.add_middleware(RequestLines)
