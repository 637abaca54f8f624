"""Several processes on one socket: they end together, one that dies is replaced, and what they share holds for all."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from servers import begin_portal, is_ready, wait_until
from sqlalchemy import text
from test_download_memory import free_port
from test_metrics import requests_of, samples

from app.main import create_app
from app.settings import Settings

WORKERS = 3


def children(pid):
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as listed:
        return {int(child) for child in listed.read().split()}
    return set()


def is_there(pid):
    """Whether a process runs; one that has ended and is not waited for yet does not."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0] != "Z"
    return False


class Portal:
    def __init__(self, url, folder):
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process = begin_portal(self.port, DATABASE_URL=url, WORKERS=str(WORKERS), TMPDIR=str(folder))
        wait_until(lambda: is_ready(self.address) and len(self.workers()) == WORKERS, 60, "not served")

    def workers(self):
        return children(self.process.pid)

    def get(self, path):
        with urlopen(self.address + path, timeout=60) as answer:
            return answer.read()

    def is_free(self):
        try:
            urlopen(self.address + "/healthz", timeout=5).close()
        except OSError:
            return True
        return False


@pytest.fixture
def served(catalogue_report, catalogue_url, tmp_path):
    portal = Portal(catalogue_url.replace("+psycopg", ""), tmp_path)
    there = portal.workers()
    yield portal
    portal.process.kill()
    portal.process.wait(10)
    wait_until(lambda: not any(map(is_there, there)), 40, "a process is left")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_all_end_together_and_leave_nothing(served, tmp_path, number):
    there = served.workers()
    served.process.send_signal(number)
    assert served.process.wait(20) in (-number, 128 + number)
    assert not any(map(is_there, there)) and served.is_free()
    assert not list(tmp_path.iterdir())


def test_one_that_is_killed_is_replaced_and_the_others_go_on(served):
    there = served.workers()
    os.kill(min(there), signal.SIGKILL)
    wait_until(lambda: len(served.workers() - there) == 1, 20, "not replaced")
    wait_until(lambda: is_ready(served.address), 20, "not served")
    assert len(served.workers()) == WORKERS and len(served.workers() & there) == WORKERS - 1


def test_none_outlives_the_one_that_watches(served):
    there = served.workers()
    served.process.kill()
    wait_until(lambda: not any(map(is_there, there)), 20, "a process is left")
    assert served.is_free()


def test_answers_under_way_are_finished(served, catalogue_engine):
    with catalogue_engine.connect() as connection:
        # A whole table that nobody may read for a while.
        connection.execute(text("LOCK TABLE port IN ACCESS EXCLUSIVE MODE"))
        found = []
        asked = threading.Thread(target=lambda: found.append(served.get("/api/collections/ports/items?limit=5000")))
        asked.start()
        waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
        wait_until(lambda: connection.scalar(waiting), 20, "nobody waits")
        served.process.terminate()
        time.sleep(0.3)
    asked.join(20)
    assert found[0].rstrip().endswith(b"}") and served.process.wait(20) == 128 + signal.SIGTERM


def test_figures_are_those_of_all(served):
    route = "/api/collections/{collection_id}/items"
    for _ in range(40):
        served.get("/api/collections/ports/items?limit=2")
    told = [served.get("/metrics").decode() for _ in range(10)]
    assert {requests_of(samples(one), route)["200"] for one in told} == {40.0}


def test_documents_and_tables_are_made_in_the_copies(served):
    """Libraries with threads of their own are there before the processes part."""
    assert served.get("/download/blocks.parquet")[:4] == b"PAR1"
    assert served.get("/blocks/akharkata-graphite.pdf")[:4] == b"%PDF"


@pytest.mark.parametrize("workers", [1, 2, 4, 8, 20])
def test_together_they_leave_connections_for_others(workers):
    pool = create_app(Settings(workers=workers), "postgresql://u@127.0.0.1:1/x").state.engine.pool
    most = pool.size() + pool._max_overflow
    assert most * workers <= 80 and most >= 4


def test_by_default_there_is_one_for_each_core(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(2)), raising=False)
    assert Settings(workers=0).processes == 2 and Settings(workers=7).processes == 7
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert Settings(workers=0).processes == 4
