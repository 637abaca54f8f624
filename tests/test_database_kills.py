"""`kill -9` of PostgreSQL under load: what is answered is right and whole, and the portal finds back by itself.

Times are recorded (`-s` shows them) and judged loosely: they are the machine's.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import psycopg
import pytest
from servers import Answer, Readers, begin_portal, is_ready, plain, wait_until
from test_cluster import kill_everything
from test_download_memory import free_port
from test_endurance import _children

from app import cluster
from app.cluster import processes

pytestmark = pytest.mark.slow
KILLS = int(os.environ.get("DATABASE_KILLS", "20"))
BACK_WITHIN_S = 30
ITEMS = "/api/collections/blocks/items"
TARGETS = [
    f"{ITEMS}?limit=50",
    f"{ITEMS}?bbox=80,15,88,22&limit=100",
    f"{ITEMS}?filter=area_ha%20%3E%20100&limit=20",
    f"{ITEMS}/akharkata-graphite",
    "/api/collections/blocks/facets",
    "/api/suggestions?q=graph",
    "/api/collections/blocks/tiles/WebMercatorQuad/4/6/11",
    "/api/collections/blocks/tiles/WebMercatorQuad/6/27/46",
    "/blocks/akharkata-graphite.json",
    "/download/blocks.csv",
    "/download/blocks.geojson",
]
PAGES = ["/blocks/akharkata-graphite", "/states/odisha"]


@pytest.fixture
def root() -> Iterator[Path]:
    """A clone's folder with a cluster of its own."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        root = Path(folder) / "clone"
        root.mkdir(mode=0o755)
        cluster.ensure_running(root)
        yield root
        cluster.remove(root)


def test_twenty_kills_under_load(root):
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    owner, reader = cluster.database_url(root), cluster.database_url(root, role=cluster.READER)
    portal = begin_portal(port, DATABASE_URL=owner, DATABASE_READ_URL=reader, HEAVY_AT_ONCE="16")
    try:
        wait_until(lambda: is_ready(address), 120, "the portal is not served")
        right = {target: plain(httpx2.get(address + target, timeout=60).content) for target in TARGETS}
        assert all(right.values())
        workers = _children(portal.pid)

        def judge(answer: Answer) -> str:
            if answer.broken:
                return ""
            if answer.status == 503:
                return "" if answer.headers.get("retry-after") else "503 without Retry-After"
            if answer.status != 200:
                return f"status {answer.status}"
            return "" if answer.target in PAGES or plain(answer.body) == right[answer.target] else "another answer"

        with Readers(address, TARGETS + PAGES, judge) as readers:
            chance, back, first = random.Random(20261125), [], []
            for number in range(KILLS):
                time.sleep(chance.uniform(0.3, 1.2))
                returned = kill_and_return(root, owner, number)
                took = wait_until(
                    lambda since=returned: readers.answered > since and is_ready(address), BACK_WITHIN_S, "no answer"
                )
                wait_until(
                    lambda since=returned: time.monotonic() > max(readers.last_failure, since) + 0.5,
                    BACK_WITHIN_S,
                    "readers still get errors",
                )
                first.append(took)
                back.append(max(0.0, readers.last_failure - returned))
        print(
            f"\n{KILLS} kills: {dict(readers.statuses)}, cut off {len(readers.broken)}; first whole answer "
            f"after the return: median {statistics.median(first):.2f} s, longest {max(first):.2f} s; last question "
            f"that failed: median {statistics.median(back):.2f} s, longest {max(back):.2f} s after it"
        )
        assert not readers.wrong, readers.wrong[:5]
        assert not readers.broken, readers.broken[:5]
        assert readers.statuses[200] > KILLS and readers.statuses[503]
        assert portal.poll() is None and _children(portal.pid) == workers
    finally:
        portal.terminate()
        portal.wait(60)


def kill_and_return(root: Path, url: str, number: int) -> float:
    """All processes, the first one, or one that works for a reader; the moment at which the server takes questions."""
    data = cluster.location(root) / "data"
    first = processes.postmaster_pid(data)
    if number % 3 == 0:
        kill_everything(root)
    elif number % 3 == 1:
        os.kill(first, signal.SIGKILL)
    else:
        kill_one(url.replace("+psycopg", ""))
        return time.monotonic()
    cluster.ensure_running(root)
    return time.monotonic()


def kill_one(url: str) -> None:
    """`kill -9` of a process that serves a reader: the first one ends all others and begins anew."""
    watching = psycopg.connect(url, autocommit=True)
    (pid,) = watching.execute(
        "SELECT pid FROM pg_stat_activity WHERE usename = 'khanij_reader' ORDER BY state LIMIT 1"
    ).fetchone()
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(psycopg.OperationalError):
        watching.execute("SELECT pg_sleep(60)")
    watching.close()
    wait_until(lambda: psycopg.connect(url).close() is None, 60, "no return")
