"""How fast the portal is beside TiPg and pygeoapi on the same table, and beside PostgreSQL and FastAPI alone.

Run by `make bench ARGS="-k speed"`. All are driven in turn, round by round, in one run; medians and ratios go to
RESULTS.md beside this file. `KHANIJ_BENCH_BLOCKS` (1000000), `KHANIJ_BENCH_SIZES` for growth (10000,1000000),
`KHANIJ_BENCH_SECONDS` a measure (4) and `KHANIJ_BENCH_ROUNDS` (3) say how much. The databases are kept between runs:
`khanij_bench_…` of the project's own cluster. Nothing here passes or fails by a time.
"""

from __future__ import annotations

import contextlib
import os
import platform
import re
import statistics
import subprocess
import time
from pathlib import Path
from typing import NamedTuple
from urllib.request import urlopen

import peers
import questions
from psycopg.errors import DuplicateDatabase
from sqlalchemy import Engine, func, make_url, select
from sqlalchemy.dialects import postgresql

from app.catalogue import COLLECTIONS, view_of
from app.cluster import create_database, ensure_running
from app.db import make_engine
from app.filters import where
from app.ingest.synth.database import fill_database
from app.migrate import migrate
from app.queries.items import feature_text
from app.settings import PROJECT_ROOT
from app.values import BBox, Page, Selection

BLOCKS = int(os.environ.get("KHANIJ_BENCH_BLOCKS", "1000000"))
SIZES = [int(n) for n in os.environ.get("KHANIJ_BENCH_SIZES", "10000,1000000").split(",")]
SECONDS = float(os.environ.get("KHANIJ_BENCH_SECONDS", "4"))
ROUNDS = int(os.environ.get("KHANIJ_BENCH_ROUNDS", "3"))
FIRST_PORT = int(os.environ.get("KHANIJ_BENCH_PORT", "8100"))
RESULTS = Path(__file__).with_name("RESULTS.md")
CONNECTIONS = 8
CORES = len(os.sched_getaffinity(0))


class Measured(NamedTuple):
    per_second: float
    refused: int
    broken: int
    median_ms: float
    p95_ms: float
    bytes_each: float


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
    engine.dispose()
    if there != blocks:
        fill_database(url, blocks, 1, "bench")
    return url


def drive(port: int, paths: list[str], folder: Path, tag: str | None = None) -> Measured:
    """Eight connections for some seconds."""
    file = folder / "paths"
    file.write_text("\n".join(paths) + "\n")
    environment = {"KHANIJ_BENCH_PATHS": str(file)} | ({"KHANIJ_BENCH_TAG": tag} if tag else {})
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{SECONDS:g}s", "--timeout", "30s", "-s"]
    command += [str(Path(__file__).with_name("wrk.lua")), f"http://127.0.0.1:{port}"]
    said = subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True).stdout
    numbers = re.search(r"KHANIJ (.+)", said)
    assert numbers, said
    rate, refused, broken, median, p95, size = map(float, numbers[1].split())
    return Measured(rate, int(refused), int(broken), median, p95, size)


def warm(port: int, paths: list[str]) -> None:
    """Ask for each address often enough that every process has answered it."""
    for path in paths * (3 * CORES):
        with contextlib.suppress(OSError), urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            answer.read()


def drive_database(url: str, boxes: list[questions.Box], folder: Path) -> Measured:
    """PostgreSQL alone: the portal's own SQL of a page by box and of its exact count, prepared, without a network."""
    view = view_of(COLLECTIONS["blocks"])
    files = []
    for number, box in enumerate(boxes[:100]):
        selected = where(view, Selection(bbox=BBox(*box)))
        page = feature_text(view, selected, Page(limit=101))
        count = select(func.count()).select_from(view.rows).where(selected)
        compiled = [
            str(s.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})) for s in (page, count)
        ]
        file = folder / f"page{number}.sql"
        file.write_text("".join(" ".join(sql.replace("%%", "%").split()) + ";\n" for sql in compiled))
        files += ["-f", str(file)]
    found = subprocess.run(["bash", "-c", "ls /usr/lib/postgresql/*/bin/pgbench"], capture_output=True, text=True)
    tool = found.stdout.split()[0]
    command = [tool, "-n", "-M", "prepared", f"-c{CONNECTIONS}", f"-j{CORES}", f"-T{max(1, round(SECONDS))}", *files]
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
            total += int(re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{each}/smaps_rollup").read_text(), re.M)[1])
    return total / 1000


def describe_machine(engine: Engine) -> str:
    model = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", Path("/proc/meminfo").read_text())
    with engine.connect() as connection:
        postgres = connection.exec_driver_sql("SELECT version(), PostGIS_Lib_Version()").one()
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True).stdout.strip()
    gigabytes = int(memory[1]) // 1_000_000 if memory else 0
    return (
        f"{CORES} cores of {model[1] if model else platform.processor()}, {gigabytes} GB; "
        f"{postgres[0].split(' on ')[0]}, PostGIS {postgres[1]}; Python {platform.python_version()}; commit {commit}; "
        f"load before: {os.getloadavg()[0]:.1f}. All servers with {CORES} processes and the load generator share these "
        f"cores; {CONNECTIONS} connections, {ROUNDS} rounds of {SECONDS:g} s, interleaved; medians."
    )


