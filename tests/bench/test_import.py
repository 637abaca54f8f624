"""How long an import of very many blocks takes, with its checks, comparison and history, beside GDAL's bare load of the
same file into the same server. Run by `make bench ARGS="-k import"`; `KHANIJ_BENCH_BLOCKS` sets how many blocks.

Nothing here passes or fails by a time; times, ratios and the peak memory of each go to the terminal.
"""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import new_database
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.db import make_engine
from app.ingest.load import load
from app.migrate import migrate
from app.models import Block, Revision
from app.settings import Settings

BLOCKS = int(os.environ.get("KHANIJ_BENCH_BLOCKS", "1000000"))
ROUNDS = 3


class Ran(NamedTuple):
    seconds: float
    peak_mb: float


def run(*command: str | Path, **environment: str) -> Ran:
    """Wall-clock time of a command that must succeed, and the its peak memory."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.DEVNULL)
    # Of the program itself: the peak that wait4 tells may be that of this process, from before it became another.
    status, peak_kb = Path(f"/proc/{process.pid}/status"), 0
    while process.poll() is None:
        with contextlib.suppress(OSError):
            peak_kb = max([peak_kb, *(int(n) for n in re.findall(r"VmHWM:\s+(\d+)", status.read_text()))])
        time.sleep(0.05)
    assert process.returncode == 0, command
    return Ran(time.perf_counter() - start, peak_kb / 1000)


@pytest.fixture(scope="module")
def file(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("synthetic") / "blocks.fgb"
    run(Path(sys.executable).parent / "khanij", "synth", "--blocks", str(BLOCKS), "--out", path)
    return path


@pytest.fixture(scope="module")
def copied(file) -> Path:
    """The same records in a file whose digest says nothing."""
    made = file.with_suffix(".gpkg")
    run("ogr2ogr", "-f", "GPKG", made, file)
    return made


@pytest.fixture
def import_url(server):
    """A database with the project's own catalogue, for one round."""
    for url in new_database(server, "bench_import"):
        engine = make_engine(url)
        migrate(engine)
        load(engine, Settings().data_dir)
        engine.dispose()
        yield url


@pytest.fixture(scope="module")
def table():
    table = Table(title=f"{BLOCKS:,} blocks")
    for heading in ("round", "what", "s", "× ogr2ogr", "MB"):
        table.add_column(heading, justify="left" if heading == "what" else "right")
    yield table
    Console(width=110).print(table)


@pytest.mark.parametrize("number", range(ROUNDS))
def test_import(file, copied, import_url, table, number):
    khanij = Path(sys.executable).parent / "khanij"
    plain = import_url.replace("+psycopg", "")
    bare = run(*("ogr2ogr", "-f", "PostgreSQL", "--config", "PG_USE_COPY", "YES", "-nln", "bare", f"PG:{plain}"), file)
    runs = {
        "ogr2ogr with COPY, nothing else": bare,
        "khanij import": run(khanij, "import", "blocks", file, DATABASE_URL=plain),
        "the same file again, known by its digest": run(khanij, "import", "blocks", file, DATABASE_URL=plain),
        "the same blocks of another file, compared": run(khanij, "import", "blocks", copied, DATABASE_URL=plain),
    }
    for what, ran in runs.items():
        share = ran.seconds / bare.seconds
        table.add_row(str(number + 1), what, f"{ran.seconds:.1f}", f"{share:.2f}", f"{ran.peak_mb:.0f}")
    engine = make_engine(import_url)
    with Session(engine) as session:
        count = session.scalar(select(func.count()).select_from(Block).where(Block.name.like("Synthetic%")))
        assert count == BLOCKS
        assert session.scalar(select(func.max(Revision.number))) == 2, "one import is a revision, the others none"
    engine.dispose()
