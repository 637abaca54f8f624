"""/metrics in Prometheus' form: by template of the route, from one process and from several."""

import os
import subprocess
import sys

from prometheus_client.parser import text_string_to_metric_families

from app.settings import PROJECT_ROOT


def samples(text):
    """(name, labels) → value."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def requests_of(found, route):
    """status → number, of one route."""
    counted = ((dict(labels), value) for (name, labels), value in found.items() if name == "khanij_requests_total")
    return {labels["status"]: value for labels, value in counted if labels["route"] == route}


def test_requests_are_counted_by_template(portal):
    route = "/api/collections/{collection_id}"
    before = requests_of(samples(portal.get("/metrics").text), route)
    portal.get("/api/collections/blocks")
    portal.get("/api/collections/ports")
    portal.get("/api/collections/nothing")
    portal.get("/nowhere/at/all/1")
    response = portal.get("/metrics")
    assert response.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = samples(response.text)
    after = requests_of(found, route)
    assert after["200"] - before.get("200", 0) == 2 and after["404"] - before.get("404", 0) == 1
    assert requests_of(found, "(none)")["404"] >= 1
    assert not any("/nowhere" in str(labels) for _, labels in found)
    assert found["khanij_revision", ()] >= 1
    assert found["khanij_database_connections", ()] >= found["khanij_database_connections_in_use", ()] >= 0
    assert any(name == "khanij_request_seconds_bucket" for name, _ in found)


def test_heavy_work_is_given_back(portal):
    portal.get("/download/ports.csv")
    found = samples(portal.get("/metrics").text)
    assert found["khanij_heavy_work", (("kind", "download"),)] == 0


WORKER = """
import sys
from app import metrics
metrics.share()
from app.metrics import Metrics
figures = Metrics()
figures.count("GET", "/a", 200, 0.01)
figures.heavy_begins("download")
if len(sys.argv) > 1:
    import os, subprocess
    subprocess.run([sys.executable, "-c", sys.argv[1]], check=True, env=os.environ)
    print(figures.expose().decode())
"""


def test_several_processes_answer_as_one_and_leave_nothing(tmp_path):
    """What a process that has ended counted stays; what it was doing does not."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", WORKER, WORKER]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=PROJECT_ROOT)
    found = samples(done.stdout)
    assert requests_of(found, "/a") == {"200": 2}
    assert found["khanij_heavy_work", (("kind", "download"),)] == 1
    assert list(tmp_path.iterdir()) == []
