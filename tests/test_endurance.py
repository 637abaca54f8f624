"""A portal under load, under attack and at its end; by `khanij serve`, over made-up blocks, on the loopback.

Times are recorded (`-s` shows them) and never judged: they are the machine's. ENDURANCE_SECONDS (60) and
ENDURANCE_BLOCKS (10000) make it longer and larger: 1800 and 1000000 for a release.
"""

from __future__ import annotations

import asyncio
import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from loading import load
from test_download_memory import free_port

from app.cluster import create_database, drop_database
from app.ingest.synth.database import fill_database
from app.settings import PROJECT_ROOT

pytestmark = pytest.mark.slow
SECONDS = float(os.environ.get("ENDURANCE_SECONDS", "60"))
BLOCKS = int(os.environ.get("ENDURANCE_BLOCKS", "10000"))
NAME = f"khanij_test_endurance_{os.getpid()}"
ITEMS = "/api/collections/blocks/items"
TILES = ((4, 6, 11), (6, 27, 46), (8, 110, 186))
MIXED = [
    *(f"{ITEMS}?bbox={west},{south},{west + 1},{south + 1}&limit=100" for west in range(78, 86) for south in (18, 21)),
    f"{ITEMS}?status=offered&limit=50",
    f"{ITEMS}?filter=area_ha%20%3E%20100%20AND%20status%3D'offered'&limit=20",
    *(f"{ITEMS}?limit=100&offset={offset}" for offset in (1_000, 5_000)),
    "/api/collections/blocks/facets",
    "/api/suggestions?q=graph",
    *(f"/api/collections/blocks/tiles/WebMercatorQuad/{z}/{y}/{x}" for z, y, x in TILES),
    "/api",
    "/about",
    "/static/js/frame.js",
    "/healthz",
]  # fmt: skip
NORMAL = [f"{ITEMS}?bbox=82,20,83,21&limit=100", "/api/suggestions?q=graph", "/healthz", "/about"]


class Served(NamedTuple):
    address: str
    process: int

    def memory_mb(self) -> float:
        """What the server and the processes that it started hold. Source: proc(5), PSS."""
        return sum(_pss(pid) for pid in (self.process, *_children(self.process))) / 1024

    def ask(self, target: str, timeout: float = 60) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=timeout)
        connection.request("GET", target)
        answer = connection.getresponse()
        return answer.status, answer.read()


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += [int(child), *_children(int(child))]
    return found


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


@pytest.fixture(scope="module")
def database_url(server: Any) -> Iterator[str]:
    drop_database(server, NAME)
    url = create_database(server, NAME)
    fill_database(url, BLOCKS, 7, "a test")
    yield url
    drop_database(server, NAME)


def begin(url: str) -> tuple[Served, subprocess.Popen[bytes]]:
    port = free_port()
    environment = {**os.environ, "DATABASE_URL": url, "PORT": str(port)}
    command = [str(Path(sys.executable).with_name("khanij")), "serve"]
    process = subprocess.Popen(command, env=environment, cwd=PROJECT_ROOT)
    served = Served(f"http://127.0.0.1:{port}", process.pid)
    for _ in range(600):
        try:
            if served.ask("/readyz")[0] == 200:
                return served, process
        except OSError:
            time.sleep(0.1)
    process.kill()
    raise AssertionError("not served")


@pytest.fixture
def served(database_url: str) -> Iterator[Served]:
    portal, process = begin(database_url)
    yield portal
    process.terminate()
    assert process.wait(60) is not None


def test_mixed_load_at_64_connections(served):
    """No 5xx, no hang, nothing broken; memory at the end within 10 % of what it was when all was warm."""
    warm = min(20.0, SECONDS / 3)
    asyncio.run(load(served.address, MIXED, 64, warm, seed=1))
    before = served.memory_mb()
    seen = asyncio.run(load(served.address, MIXED, 64, SECONDS - warm, seed=2))
    after = served.memory_mb()
    print(
        f"\n{BLOCKS:,} blocks, 64 connections, {SECONDS:g} s: {len(seen.seconds):,} answers {dict(seen.statuses)}, "
        f"median {seen.quantile(0.5) * 1000:.0f} ms, p99 {seen.quantile(0.99) * 1000:.0f} ms, "
        f"p99/median {seen.ratio():.1f}; memory {before:.0f} -> {after:.0f} MB"
    )
    assert set(seen.statuses) <= {200, 204} and not seen.hung and not seen.broken
    assert after <= before * 1.1


def test_others_are_served_while_a_portal_is_attacked(served):
    """Slow clients, silent ones, long addresses and bodies, bombs, floods: no 5xx and no hang for a normal reader."""
    span = min(SECONDS / 3, 20)
    asyncio.run(load(served.address, NORMAL, 4, 3))
    calm = asyncio.run(load(served.address, NORMAL, 4, span))
    attacker = subprocess.Popen([sys.executable, Path(__file__).with_name("attacks.py"), served.address, str(span + 5)])
    time.sleep(2)
    attacked = asyncio.run(load(served.address, NORMAL, 4, span))
    attacker.wait(60)
    print(
        f"\nnormal reader: p99 {calm.quantile(0.99) * 1000:.0f} ms in peace, "
        f"{attacked.quantile(0.99) * 1000:.0f} ms under attack, "
        f"ratio {attacked.quantile(0.99) / calm.quantile(0.99):.1f}; "
        f"{len(calm.seconds)} and {len(attacked.seconds)} answers"
    )
    assert set(attacked.statuses) == {200} and not attacked.hung and not attacked.broken
    after = asyncio.run(load(served.address, NORMAL, 4, 3))
    assert set(after.statuses) == {200} and not after.broken


def test_heavy_work_beyond_its_turns_is_refused_and_pages_go_on(served):
    """Forty downloads at once: each is whole or 503 with its time; meanwhile every page is served."""
    found: list[int] = []

    def download() -> None:
        found.append(served.ask("/download/blocks.gpkg", timeout=300)[0])

    threads = [threading.Thread(target=download) for _ in range(40)]
    for thread in threads:
        thread.start()
    seen = asyncio.run(load(served.address, NORMAL, 4, 5))
    for thread in threads:
        thread.join(300)
    assert len(found) == 40 and set(found) <= {200, 503} and 200 in found
    assert set(seen.statuses) == {200} and not seen.hung


def test_an_answer_under_way_is_finished_at_the_end(database_url):
    """SIGTERM while a download is under way: it arrives whole, and the process ends."""
    served, process = begin(database_url)
    whole = served.ask("/download/blocks.geojson")[1]
    connection = http.client.HTTPConnection(served.address.removeprefix("http://"), timeout=60)
    connection.request("GET", "/download/blocks.geojson")
    answer = connection.getresponse()
    first = answer.read(1_000)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    assert len(first + answer.read()) == len(whole)
    connection.close()
    process.wait(40)
    with pytest.raises(OSError):
        served.ask("/healthz")
