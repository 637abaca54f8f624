"""OpenTelemetry: off by default; with a collector a span for each request and each query below it."""

import sys

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from app import guards, traces
from app.main import create_app
from app.settings import Settings

ABOVE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def spans(catalogue_report, catalogue_url, monkeypatch):
    """A portal with traces, and the spans that it made."""
    exporter = InMemorySpanExporter()
    monkeypatch.setattr(guards, "make_tracer", lambda endpoint: traces.tracer_to(SimpleSpanProcessor(exporter)))
    with TestClient(create_app(Settings(traces_endpoint="http://collector.example"), catalogue_url)) as client:
        yield client, exporter


def test_a_request_and_its_queries_are_spans_of_the_callers_trace(spans):
    client, exporter = spans
    assert client.get("/api/collections/ports/items?limit=1", headers={"traceparent": ABOVE}).status_code == 200
    made = exporter.get_finished_spans()
    (request,) = [span for span in made if span.name == "GET /api/collections/{collection_id}/items"]
    assert request.attributes["http.response.status_code"] == 200
    assert f"{request.context.trace_id:032x}" == ABOVE.split("-")[1]
    queries = [span for span in made if span.name == "query"]
    assert queries and {span.context.trace_id for span in queries} == {request.context.trace_id}
    assert all(span.attributes["db.system.name"] == "postgresql" for span in queries)


def test_values_of_a_question_stand_in_no_span(spans):
    client, exporter = spans
    client.get("/api/collections/ports/items?q=somethingprivate")
    texts = [str(span.attributes.get("db.query.text")) for span in exporter.get_finished_spans()]
    assert texts and not any("somethingprivate" in text for text in texts)


def test_off_by_default(portal):
    assert Settings().traces_endpoint == ""
    assert not any(type(layer).__name__ == "Traced" for layer in portal.app.user_middleware)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(RuntimeError, match=r"khanij-atlas\[otel\]"):
        traces.make_tracer("http://collector.example")
