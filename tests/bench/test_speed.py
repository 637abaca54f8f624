"""How fast the portal is beside TiPg and pygeoapi on the same table, and beside PostgreSQL and FastAPI alone.

Run by `make bench ARGS="-k speed"`, or in a third of the time by `make bench ARGS="-k quick"`. All are driven in turn,
round by round, in one run; medians and ratios go to RESULTS.md beside this file. `KHANIJ_BENCH_BLOCKS` (1000000) and
`KHANIJ_BENCH_SIZES` for growth (10000,1000000) say how much. The databases are kept between runs: `khanij_bench_…` of
the project's own cluster. Nothing here passes or fails by a time.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import time
from pathlib import Path
from urllib.request import urlopen

import peers
import questions
from measuring import (
    CORES,
    Length,
    Measured,
    database,
    describe_machine,
    drive,
    drive_database,
    median_of,
    memory_mb,
    settle,
    statements_of,
    warm,
)

from app.db import make_engine

BLOCKS = int(os.environ.get("KHANIJ_BENCH_BLOCKS", "1000000"))
SIZES = [int(n) for n in os.environ.get("KHANIJ_BENCH_SIZES", "10000,1000000").split(",")]
FIRST_PORT = int(os.environ.get("KHANIJ_BENCH_PORT", "8100"))
RESULTS = Path(__file__).with_name("RESULTS.md")
BY_BOX = "page by box, nothing kept"
ZOOMS = (4, 6, 8, 10, 12)
Took = dict[tuple[str, str], list[Measured]]


def test_speed(tmp_path):
    run(tmp_path, Length(seconds=4, rounds=3, cold_seconds=10))


def run(folder: Path, length: Length) -> None:
    """Measure everything and write it down."""
    url = database(BLOCKS)
    engine = make_engine(url)
    lines = [f"## {time.strftime('%Y-%m-%d %H:%M')} · {BLOCKS:,} blocks", "", describe_machine(engine, length), ""]
    ids = questions.some_ids(engine, 20_000)
    boxes = questions.boxes(engine, ids[:200])
    scripts = statements_of(url, questions.by_box("portal", boxes, 1)[:100])
    ports = {"portal": FIRST_PORT, "tipg": FIRST_PORT + 1, "pygeoapi": FIRST_PORT + 2, "fixed": FIRST_PORT + 3}
    with contextlib.ExitStack() as stack:
        process = stack.enter_context(peers.portal(url, ports["portal"]))
        page = questions.by_box("portal", boxes, 1)[0]
        with urlopen(f"http://127.0.0.1:{ports['portal']}{page}") as answer:
            body, tag = answer.read(), answer.headers["ETag"]
        (folder / "body").write_bytes(body)
        stack.enter_context(peers.fixed(folder / "body", ports["fixed"], CORES))
        stack.enter_context(peers.tipg(url, ports["tipg"], CORES))
        stack.enter_context(peers.pygeoapi(url, ports["pygeoapi"], CORES, folder))
        lines += tiles_cold(ports, boxes, length)
        asked = addresses(boxes, ids, page)
        for what, servers in asked.items():
            for server, paths in servers.items():
                # Of the others only what is made once for all: other addresses than those that are measured. The peers
                # keep no answers.
                keeps = server == "portal" and what.endswith(("warm", "again"))
                warm(ports[server], paths if keeps else paths[-1:])
        took: Took = {}
        for _ in range(length.rounds):
            settle(engine)
            found = drive_database(url, scripts, folder, length.seconds)
            took.setdefault((BY_BOX, "pgbench"), []).append(found)
            for what, servers in asked.items():
                for server, paths in servers.items():
                    known = tag if what == "conditional request" and server == "portal" else None
                    settle(engine)
                    measured = drive(ports[server], paths, folder, length.seconds, known)
                    took.setdefault((what, server), []).append(measured)
        lines += [*table(took), "", f"Memory of the portal after this: {memory_mb(process):.0f} MB (PSS, all).", ""]
        print("\n".join(lines), flush=True)
        engine.dispose()
        lines += downloads(ports["portal"], process, url, folder, length)
    lines += growth(folder, length)
    text = "\n".join(lines) + "\n"
    head, _, earlier = (RESULTS.read_text() if RESULTS.exists() else "# Results of `make bench`\n\n").partition("## ")
    RESULTS.write_text(f"{head}{text}{'## ' if earlier else ''}{earlier}")
    print(text)


def addresses(boxes: list[questions.Box], ids: list[str], page: str) -> dict[str, dict[str, list[str]]]:
    """What is asked of which server."""
    peers_too = ("portal", "tipg")
    deep = 5000 * BLOCKS // 1_000_000
    asked: dict[str, dict[str, list[str]]] = {
        BY_BOX: {s: questions.by_box(s, boxes) for s in questions.ITEMS},
        "page by mineral and state": {s: questions.by_words(s) for s in questions.ITEMS},
        "CQL2 of three terms": {s: questions.by_cql(s) for s in peers_too},
        "first page": {s: questions.by_page(s, 1) for s in peers_too},
        f"{deep:,}th page": {s: questions.by_page(s, deep) for s in peers_too},
        "one item": {s: questions.items(s, ids) for s in questions.ITEMS},
        "the same page again": {"portal": [page], "fixed": ["/"]},
        "conditional request": {"portal": [page], "fixed": ["/"]},
        "facets": {"portal": questions.facets()},
        "search as typed": {"portal": questions.typed()},
    }
    return asked | {
        f"tile z{zoom}, warm": {s: questions.tiles(s, boxes, zoom)[:20] for s in peers_too} for zoom in ZOOMS
    }


def table(took: Took) -> list[str]:
    lines = ["| what | server | a second | portal is × | median ms | p95 ms | kB each | refused |"]
    lines.append("|---|---|---:|---:|---:|---:|---:|---:|")
    middle = {key: median_of(found) for key, found in took.items()}
    kinds = list(dict.fromkeys(what for what, _ in middle))
    for (what, server), m in sorted(middle.items(), key=lambda item: kinds.index(item[0][0])):
        own = middle.get((what, "portal"))
        ratio = f"{own.per_second / m.per_second:.2f}" if own and m.per_second and server != "portal" else ""
        lines.append(
            f"| {what} | {server} | {m.per_second:,.0f} | {ratio} | {m.median_ms:.1f} | {m.p95_ms:.1f} | "
            f"{m.bytes_each / 1000:.1f} | {m.refused:.0f} |"
        )
    return lines


def tiles_cold(ports: dict[str, int], boxes: list[questions.Box], length: Length) -> list[str]:
    """Each tile once, one after the other; the first of all also pays for what is made once for a revision."""
    lines = ["| tiles once each | server | tiles | median ms | p95 ms | largest kB |", "|---|---|---:|---:|---:|---:|"]
    for zoom in range(0, 15, 2):
        for server in ("portal", "tipg"):
            times, sizes = [], [0]
            until = time.monotonic() + length.cold_seconds
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


def downloads(port: int, process: int, url: str, folder: Path, length: Length) -> list[str]:
    """The whole catalogue as files, beside ogr2ogr from the same table; times in turn, once each."""
    lines = [
        "| download of all | portal s | ogr2ogr s | portal is × | portal's memory MB |",
        "|---|---:|---:|---:|---:|",
    ]
    names = {"geojson": "GeoJSON", "fgb": "FlatGeobuf", "csv": "CSV"}
    for ending in length.downloads:
        driver = names[ending]
        start = time.perf_counter()
        target = folder / f"portal.{ending}"
        subprocess.run(["curl", "-sf", "-o", target, f"http://127.0.0.1:{port}/download/blocks.{ending}"], check=True)
        own, memory = time.perf_counter() - start, memory_mb(process)
        start = time.perf_counter()
        made = folder / f"ogr.{ending}"
        command = ["ogr2ogr", "-f", driver, made, f"PG:{url.replace('+psycopg', '')}", "block"]
        done = subprocess.run(command, capture_output=True)
        other = time.perf_counter() - start
        figures = f"{other:.1f} | {other / own:.2f}" if done.returncode == 0 else "fails | "
        lines.append(f"| {driver} | {own:.1f} | {figures} | {memory:.0f} |")
        for file in (target, made):
            file.unlink(missing_ok=True)
    return [*lines, ""]


def growth(folder: Path, length: Length) -> list[str]:
    """The same questions at several sizes, the sizes in turn."""
    lines = ["| growth, median ms | " + " | ".join(f"{n:,}" for n in SIZES) + " | last is × first |"]
    lines.append("|---|" + "---:|" * (len(SIZES) + 1))
    found: dict[tuple[str, int], list[float]] = {}
    with contextlib.ExitStack() as stack:
        asked = {}
        for place, size in enumerate(SIZES):
            url = database(size)
            engine = make_engine(url)
            ids = questions.some_ids(engine, 20_000)
            boxes = questions.boxes(engine, ids[:100])
            engine.dispose()
            stack.enter_context(peers.portal(url, FIRST_PORT + 5 + place, ANSWERS_MB="0"))
            asked[size] = {
                "page of a box of 250": questions.by_box("portal", boxes),
                "one item": questions.items("portal", ids),
                "search as typed": questions.typed(),
                "tile z10": questions.tiles("portal", boxes, 10),
            }
            for paths in asked[size].values():
                warm(FIRST_PORT + 5 + place, paths[:3])
        for _ in range(length.rounds):
            for what in asked[SIZES[0]]:
                for place, size in enumerate(SIZES):
                    measured = drive(FIRST_PORT + 5 + place, asked[size][what], folder, length.seconds)
                    found.setdefault((what, size), []).append(measured.median_ms)
    for what in asked[SIZES[0]]:
        times = [statistics.median(found[what, size]) for size in SIZES]
        ratio = f"{times[-1] / times[0]:.2f}" if times[0] else "none came back in time"
        lines.append(f"| {what} | " + " | ".join(f"{t:.2f}" for t in times) + f" | {ratio} |")
    return [*lines, ""]
