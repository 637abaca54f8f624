"""How the explorer answers over very many synthetic blocks: first words after a start, pages, and eight people typing.

Run by `make bench ARGS="-k typed"`. `KHANIJ_BENCH_BLOCKS` sets how many blocks are made up; `KHANIJ_BENCH_DATABASE`
names a database that `khanij synth --database-url` filled before, which is left as it is. Nothing passes or fails by a
time.
"""

from __future__ import annotations

import os
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from conftest import new_database
from rich.console import Console
from rich.table import Table

from app.ingest.synth.database import fill_database

BLOCKS = int(os.environ.get("KHANIJ_BENCH_BLOCKS", "1000000"))
USERS, ROUNDS = 8, 5
# As the search box waits for between two letters.
PAUSE_SECONDS = 0.12
FIRST_WORDS = ("graphite", "copper", "oddisha", "synthetic", "zinc jharkhand")
SHAPE = "POLYGON((83 20,85 20,85 22,83.5 22.4,83 20))"
PAGES = (
    "/",
    "/?near={lon},20&within_km=100",
    "/?near={lon},20&within_km=300",
    f"/?intersects={SHAPE}&buffer_km={{km}}",
    f"/?intersects={SHAPE}&buffer_km={{km}}&stage=G3",
    "/?mineral=graphite&state=odisha&stage=G3&area_min_ha={km}",
    "/?sortby=-area_ha&area_min_ha={km}",
    "/?sortby=-premium_percent&area_min_ha={km}",
    "/?sortby=-status_since&area_min_ha={km}",
    "/?offset=500000&area_min_ha={km}",
    "/?q=0001{km}",
)
TYPED = (
    "graphite", "graffite", "oddisha", "synthetic", "synthetic block 000123", "synthetic bidder 017", "vanadium odisha",
    "lithium G3 jharkhand", "tranche VIII", "14475", "mstc/blr/24", "zzqxv", "eastern ghats", "nickel offered",
    "20.5 84.6", "copper rajasthan",
)  # fmt: skip


@pytest.fixture(scope="module")
def database(server) -> Iterator[str]:
    if given := os.environ.get("KHANIJ_BENCH_DATABASE"):
        yield given
        return
    for url in new_database(server, "bench_typed"):
        fill_database(url, BLOCKS, 1, "bench")
        yield url


@contextmanager
def portal(database: str) -> Iterator[httpx2.Client]:
    """A process of its own, from its start."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"DATABASE_URL": database.replace("+psycopg", ""), "PORT": str(port)}
    process = subprocess.Popen(
        [Path(sys.executable).parent / "khanij", "serve"], env=environment, stdout=subprocess.DEVNULL
    )
    try:
        with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
            until = time.monotonic() + 60
            while time.monotonic() < until:
                try:
                    if client.get("/readyz").status_code == 200:
                        break
                except httpx2.TransportError:
                    pass
                time.sleep(0.05)
            yield client
    finally:
        process.terminate()
        process.wait(30)


def spent_ms(client: httpx2.Client, address: str, **query: str) -> float:
    start = time.perf_counter()
    answer = client.get(address, params=query or None)
    assert answer.status_code in (200, 303), answer.text
    return (time.perf_counter() - start) * 1000


def show(title: str, rows: list[tuple[str, ...]], *headings: str) -> None:
    table = Table(title=f"{title}; load {os.getloadavg()[0]:.1f}")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == headings[0] else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)


def test_typed_first_words(database):
    """One process for each: nothing of it was asked before, but a second after it was ready."""
    rows = []
    for word in FIRST_WORDS:
        with portal(database) as client:
            time.sleep(1)
            times = [spent_ms(client, "/api/suggestions", q=word), spent_ms(client, "/", search=word)]
            rows.append((word, *(f"{t:.0f}" for t in times)))
    show("First word after a start", rows, "word", "suggestions, ms", "search, ms")


def test_typed_pages(database):
    """Each time another question, so that nothing is remembered of it."""
    rows = []
    with portal(database) as client:
        spent_ms(client, "/")
        for address in PAGES:
            times = [spent_ms(client, address.format(lon=83 + n / 10, km=10 + n)) for n in range(ROUNDS)]
            rows.append((address[:90], f"{statistics.median(times):.0f}", f"{max(times):.0f}"))
    show(f"Pages, medians of {ROUNDS}, one reader", rows, "address", "ms", "worst")


@pytest.mark.parametrize("pause", [PAUSE_SECONDS, 0.0])
def test_typed_by_eight(database, pause):
    """Letter by letter, each user other words at a time."""
    times: list[tuple[float, str]] = []

    def type_on(client: httpx2.Client, first: int) -> None:
        with httpx2.Client(base_url=client.base_url, timeout=60) as own:
            for number in range(first, first + 6):
                text = TYPED[number * 3 % len(TYPED)]
                for end in range(1, len(text) + 1):
                    times.append((spent_ms(own, "/api/suggestions", q=text[:end]), text[:end]))
                    time.sleep(pause)

    with portal(database) as client:
        time.sleep(1)
        users = [threading.Thread(target=type_on, args=(client, number)) for number in range(USERS)]
        for user in users:
            user.start()
        for user in users:
            user.join()
    spent = sorted(t for t, _ in times)
    rows = [("p50", f"{statistics.median(spent):.0f}"), ("p95", f"{spent[int(len(spent) * 0.95)]:.0f}")]
    rows += [(f"slowest: {text}", f"{t:.0f}") for t, text in sorted(times, reverse=True)[:5]]
    show(f"{USERS} users typing, {pause} s between letters, {len(spent)} answers", rows, "", "ms")
