"""A download of ten times the rows needs no more memory: measured in a served portal, over made-up blocks."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest

from app.cluster import create_database, drop_database
from app.downloads import FORMATS
from app.ingest.synth.database import fill_database

pytestmark = pytest.mark.slow
NAME = f"khanij_test_memory_{os.getpid()}"
BLOCKS, PART = 60_000, 6_000
SERVE = """
import sys, uvicorn
from app.main import create_app
from app.settings import Settings
uvicorn.run(create_app(Settings(), sys.argv[1]), port=int(sys.argv[2]), log_level="warning")
"""


class Portal(NamedTuple):
    """A served portal and its process."""

    address: str
    process: int

    def peak_mb(self) -> float:
        """The most memory that the process held since `forget_peak`, MB. Source: proc(5), VmHWM."""
        lines = Path(f"/proc/{self.process}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024

    def forget_peak(self) -> None:
        """Source: proc(5), clear_refs."""
        Path(f"/proc/{self.process}/clear_refs").write_text("5")

    def fetch(self, name: str, **asked: str) -> tuple[int, int]:
        """Rows that the answer says it has, and its bytes, which are not kept."""
        size = 0
        with httpx2.stream("GET", f"{self.address}/download/{name}", params=asked, timeout=300) as answer:
            assert answer.status_code == 200, answer.read()
            for chunk in answer.iter_raw():
                size += len(chunk)
        return int(answer.headers["x-row-count"]), size


@pytest.fixture(scope="module")
def large(server: Any) -> Iterator[Portal]:
    """A portal in a process of its own over `BLOCKS` synthetic blocks."""
    drop_database(server, NAME)
    url = create_database(server, NAME)
    fill_database(url, BLOCKS, 7, "a test")
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SERVE, url, str(port)])
    portal = Portal(f"http://127.0.0.1:{port}", process.pid)
    try:
        wait_for(portal)
        yield portal
    finally:
        process.terminate()
        process.wait(20)
        drop_database(server, NAME)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def wait_for(portal: Portal) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx2.get(f"{portal.address}/readyz").status_code == 200:
                return
        except httpx2.TransportError:
            pass
        time.sleep(0.2)
    raise TimeoutError("The portal did not start.")


@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending != "kml"])
def test_ten_times_the_rows_need_no_more_memory(large: Portal, ending: str) -> None:
    """60 MB beside what 6,000 rows need: the whole selection has over 100 MB as text."""
    page = httpx2.get(f"{large.address}/api/collections/blocks/items", params={"limit": "1", "offset": str(PART)})
    last = page.json()["features"][0]["id"]
    fewer, small = large.fetch(f"blocks.{ending}", filter=f"id < '{last}'", sortby="id")
    large.forget_peak()
    large.fetch(f"blocks.{ending}", filter=f"id < '{last}'", sortby="id")
    before = large.peak_mb()
    rows, size = large.fetch(f"blocks.{ending}")
    assert rows == BLOCKS and fewer < BLOCKS / 5 and size > 5 * small
    assert large.peak_mb() < before + 60


def test_a_format_that_takes_memory_says_how_many_rows_it_holds(large: Portal) -> None:
    answer = httpx2.get(f"{large.address}/download/blocks.kml")
    assert answer.status_code == 413
    assert "60,000 rows are more than the 25,000 of KML; take gpkg" in answer.json()["detail"]
