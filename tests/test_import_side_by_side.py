"""Large files, which several processes convert side by side."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from datafiles import Folder
from sqlalchemy import Engine, text

from app.ingest import imports
from app.ingest.imports import Options, Outcome, import_file
from app.ingest.load import load
from app.ingest.read import LoadError
from app.ingest.synth import write_flatgeobuf
from app.settings import PROJECT_ROOT

BLOCKS = 300
CONTENT = text("SELECT count(*), md5(string_agg(to_jsonb(b)::text, ',' ORDER BY id)) FROM (SELECT * FROM block) b")
WITHOUT_TIME = text("UPDATE block SET updated_at = 'epoch'")


@pytest.fixture
def filled(database: Engine, tmp_path: Path) -> Engine:
    """A database with the real vocabulary and states, and no blocks."""
    folder = Folder(tmp_path / "data")
    for name in ("minerals.json", "mineral-terms.json", "states.geojson"):
        shutil.copy(PROJECT_ROOT / "data/geojson" / name, folder.path / name)
    load(database, folder.path)
    return database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "blocks.fgb"
    write_flatgeobuf(path, BLOCKS, seed=3)
    return path


def bring(engine: Engine, path: Path) -> Outcome:
    return import_file(engine, "blocks", str(path), Options(who="tests", anew=True), lambda *_: None)


def content(engine: Engine) -> tuple[int, str]:
    with engine.begin() as connection:
        connection.execute(WITHOUT_TIME)
        return tuple(connection.execute(CONTENT).one())  # type: ignore[return-value]


@pytest.fixture
def by_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file is a large one, on a machine of two cores."""
    monkeypatch.setattr(imports, "_LARGE", 1)
    monkeypatch.setattr(imports, "_HANDED", 40)
    monkeypatch.setattr(imports, "worker_count", lambda: 2)


def test_workers_find_and_write_what_one_process_does(filled, file, by_workers, monkeypatch):
    several = bring(filled, file)
    assert (several.counts.new, several.revision, several.rows) == (BLOCKS, 2, BLOCKS)
    before = content(filled)
    monkeypatch.setattr(imports, "_LARGE", 10**9)
    alone = bring(filled, file)
    assert alone.counts.unchanged == BLOCKS and alone.revision is None, "not a digest differs"
    assert alone.findings == several.findings and content(filled) == before


def test_a_worker_that_dies_stops_the_import(filled, file, by_workers, monkeypatch):
    monkeypatch.setattr("app.ingest.workers._START", "import sys; sys.exit(3)")
    with pytest.raises(LoadError, match="ended before it was done"):
        bring(filled, file)
    assert content(filled)[0] == 0


def test_no_process_outlives_an_import(filled, file, by_workers):
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children")
    before = children.read_text()
    bring(filled, file)
    assert children.read_text() == before


COMMAND = """
import sys
from app.cli import app
from app.queries.columns import kept

kept.MANY = 1
app(["import", "blocks", sys.argv[1]])
"""


def test_the_command_imports_and_prepares_very_many(filled, load_url, file):
    """In a process of its own, as the libraries are there that a first import loads."""
    environment = os.environ | {"DATABASE_URL": load_url.replace("+psycopg", "")}
    ran = subprocess.run(
        [sys.executable, "-c", COMMAND, str(file)], env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    with filled.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM block")) == BLOCKS
        assert connection.scalar(text("SELECT count(*) FROM prepared WHERE kind = 'columns'")) >= 1
        assert connection.scalar(text("SELECT count(*) FROM block_text")) == BLOCKS
