"""The very same file a second time: known by its bytes, unless something that it rests on has changed."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from datafiles import Folder, a_port
from sqlalchemy import Engine

from app.ingest import repeats
from app.ingest.imports import Options, Outcome, import_file
from app.ingest.load import load
from app.ingest.undo import revert
from app.settings import PROJECT_ROOT


@pytest.fixture
def filled(database: Engine, tmp_path: Path) -> Engine:
    """A database with the real vocabulary and states."""
    folder = Folder(tmp_path / "data")
    for name in ("minerals.json", "mineral-terms.json", "states.geojson"):
        shutil.copy(PROJECT_ROOT / "data/geojson" / name, folder.path / name)
    load(database, folder.path)
    return database


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ports.geojson"
    write(path, "Paradip", "Dhamra")
    return path


def write(path: Path, *names: str) -> None:
    features = [a_port(name.lower(), 86.6 + place / 10, 20.3) for place, name in enumerate(names)]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def bring(engine: Engine, file: Path, **options: Any) -> Outcome:
    return import_file(engine, "ports", str(file), Options(who="tests", **options), lambda done, total: None)


def test_the_same_file_is_known_at_once(filled: Engine, file: Path) -> None:
    first, second, third = bring(filled, file), bring(filled, file), bring(filled, file)
    assert (first.counts.new, first.revision, first.is_repeat) == (2, 2, False)
    for again in (second, third):
        assert (again.is_repeat, again.revision, again.counts.unchanged, again.rows) == (True, None, 2, 2)


def test_one_byte_more_is_another_file(filled: Engine, file: Path) -> None:
    bring(filled, file)
    file.write_text(file.read_text() + "\n")
    again = bring(filled, file)
    assert (again.is_repeat, again.revision, again.counts.unchanged) == (False, None, 2)
    assert bring(filled, file).is_repeat


def test_a_part_beside_it_is_part_of_it(filled: Engine, file: Path) -> None:
    bring(filled, file)
    file.with_suffix(".cpg").write_text("UTF-8")
    assert not bring(filled, file).is_repeat


@pytest.mark.parametrize("option", [{"replaces": True}, {"datum": "EPSG:4326"}, {"anew": True}, {"dry_run": True}])
def test_other_options_look_at_each_row(filled: Engine, file: Path, option: dict[str, Any]) -> None:
    bring(filled, file)
    again = bring(filled, file, **option)
    assert (again.is_repeat, again.counts.unchanged) == (False, 2)


def test_another_mapping_looks_at_each_row(filled: Engine, file: Path, tmp_path: Path) -> None:
    mapping = tmp_path / "own.toml"
    mapping.write_text('title = "Own"\ncollection = "ports"\n')
    bring(filled, file, mapping=str(mapping))
    assert bring(filled, file, mapping=str(mapping)).is_repeat
    mapping.write_text('title = "Own, again"\ncollection = "ports"\n')
    assert not bring(filled, file, mapping=str(mapping)).is_repeat


def test_a_publication_between_looks_at_each_row(filled: Engine, file: Path) -> None:
    first = bring(filled, file)
    assert first.revision
    revert(filled, first.revision, "tests")
    again = bring(filled, file)
    assert (again.is_repeat, again.counts.new, again.revision) == (False, 2, 4)


def test_other_code_looks_at_each_row(filled: Engine, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(filled, file)
    monkeypatch.setattr(repeats, "__version__", "another")
    assert not bring(filled, file).is_repeat


def test_a_file_with_errors_is_looked_at_again(filled: Engine, file: Path) -> None:
    broken = json.loads(file.read_text())
    broken["features"][1]["properties"]["name"] = None
    file.write_text(json.dumps(broken))
    for _ in range(2):
        outcome = bring(filled, file)
        assert (outcome.is_repeat, len(outcome.bad_rows), outcome.revision) == (False, 1, None)
    for _ in range(2):
        outcome = bring(filled, file, skip_bad=True)
        assert (outcome.is_repeat, len(outcome.bad_rows)) == (False, 1)