def test_speed(tmp_path):
    url = database(BLOCKS)
    engine = make_engine(url)
    machine = describe_machine(engine)
    ids = questions.some_ids(engine, 20_000)
    boxes = questions.boxes(engine, ids[:200])
    ports = {"portal": FIRST_PORT, "tipg": FIRST_PORT + 1, "pygeoapi": FIRST_PORT + 2, "fixed": FIRST_PORT + 3}
    lines = [f"## {time.strftime('%Y-%m-%d %H:%M')} · {BLOCKS:,} blocks", "", machine, ""]
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(peers.portal(url, ports["portal"]))
        page = questions.by_box("portal", boxes, 1)[0]
        with urlopen(f"http://127.0.0.1:{ports['portal']}{page}") as answer:
            body, tag = answer.read(), answer.headers["ETag"]
        (tmp_path / "body").write_bytes(body)
        stack.enter_context(peers.fixed(tmp_path / "body", ports["fixed"], CORES))
        stack.enter_context(peers.tipg(url, ports["tipg"], CORES))
        stack.enter_context(peers.pygeoapi(url, ports["pygeoapi"], CORES, tmp_path))
        asked: dict[str, dict[str, list[str]]] = {
            "page by box, nothing kept": {s: questions.by_box(s, boxes) for s in questions.ITEMS},
            "page by mineral and state": {s: questions.by_words(s) for s in questions.ITEMS},
            "CQL2 of three terms": {s: questions.by_cql(s) for s in ("portal", "tipg")},
            "first page": {s: questions.by_page(s, 1) for s in ("portal", "tipg")},
            "5,000th page": {s: questions.by_page(s, 5000 * BLOCKS // 1_000_000) for s in ("portal", "tipg")},
            "one item": {s: questions.items(s, ids) for s in questions.ITEMS},
            "the same page again": {"portal": [page], "fixed": ["/"]},
            "conditional request": {"portal": [page], "fixed": ["/"]},
            "facets": {"portal": questions.facets()},
            "search as typed": {"portal": questions.typed()},
        }
        asked |= {
            f"tile z{zoom}, warm": {s: questions.tiles(s, boxes, zoom)[:20] for s in ("portal", "tipg")}
            for zoom in (4, 6, 8, 10, 12)
        }
        lines += tiles_cold(ports, boxes)
        for what, servers in asked.items():
            if what.endswith(("warm", "again")):
                for server, paths in servers.items():
                    warm(ports[server], paths)
        took: dict[tuple[str, str], list[Measured]] = {}
        for _ in range(ROUNDS):
            took.setdefault(("page by box, nothing kept", "pgbench"), []).append(drive_database(url, boxes, tmp_path))
            for what, servers in asked.items():
                for server, paths in servers.items():
                    known = tag if what == "conditional request" and server == "portal" else None
                    took.setdefault((what, server), []).append(drive(ports[server], paths, tmp_path, known))
        lines += table(took)
        print("\n".join(lines), flush=True)
        lines += ["", f"Memory of the portal after this: {memory_mb(process):.0f} MB (PSS, all processes).", ""]
        lines += downloads(ports["portal"], process, url, tmp_path)
    engine.dispose()
    lines += growth(tmp_path)
    text = "\n".join(lines) + "\n"
    head, _, earlier = (RESULTS.read_text() if RESULTS.exists() else "# Results of `make bench`\n\n").partition("## ")
    RESULTS.write_text(f"{head}{text}{'## ' if earlier else ''}{earlier}")
    print(text)


def table(took: dict[tuple[str, str], list[Measured]]) -> list[str]:
    lines = ["| what | server | a second | portal is × | median ms | p95 ms | kB each | refused |"]
    lines.append("|---|---|---:|---:|---:|---:|---:|---:|")
    middle = {key: Measured(*map(statistics.median, zip(*found, strict=True))) for key, found in took.items()}
    for (what, server), m in sorted(
        middle.items(), key=lambda item: list(dict.fromkeys(k[0] for k in middle)).index(item[0][0])
    ):
        own = middle.get((what, "portal"))
        ratio = f"{own.per_second / m.per_second:.2f}" if own and m.per_second and server != "portal" else ""
        lines.append(
            f"| {what} | {server} | {m.per_second:,.0f} | {ratio} | {m.median_ms:.1f} | {m.p95_ms:.1f} | "
            f"{m.bytes_each / 1000:.1f} | {m.refused:.0f} |"
        )
    return lines


def tiles_cold(ports: dict[str, int], boxes: list[questions.Box]) -> list[str]:
    """Each tile once, one after the other."""
    lines = ["| tiles once each | server | tiles | median ms | p95 ms | largest kB |", "|---|---|---:|---:|---:|---:|"]
    for zoom in range(0, 15, 2):
        for server in ("portal", "tipg"):
            times, sizes = [], [0]
            until = time.monotonic() + 10
            for path in questions.tiles(server, boxes, zoom)[:60]:
                start = time.perf_counter()
                with (
                    contextlib.suppress(OSError),
                    urlopen(f"http://127.0.0.1:{ports[server]}{path}", timeout=60) as got,
                ):
                    sizes.append(len(got.read()))
                    times.append((time.perf_counter() - start) * 1000)
                if time.monotonic() > until:
                    break
            if times:
                p95 = sorted(times)[min(len(times) - 1, int(len(times) * 0.95))]
                figures = f"{len(times)} | {statistics.median(times):.0f} | {p95:.0f} | {max(sizes) / 1000:.0f}"
                lines.append(f"| z{zoom} | {server} | {figures} |")
    return [*lines, ""]


def downloads(port: int, process: int, url: str, folder: Path) -> list[str]:
    """The whole catalogue as files, beside ogr2ogr from the same table; times in turn, once each."""
    lines = [
        "| download of all | portal s | ogr2ogr s | portal is × | portal's memory MB |",
        "|---|---:|---:|---:|---:|",
    ]
    names = {"geojson": "GeoJSON", "fgb": "FlatGeobuf", "csv": "CSV"}
    for ending, driver in names.items():
        start = time.perf_counter()
        target = folder / f"portal.{ending}"
        subprocess.run(["curl", "-sf", "-o", target, f"http://127.0.0.1:{port}/download/blocks.{ending}"], check=True)
        own, memory = time.perf_counter() - start, memory_mb(process)
        start = time.perf_counter()
        command = ["ogr2ogr", "-f", driver, folder / f"ogr.{ending}", f"PG:{url.replace('+psycopg', '')}", "block"]
        done = subprocess.run(command, capture_output=True)
        other = time.perf_counter() - start
        figures = f"{other:.1f} | {other / own:.2f}" if done.returncode == 0 else "fails | "
        lines.append(f"| {driver} | {own:.1f} | {figures} | {memory:.0f} |")
    return [*lines, ""]


def growth(folder: Path) -> list[str]:
    """The same questions at several sizes."""
    lines = ["| growth, median ms | " + " | ".join(f"{n:,}" for n in SIZES) + " | last is × first |"]
    lines.append("|---|" + "---:|" * (len(SIZES) + 1))
    found: dict[str, list[float]] = {}
    for size in SIZES:
        url = database(size)
        engine = make_engine(url)
        ids = questions.some_ids(engine, 20_000)
        boxes = questions.boxes(engine, ids[:100])
        engine.dispose()
        with peers.portal(url, FIRST_PORT + 5, ANSWERS_MB="0"):
            for what, paths in {
                "page of a box of 250": questions.by_box("portal", boxes),
                "one item": questions.items("portal", ids),
                "search as typed": questions.typed(),
                "tile z10": questions.tiles("portal", boxes, 10),
            }.items():
                measured = [drive(FIRST_PORT + 5, paths, folder).median_ms for _ in range(ROUNDS)]
                found.setdefault(what, []).append(statistics.median(measured))
    for what, times in found.items():
        ratio = f"{times[-1] / times[0]:.2f}" if times[0] else "none came back in time"
        lines.append(f"| {what} | " + " | ".join(f"{t:.2f}" for t in times) + f" | {ratio} |")
    return [*lines, ""]
