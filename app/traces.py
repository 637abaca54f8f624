"""OpenTelemetry traces of requests and their queries, where the operator names a collector (TRACES_ENDPOINT).

The packages come with the extra `otel`; nothing of them is imported without the setting.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.metrics import route_of

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer
    from sqlalchemy import Engine

_NAME = "khanij-atlas"
_LONGEST_STATEMENT = 2_000
_SPAN = "khanij_span"
# The option of a connection whose statements are no spans.
UNTRACED = "khanij_untraced"
_FLUSH_MILLISECONDS = 3_000


def make_tracer(endpoint: str) -> Tracer:
    """A tracer whose spans go to a collector by OTLP over HTTP.

    Raises: RuntimeError with what to install.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise RuntimeError("TRACES_ENDPOINT is set; it needs the extra: pip install 'khanij-atlas[otel]'") from error
    return tracer_to(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))


def tracer_to(processor: Any) -> Tracer:
    """A tracer whose spans go to the processor."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(resource=Resource.create({"service.name": _NAME}))
    provider.add_span_processor(processor)
    return provider.get_tracer(_NAME)


class Traced:
    """A span for each request, below the caller's where it says one (traceparent)."""

    def __init__(self, app: ASGIApp, tracer: Tracer) -> None:
        self.app, self.tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, self._flushing(send) if scope["type"] == "lifespan" else send)
            return
        from opentelemetry.trace import SpanKind
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        given = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        above = TraceContextTextMapPropagator().extract(given)
        method = scope["method"]
        with self.tracer.start_as_current_span(method, above, SpanKind.SERVER) as span:
            span.set_attribute("http.request.method", method)
            span.set_attribute("url.path", scope["path"][:_LONGEST_STATEMENT])

            async def send_noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                await self.app(scope, receive, send_noting)
            finally:
                span.update_name(f"{method} {route_of(scope)}")
                span.set_attribute("http.route", route_of(scope))

    def _flushing(self, send: Send) -> Send:
        """`send`, by which the end is not told before the last spans are at the collector, or it does not answer."""

        async def send_after(message: Message) -> None:
            if message["type"] == "lifespan.shutdown.complete":
                processor: Any = getattr(self.tracer, "span_processor", None)
                if processor is not None:
                    await asyncio.to_thread(processor.force_flush, _FLUSH_MILLISECONDS)
            await send(message)

        return send_after


def trace_queries(engine: Engine, tracer: Tracer) -> None:
    """A span for each statement, without its values."""
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from sqlalchemy import event

    @event.listens_for(engine, "before_cursor_execute")
    def begin(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if connection.get_execution_options().get(UNTRACED):
            return
        span = tracer.start_span("query", kind=SpanKind.CLIENT)
        span.set_attribute("db.system.name", "postgresql")
        span.set_attribute("db.query.text", statement[:_LONGEST_STATEMENT])
        connection.info[_SPAN] = span

    @event.listens_for(engine, "after_cursor_execute")
    def end(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if span := connection.info.pop(_SPAN, None):
            span.end()

    @event.listens_for(engine, "handle_error")
    def failed(context: Any) -> None:
        if context.connection is not None and (span := context.connection.info.pop(_SPAN, None)):
            span.set_status(Status(StatusCode.ERROR, type(context.original_exception).__name__))
            span.end()
