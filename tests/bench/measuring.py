"""How servers are measured: the load generator, PostgreSQL alone, memory, the machine."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import statistics
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import psycopg
from fastapi.testclient import TestClient
from psycopg.errors import DuplicateDatabase
from sqlalchemy import Engine, event, func, make_url, select, text

from app.catalogue import COLLECTIONS
from app.cluster import create_database, ensure_running
from app.db import make_engine
from app.ingest.synth.database import fill_database
from app.ingest.texts import finish_texts, is_all_kept
from app.main import create_app
from app.migrate import migrate
from app.settings import PROJECT_ROOT, Settings

CONNECTIONS = 8
CORES = len(os.sched_getaffinity(0))


class Length(NamedTuple):
    """How long things are measured."""

    seconds: float  # a measure
    rounds: int
    cold_seconds: float  # for tiles of one zoom, asked one after the other
    downloads: tuple[str, ...] = ("geojson", "fgb", "csv")


class Measured(NamedTuple):
    per_second: float
    refused: int
    broken: int
    median_ms: float
    p95_ms: float
    bytes_each: float


def median_of(found: Sequence[Measured]) -> Measured:
    return Measured(*map(statistics.median, zip(*found, strict=True)))


def database(blocks: int) -> str:
    """The address of the database of so many synthetic blocks, which is made where it is not there."""
    own = ensure_running(PROJECT_ROOT)
    name = f"khanij_bench_{blocks}"
    with contextlib.suppress(DuplicateDatabase):
        create_database(PROJECT_ROOT, name)
    url = make_url(own).set(database=name).render_as_string(hide_password=False)
    engine = make_engine(url)
    migrate(engine)
    with engine.connect() as connection:
        there = connection.scalar(select(func.count()).select_from(COLLECTIONS["blocks"].table))
    if there != blocks:
        fill_database(url, blocks, 1, "bench")
    elif not is_all_kept(engine):
        for _ in finish_texts(engine):
            pass
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
    return url


def drive(port: int, paths: Sequence[str], folder: Path, seconds: float, tag: str | None = None) -> Measured:
    """Eight connections for some seconds."""
    file = folder / "paths"
    file.write_text("\n".join(paths) + "\n")
    environment = {"KHANIJ_BENCH_PATHS": str(file)} | ({"KHANIJ_BENCH_TAG": tag} if tag else {})
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--timeout", "30s", "-s"]
    command += [str(Path(__file__).with_name("wrk.lua")), f"http://127.0.0.1:{port}"]
    said = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True).stdout
    numbers = re.search(r"KHANIJ (.+)", said)
    assert numbers, said
    rate, refused, broken, median, p95, size = map(float, numbers[1].split())
    return Measured(rate, int(refused), int(broken), median, p95, size)


def warm(port: int, paths: Sequence[str]) -> None:
    """Ask for each address often enough that every process has answered it."""
    for path in [*paths] * (3 * CORES):
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            answer.read()


def settle(engine: Engine) -> None:
    """Wait for what the database still does for readers who have left: it is not to slow down the next measure."""
    running = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' "
        "AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + 20
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        while connection.scalar(running) and time.monotonic() < until:
            time.sleep(0.05)


def statements_of(url: str, paths: Sequence[str]) -> list[str]:
    """What the portal asks of the table of blocks for each address: its own statements with their values, as SQL."""
    app = create_app(Settings(answers_mb=0), url)
    said: list[tuple[str, object]] = []

    def note(connection: object, cursor: object, statement: str, values: object, context: object, many: bool) -> None:
        if "block" in statement:
            said.append((statement, values))

    found = []
    with TestClient(app) as client, psycopg.connect(url.replace("+psycopg", "")) as connection:
        client.get(paths[0])  # what is asked once for each revision
        event.listen(app.state.engine, "before_cursor_execute", note)
        cursor = psycopg.ClientCursor(connection)
        for path in paths:
            said.clear()
            assert client.get(path).status_code == 200
            lines = [" ".join(cursor.mogrify(statement, values).split()) for statement, values in said]
            found.append("".join(f"{line};\n" for line in lines))
    return found


def drive_database(url: str, scripts: Sequence[str], folder: Path, seconds: float) -> Measured:
    """PostgreSQL alone with the same SQL, prepared, without a network."""
    files = []
    for number, script in enumerate(scripts):
        file = folder / f"page{number}.sql"
        file.write_text(script)
        files += ["-f", str(file)]
    found = subprocess.run(["bash", "-c", "ls /usr/lib/postgresql/*/bin/pgbench"], capture_output=True, text=True)
    tool = found.stdout.split()[0]
    command = [tool, "-n", "-M", "prepared", f"-c{CONNECTIONS}", f"-j{CORES}", f"-T{max(1, round(seconds))}", *files]
    said = subprocess.run([*command, url.replace("+psycopg", "")], capture_output=True, text=True)
    assert said.returncode == 0, said.stderr[-500:]
    # At the beginning of a line: that of all scripts together.
    rate = float(re.findall(r"^tps = ([\d.]+)", said.stdout, re.M)[0])
    latency = float(re.findall(r"latency average = ([\d.]+)", said.stdout)[0])
    return Measured(rate, 0, 0, latency, float("nan"), 0)


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children, what they share counted once (PSS)."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    total = 0
    for each in [str(pid), *children]:
        with contextlib.suppress(OSError):
            told = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{each}/smaps_rollup").read_text(), re.M)
            total += int(told[1]) if told else 0
    return total / 1000


def busy_share(seconds: float = 1.0) -> float:
    """The share of the cores that other work takes, as it is now."""

    def read() -> tuple[int, int]:
        numbers = [int(word) for word in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
        return sum(numbers), numbers[3] + numbers[4]

    before = read()
    time.sleep(seconds)
    after = read()
    return 1 - (after[1] - before[1]) / max(1, after[0] - before[0])


def describe_machine(engine: Engine, length: Length) -> str:
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    with engine.connect() as connection:
        postgres = connection.exec_driver_sql("SELECT version(), PostGIS_Lib_Version()").one()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    gigabytes = int(memory[1]) // 1_000_000 if memory else 0
    return (
        f"{CORES} cores of {model[1] if model else platform.processor()}, {gigabytes} GB; "
        f"{postgres[0].split(' on ')[0]}, PostGIS {postgres[1]}; Python {platform.python_version()}; commit {commit}; "
        f"before: load {os.getloadavg()[0]:.1f}, {busy_share():.0%} of the cores busy with other work. "
        f"All servers with {CORES} processes and the load generator share these cores; {CONNECTIONS} connections, "
        f"{length.rounds} rounds of {length.seconds:g} s, interleaved; medians."
    )
