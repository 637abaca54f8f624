"""OpenTelemetry: off by default; with a collector a span for each request and each query below it."""

import os
import sys
import time

import pytest
from fastapi.testclient import TestClient
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
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


def test_an_answer_that_is_kept_has_a_span_of_its_own(spans):
    client, exporter = spans
    for _ in range(2):
        assert client.get("/api/collections/ports/items?limit=1", headers={"traceparent": ABOVE}).status_code == 200
    made = exporter.get_finished_spans()
    assert [span.name for span in made if span.name != "query"] == ["GET /api/collections/{collection_id}/items"] * 2


def test_the_last_spans_are_sent_before_the_process_ends(catalogue_report, catalogue_url, monkeypatch):
    exporter = InMemorySpanExporter()
    slow = BatchSpanProcessor(exporter, schedule_delay_millis=60_000)
    monkeypatch.setattr(guards, "make_tracer", lambda endpoint: traces.tracer_to(slow))
    with TestClient(create_app(Settings(traces_endpoint="http://collector.example"), catalogue_url)) as client:
        client.get("/healthz")
    assert [span.name for span in exporter.get_finished_spans()] == ["GET /healthz"]


def test_a_copy_of_the_process_sends_its_spans(tmp_path):
    """`khanij serve` makes the tracer before its processes part."""
    told = tmp_path / "told"
    exporter = InMemorySpanExporter()
    tracer = traces.tracer_to(BatchSpanProcessor(exporter, schedule_delay_millis=10))
    tracer.start_span("before").end()
    pid = os.fork()
    if not pid:
        tracer.start_span("after").end()
        for _ in range(200):
            if any(span.name == "after" for span in exporter.get_finished_spans()):
                told.touch()
                break
            time.sleep(0.02)
        os._exit(0)
    os.waitpid(pid, 0)
    assert told.exists()


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
