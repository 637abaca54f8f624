"""`khanij import`: files into a database that holds the vocabulary, the states, a dozen blocks and the ports."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import openpyxl
import pyogrio.raw
import pytest
import shapely
from conftest import SHARED, get_ids, get_json
from datafiles import Folder, a_block, a_port, dump, polygon
from fastapi.testclient import TestClient
from importing import features
from psycopg import sql
from pyproj import Transformer
from shapely.geometry import shape
from sqlalchemy import func, select, text

from app import cli
from app.catalogue import COLLECTIONS
from app.cluster import drop_database
from app.cluster.databases import _execute, _url_of
from app.db import make_engine
from app.ingest.imports import Options, Outcome, import_file
from app.ingest.load import load
from app.ingest.read import LoadError
from app.ingest.undo import rename, revert
from app.main import create_app
from app.migrate import migrate
from app.models import Revision
from app.settings import PROJECT_ROOT, Settings

SAMPLES, BOUNDARIES = SHARED / "samples", SHARED / "boundaries"
needs_samples = pytest.mark.skipif(not SAMPLES.is_dir(), reason="the folder ../shared with sample files is not there")
BLOCKS = [f for f in features("blocks") if f["geometry"]["type"] == "Polygon"][:12]
LISTS = ("aliases", "minerals", "notes", "sources", "events", "contradictions", "exploration", "access",
         "field_sources")  # fmt: skip


def fill_folder(path: Path) -> Path:
    """A folder of data files: the real vocabulary, states and ports, and a dozen of the blocks."""
    folder = Folder(path)
    for name in ("minerals.json", "mineral-terms.json", "states.geojson", "ports.geojson"):
        shutil.copy(PROJECT_ROOT / "data/geojson" / name, path / name)
    folder.features("blocks", BLOCKS)
    return path


@pytest.fixture(scope="module")
def template(server: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a database that others are copied from."""
    name = f"khanij_test_imports_template_{os.getpid()}"
    drop_database(server, name)
    _execute(server, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    engine = make_engine(_url_of(server, name))
    migrate(engine)
    assert not load(engine, fill_folder(tmp_path_factory.mktemp("imports") / "data")).refused
    engine.dispose()
    yield name
    drop_database(server, name)


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        return self.out + self.err


class Desk:
    """A database of its own and the console command on it."""

    def __init__(self, url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.url, self.engine = url, make_engine(url)
        self._capsys, self._monkeypatch = capsys, monkeypatch
        self._client: TestClient | None = None

    def run(self, *words: object) -> Said:
        """`khanij …`, as a user has it: with the sentences that the outermost function makes of errors."""
        self._monkeypatch.setenv("DATABASE_URL", self.url)
        self._monkeypatch.setattr(sys, "argv", ["khanij", *map(str, words)])
        self._capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
            sys.exit(0)
        said = self._capsys.readouterr()
        code = end.value.code or 0
        assert isinstance(code, int) and "Traceback" not in said.out + said.err
        return Said(code, said.out, said.err)

    def imports(self, collection: str, path: Path, **options: Any) -> Outcome:
        return import_file(self.engine, collection, str(path), Options(who="tests", **options), lambda *_: None)

    @property
    def client(self) -> TestClient:
        if self._client is None:
            self._client = TestClient(create_app(Settings(), self.url))
        return self._client

    @property
    def revision(self) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.max(Revision.number))) or 0

    def count(self, collection: str) -> int:
        with self.engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(COLLECTIONS[collection].table)) or 0

    def row(self, collection: str, slug: str) -> dict[str, Any]:
        table = COLLECTIONS[collection].table
        with self.engine.connect() as connection:
            return dict(connection.execute(select(table).where(table.c.id == slug)).mappings().one())

    def feature(self, collection: str, slug: str, query: str = "") -> dict[str, Any]:
        return get_json(self.client, f"/api/collections/{collection}/items/{slug}{query}")


def _new_desk(server: Any, template: str, name: str, capsys: Any, monkeypatch: Any) -> Iterator[Desk]:
    drop_database(server, name)
    names = sql.Identifier(name), sql.Identifier(template)
    _execute(server, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*names))
    desk = Desk(_url_of(server, name), capsys, monkeypatch)
    yield desk
    desk.engine.dispose()
    drop_database(server, name)


@pytest.fixture
def desk(server: Any, template: str, capsys: Any, monkeypatch: Any) -> Iterator[Desk]:
    """A database of the test's own."""
    yield from _new_desk(server, template, f"khanij_test_imports_desk_{os.getpid()}", capsys, monkeypatch)


@pytest.fixture(scope="module")
def still_url(server: Any, template: str) -> Iterator[str]:
    """A database that no test may change."""
    name = f"khanij_test_imports_still_{os.getpid()}"
    desk = _new_desk(server, template, name, None, None)
    yield next(desk).url
    next(desk, None)


@pytest.fixture
def still(still_url: str, capsys: Any, monkeypatch: Any) -> Iterator[Desk]:
    """The console command on a database that must be afterwards what it was before."""
    desk = Desk(still_url, capsys, monkeypatch)
    before = dump(desk.engine)
    yield desk
    assert dump(desk.engine) == before
    desk.engine.dispose()


def write_features(path: Path, *known: dict[str, Any]) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", "features": known}))
    return path


def write_rows(path: Path, *rows: list[Any], **options: Any) -> Path:
    with path.open("w", encoding=options.pop("encoding", "utf-8"), newline="") as file:
        csv.writer(file, **options).writerows(rows)
    return path


def write_shapefile(path: Path, crs: str | None, shapes: list[Any]) -> Path:
    columns = {
        "id": [f"block-{n}" for n in range(len(shapes))], "name": [f"Block {n}" for n in range(len(shapes))],
        "state": ["Odisha"] * len(shapes), "minerals": ["graphite"] * len(shapes),
        "assetclass": ["central_auction_block"] * len(shapes),
    }  # fmt: skip
    data = [np.array(values, dtype=object) for values in columns.values()]
    pyogrio.raw.write(
        str(path), shapely.to_wkb(np.array(shapes, dtype=object)), data, list(columns), geometry_type="Polygon",
        crs=crs, driver="ESRI Shapefile", encoding="UTF-8",
    )  # fmt: skip
    return path


# Columns of a block that are made from others.
MADE = ("search", "standings", "status_period")
PORT_HEADER = ["name", "state", "lon", "lat", "operator"]
PARADIP_2 = ["Paradip Two", "Odisha", 86.67, 20.26, "Nobody"]
GOA_2 = ["Goa Two", "Goa", 73.8, 15.4, None]


# The sample files


def rows_of(name: str) -> list[dict[str, str]]:
    with (SAMPLES / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def expected_points(name: str) -> list[tuple[dict[str, Any], tuple[float, float]]]:
    """Properties and lon, lat of each row of a sample, by its own header."""
    rows = rows_of(name)
    if "dataset" in rows[0]:
        return [
            ({"name": r["name"].strip() or "Unnamed site"}, (float(r["longitude"]), float(r["latitude"]))) for r in rows
        ]
    return [({"name": r["Name"], "country": "AU"}, (float(r["Longitude"]), float(r["Latitude"]))) for r in rows]


@needs_samples
@pytest.mark.parametrize(("name", "collection", "mapping"), [
    ("usgs_india_mineral_sites_minmod.csv", "occurrences", "usgs-minmod"),
    ("usgs_global_mineral_sites_minmod.csv", "global-assets", "usgs-minmod"),
    ("ga_australian_critical_minerals_2022.csv", "global-assets", "ga-critical-minerals"),
])  # fmt: skip
def test_sample_tables_are_imported_and_served(desk, name, collection, mapping):
    said = desk.run("import", collection, SAMPLES / name, "--mapping", mapping, "--who", "the desk")
    expected = expected_points(name)
    assert (said.code, desk.count(collection)) == (0, len(expected))
    assert f"{len(expected)} new, 0 changed, 0 unchanged, 0 gone." in said.out
    body = get_json(desk.client, f"/api/collections/{collection}/items?limit=10000")
    assert body["numberMatched"] == len(expected)
    places: dict[str, list[Any]] = {}
    for f in body["features"]:
        places.setdefault(f["properties"]["name"], []).append(f["geometry"]["coordinates"])
    for properties, position in expected[:: len(expected) // 10]:
        assert any(place == pytest.approx(position, abs=1e-6) for place in places[properties["name"]])
    slugs = [f["id"] for f in body["features"]][:: len(expected) // 10]
    for slug in slugs:
        assert desk.feature(collection, slug)["properties"]["name"]
        assert desk.row(collection, slug)["source_crs"] is None  # it came as it is stored
    again = desk.run("import", collection, SAMPLES / name, "--mapping", mapping)
    assert (again.code, desk.revision) == (0, 2) and "Nothing to do" in again.out


@needs_samples
@pytest.mark.parametrize(("name", "collection", "mapping", "column", "said"), [
    ("districts_four_states.geojson", "districts", "districts-datta07", "district", "125 new, 0 changed"),
    ("states_india.geojson", "states", "state-outlines", "name", "0 new, 36 changed"),
])  # fmt: skip
def test_boundaries_are_imported_and_served(desk, name, collection, mapping, column, said):
    known = json.loads((BOUNDARIES / name).read_text())["features"]
    answer = desk.run("import", collection, BOUNDARIES / name, "--mapping", mapping)
    assert answer.code == 0 and said in answer.out
    body = get_json(desk.client, f"/api/collections/{collection}/items?limit=1000")
    assert body["numberMatched"] == len(known) == desk.count(collection)
    served: dict[str, list[Any]] = {}
    for feature in body["features"]:
        served.setdefault(feature["properties"]["name"], []).append(shape(feature["geometry"]))
    for feature in known[:: len(known) // 10]:
        outline = shape(feature["geometry"])
        assert any(s.hausdorff_distance(outline) < 2e-6 for s in served[feature["properties"][column]])


# Plan, then publish


def test_a_dry_run_shows_all_four_kinds_and_writes_nothing(still, tmp_path):
    changed = {**BLOCKS[1], "properties": BLOCKS[1]["properties"] | {"premium_percent": 41.5, "agency": "Someone Else"}}
    path = write_features(tmp_path / "b.geojson", BLOCKS[0], changed, a_block("akhar"))
    said = still.run("import", "blocks", path, "--dry-run", "--replace")
    assert said.code == 0
    assert "1 new, 1 changed, 1 unchanged, 10 gone." in said.out
    assert "Nothing was published: this was a dry run." in said.out
    outcome = still.imports("blocks", path, dry_run=True, replaces=True)
    (new, _, content), (slug, present, then) = sorted(outcome.changes, key=lambda change: change[1] is not None)
    assert (new, content["name"], slug) == ("akhar", "Akhar", BLOCKS[1]["id"])
    assert {n for n in then if n not in MADE and present.get(n) != then[n]} == {
        "premium_percent", "agency",
    }  # fmt: skip
    assert set(outcome.gone) == {b["id"] for b in BLOCKS[2:]}
    for cell in ("premium_percent", "41.5", "agency", "Someone Else", "(new)", "(gone)"):
        assert cell in said.out


def test_a_file_of_unchanged_records_is_nothing_to_do(still, tmp_path):
    """Also where it says nothing of some columns."""
    path = write_features(tmp_path / "b.geojson", *BLOCKS)
    outcome = still.imports("blocks", path, dry_run=True)
    assert [(slug, {n for n in then if now and now.get(n) != then[n]}) for slug, now, then in outcome.changes] == []
    assert (outcome.counts.unchanged, outcome.counts.is_nothing) == (len(BLOCKS), True)


def test_publishing_is_one_revision_with_note_and_name_and_the_second_time_nothing(desk, tmp_path):
    path = write_rows(tmp_path / "p.csv", PORT_HEADER, PARADIP_2, GOA_2)
    before = desk.count("ports")
    said = desk.run("import", "ports", path, "--note", "Two more ports", "--who", "the desk")
    assert said.code == 0 and "Revision 2 is published." in said.out
    with desk.engine.connect() as connection:
        made = connection.execute(select(Revision).where(Revision.number == 2)).one()
    assert (made.note, made.who) == ("Two more ports", "the desk")
    assert desk.count("ports") == before + 2
    again = desk.run("import", "ports", path)
    assert again.code == 0 and "Nothing to do" in again.out and desk.revision == 2
    assert desk.feature("ports", "goa-two")["properties"]["state"] == "Goa"


def test_a_spreadsheet_of_some_columns_loses_nothing(desk, tmp_path):
    known = BLOCKS[:3]
    before = {b["id"]: desk.row("blocks", b["id"]) for b in known}
    rows = [
        [b["id"], b["properties"]["name"], b["properties"]["state"], b["properties"]["asset_class"],
         shape(b["geometry"]).wkt, 12.5]
        for b in known
    ]  # fmt: skip
    book = openpyxl.Workbook()
    for row in (["id", "name", "state", "asset_class", "WKT", "premium_percent"], *rows):
        book.active.append(row)
    book.save(tmp_path / "b.xlsx")
    outcome = desk.imports("blocks", tmp_path / "b.xlsx")
    assert (outcome.counts.new, outcome.counts.changed, outcome.revision) == (0, 3, 2)
    for slug, then in before.items():
        now = desk.row("blocks", slug)
        kept = [n for n in then if n not in ("premium_percent", "revision", "updated_at", "digest", "source_crs")]
        assert {n: str(now[n]) for n in kept} == {n: str(then[n]) for n in kept}
        assert now["premium_percent"] == 12.5
    assert desk.imports("blocks", tmp_path / "b.xlsx").revision is None


def test_a_spreadsheet_of_some_columns_that_changes_nothing_is_nothing_to_do(still, tmp_path):
    header = ["id", "name", "state", "asset_class", "WKT"]
    rows = [[b["id"], *(b["properties"][n] for n in header[1:4]), shape(b["geometry"]).wkt] for b in BLOCKS]
    outcome = still.imports("blocks", write_rows(tmp_path / "b.csv", header, *rows), dry_run=True)
    assert (outcome.bad_rows, outcome.counts.changed, outcome.counts.unchanged) == (set(), 0, len(BLOCKS))


def test_a_spreadsheet_with_positions_only_keeps_the_boundaries(desk, tmp_path):
    header = ["id", "name", "state", "asset_class", "lon", "lat", "premium_percent"]
    rows = [[b["id"], *(b["properties"][n] for n in header[1:6]), 7.5] for b in BLOCKS]
    before = desk.feature("blocks", BLOCKS[0]["id"])
    outcome = desk.imports("blocks", write_rows(tmp_path / "b.csv", header, *rows))
    assert (outcome.bad_rows, outcome.counts.changed) == (set(), len(BLOCKS))
    after = desk.feature("blocks", BLOCKS[0]["id"])
    assert after["geometry"] == before["geometry"]
    assert (after["properties"]["boundary_kind"], after["properties"]["premium_percent"]) == ("published", 7.5)


def test_a_boundary_that_moves_takes_its_position_with_it(desk, tmp_path):
    slug, properties = BLOCKS[0]["id"], BLOCKS[0]["properties"]
    moved = shapely.affinity.translate(shape(BLOCKS[0]["geometry"]), 0.05, 0.05)
    header = ["id", "name", "state", "asset_class", "WKT"]
    row = [slug, properties["name"], properties["state"], properties["asset_class"], moved.wkt]
    desk.imports("blocks", write_rows(tmp_path / "b.csv", header, row))
    now = desk.row("blocks", slug)
    assert moved.buffer(0.01).covers(shapely.Point(now["lon"], now["lat"]))


def test_what_replace_takes_away_lies_in_the_past_and_a_revert_brings_it_back(desk, tmp_path):
    path = write_rows(tmp_path / "p.csv", PORT_HEADER, PARADIP_2)
    before = {slug: desk.feature("ports", slug) for slug in get_ids(desk.client, "ports")}
    assert desk.run("import", "ports", path, "--replace").code == 0
    assert get_ids(desk.client, "ports") == ["paradip-two"]
    assert sorted(get_ids(desk.client, "ports", revision=1)) == sorted(before)
    gone = sorted(before)[0]
    assert desk.client.get(f"/api/collections/ports/items/{gone}").status_code == 404
    assert desk.feature("ports", gone, "?revision=1")["properties"]["name"] == before[gone]["properties"]["name"]
    undone = revert(desk.engine, 2, "tests")
    assert undone.revision == 3
    after = {slug: desk.feature("ports", slug) for slug in get_ids(desk.client, "ports")}
    assert after.keys() == before.keys()
    for slug, feature in before.items():
        same = [n for n in feature["properties"] if n not in ("updated_at", "revision")]
        assert [after[slug]["properties"][n] for n in same] == [feature["properties"][n] for n in same]
        assert after[slug]["geometry"] == feature["geometry"]


def test_an_id_that_went_may_come_back(desk, tmp_path):
    both = write_rows(tmp_path / "both.csv", PORT_HEADER, PARADIP_2, GOA_2)
    one = write_rows(tmp_path / "one.csv", PORT_HEADER, PARADIP_2)
    for number, path in enumerate((both, one, both), 2):
        assert desk.imports("ports", path, replaces=True).revision == number
    assert sorted(get_ids(desk.client, "ports")) == ["goa-two", "paradip-two"]
    assert get_ids(desk.client, "ports", revision=3) == ["paradip-two"]
    assert sorted(get_ids(desk.client, "ports", revision=2)) == ["goa-two", "paradip-two"]


def test_an_id_that_was_given_up_is_refused(desk, tmp_path):
    path = write_rows(tmp_path / "p.csv", PORT_HEADER, PARADIP_2)
    desk.imports("ports", path)
    rename(desk.engine, "ports", "paradip-two", "paradip-inner", "tests")
    before = dump(desk.engine)
    said = desk.run("import", "ports", path, "--report", tmp_path / "r.json")
    assert said.code == 1
    (error,) = errors_in(tmp_path / "r.json")
    assert error["row"] == 2 and "is now “paradip-inner”" in error["message"]
    assert dump(desk.engine) == before


# What is wrong stops the file, or is left out


BAD_PORT = ["Nowhere", "Orisa Pradesh", 85.1, 20.1, "Nobody"]


def errors_in(path: Path) -> list[dict[str, Any]]:
    return [f for f in json.loads(path.read_text())["findings"] if f["level"] == "error"]


def test_an_error_stops_the_whole_file_and_is_reported(still, tmp_path):
    path = write_rows(tmp_path / "p.csv", PORT_HEADER, PARADIP_2, BAD_PORT, GOA_2)
    said = still.run("import", "ports", path, "--report", tmp_path / "r.html")
    assert said.code == 1
    assert "1 of 3 rows have errors: nothing was published." in said.out
    assert "Orisa Pradesh" in (tmp_path / "r.html").read_text()
    assert still.run("import", "ports", path, "--report", tmp_path / "r.json").code == 1
    (error,) = errors_in(tmp_path / "r.json")
    assert (error["row"], error["column"], error["rule"]) == (3, "state", "vocabulary")
    assert "Odisha" in error["message"] + error["mend"]


@pytest.mark.parametrize("name", ["r.txt", "no/such/folder/r.html"])
def test_a_report_that_cannot_be_written_is_said_before_anything_is_done(still, tmp_path, name):
    path = write_rows(tmp_path / "p.csv", PORT_HEADER, PARADIP_2)
    said = still.run("import", "ports", path, "--report", tmp_path / name)
    assert said.code != 0 and "r." in said.err


def test_skipped_rows_go_to_a_file_that_imports_once_mended(desk, tmp_path):
    path = write_rows(tmp_path / "p.csv", PORT_HEADER, PARADIP_2, BAD_PORT, GOA_2)
    before = desk.count("ports")
    said = desk.run("import", "ports", path, "--skip-bad")
    assert said.code == 1  # so that a script notices what was left out
    assert "2 new, 0 changed" in said.out and "Revision 2 is published." in said.out
    assert "1 rows were left out" in said.out
    assert desk.count("ports") == before + 2
    left = tmp_path / "p.left-out.csv"
    (row,) = csv.DictReader(left.open())
    assert row["row"] == "3" and "Orisa Pradesh" in row["why"] and row["name"] == "Nowhere"
    left.write_text(left.read_text().replace("Orisa Pradesh", "Odisha"))
    outcome = desk.imports("ports", left)
    assert (outcome.counts.new, outcome.bad_rows, outcome.revision) == (1, set(), 3)
    assert desk.row("ports", "nowhere")["state"] == "Odisha"


def test_skipped_features_keep_their_lists_and_their_shape(desk, tmp_path):
    """Also in metres: what is written is in the file's own reference system, and says so."""
    there = Transformer.from_crs(4326, 32645, always_xy=True).transform
    bad = a_block("bad", stage="G7")
    bad["geometry"] = polygon([there(*xy) for xy in bad["geometry"]["coordinates"][0]])
    good = a_block("good", polygon([there(x, y) for x, y in [(84.1, 20), (84.12, 20), (84.12, 20.02), (84.1, 20)]]))
    path = tmp_path / "b.geojson"
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32645"}}
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": [bad, good]}))
    outcome = desk.imports("blocks", path, skip_bad=True)
    assert (outcome.counts.new, outcome.bad_rows) == (1, {1})
    outcome.left_out.write_text(outcome.left_out.read_text().replace("G7", "G3"))
    mended = desk.imports("blocks", outcome.left_out)
    assert mended.bad_rows == set() and mended.counts.new == 1
    now = desk.feature("blocks", "bad")
    assert now["properties"]["minerals"] == ["graphite"] and now["properties"]["stage"] == "G3"
    assert shape(now["geometry"]).hausdorff_distance(shape(a_block()["geometry"])) < 2e-6
    assert desk.row("blocks", "bad")["source_crs"] == "EPSG:32645"


def test_a_bad_row_of_a_record_that_is_there_leaves_it_even_when_replacing(desk, tmp_path):
    wrong = {**BLOCKS[0], "properties": BLOCKS[0]["properties"] | {"stage": "G9"}}
    path = write_features(tmp_path / "b.geojson", wrong, *BLOCKS[1:])
    outcome = desk.imports("blocks", path, skip_bad=True, replaces=True)
    assert outcome.bad_rows == {1} and outcome.counts.gone == 0
    assert desk.row("blocks", BLOCKS[0]["id"])["stage"] == BLOCKS[0]["properties"]["stage"]


# Reference systems


@pytest.mark.parametrize("system", ["EPSG:32645", "EPSG:3857", "EPSG:24345", "EPSG:7755"])
def test_any_reference_system_is_taken_and_remembered(desk, tmp_path, system):
    ring = a_block()["geometry"]["coordinates"][0]
    there = Transformer.from_crs(4326, system, always_xy=True).transform
    path = write_shapefile(tmp_path / "b.shp", system, [shapely.Polygon([there(*xy) for xy in ring])])
    said = desk.run("import", "blocks", path)
    assert said.code == 0, said.all
    assert desk.row("blocks", "block-0")["source_crs"] == system
    with desk.engine.connect() as connection:
        found = connection.scalar(text("SELECT ST_AsText(geom) FROM block WHERE id = 'block-0'"))
        assert connection.scalar(text("SELECT ST_SRID(geom) FROM block WHERE id = 'block-0'")) == 4326
    assert shapely.from_wkt(found).hausdorff_distance(shapely.Polygon(ring)) < 1e-6


# Bad input: each a sentence with row and column, exit code 1, the database untouched


def cut_geojson(folder: Path) -> Path:
    whole = json.dumps({"type": "FeatureCollection", "features": BLOCKS}, indent=1)
    (folder / "cut.geojson").write_text(whole[: len(whole) // 2])
    return folder / "cut.geojson"


def without_prj(folder: Path) -> Path:
    path = write_shapefile(folder / "b.shp", "EPSG:4326", [shape(a_block()["geometry"])])
    path.with_suffix(".prj").unlink()
    return path


def degrees_said_to_be_metres(folder: Path) -> Path:
    return write_shapefile(folder / "b.shp", "EPSG:32645", [shapely.box(82, 18, 86, 22)])


def metres_said_to_be_degrees(folder: Path) -> Path:
    return write_shapefile(folder / "b.shp", "EPSG:4326", [shapely.box(290_000, 2_212_000, 292_000, 2_214_000)])


def wrong_zone(folder: Path) -> Path:
    there = Transformer.from_crs(4326, 32645, always_xy=True).transform
    ring = [there(*xy) for xy in a_block()["geometry"]["coordinates"][0]]
    return write_shapefile(folder / "b.shp", "EPSG:32643", [shapely.Polygon(ring)])


def latin_1(folder: Path) -> Path:
    return write_rows(folder / "p.csv", PORT_HEADER, PARADIP_2, ["Port Café", "Goa", 74, 15, ""], encoding="latin-1")


def hindi_read_as_latin_1(folder: Path) -> Path:
    garbled = "पारादीप बंदरगाह".encode().decode("latin-1")
    return write_rows(folder / "p.csv", PORT_HEADER, PARADIP_2, [garbled, "Goa", 74, 15, ""])


def bomb(ending: str, member: str) -> Callable[[Path], Path]:
    """A few kilobytes that claim to be ten gigabytes of zeros."""

    def make(folder: Path) -> Path:
        path = folder / f"z{ending}"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(member, bytes(1 << 20))
            archive.filelist[0].file_size = 10 * 1024**3
        return path

    return make


def ports(*rows: list[Any]) -> Callable[[Path], Path]:
    return lambda folder: write_rows(folder / "p.csv", PORT_HEADER, PARADIP_2, *rows)


def formula_in_a_workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    for row in (PORT_HEADER, PARADIP_2, ["Goa Two", "Goa", 73.8, 15.4, "=CONCATENATE(A2, B2)"]):
        book.active.append(row)
    book.save(folder / "p.xlsx")
    return folder / "p.xlsx"


def blocks(*known: dict[str, Any]) -> Callable[[Path], Path]:
    return lambda folder: write_features(folder / "b.geojson", a_block("first"), *known)


def areas(ring: list[list[float]]) -> dict[str, Any]:
    return a_block("second", polygon(ring))


SWAPPED = [[20.0, 84.1], [20.02, 84.1], [20.02, 84.12], [20.0, 84.12], [20.0, 84.1]]
OVER_THE_POLE = [[-170, 80], [-60, 85], [60, 85], [170, 80], [0, 90], [-170, 80]]
OVER_THE_POLE_BY_FAR = [[84, 20], [84.02, 20], [84.02, 95], [84, 20.02], [84, 20]]
ELSEWHERE = [[84.2, 20], [84.22, 20], [84.22, 20.02], [84.2, 20.02], [84.2, 20]]
LINE = [[84.2, 20], [84.3, 20], [84.4, 20], [84.2, 20]]
SLANTED = [[84.2, 20], [84.3, 20.1], [84.4, 20.2], [84.2, 20]]
BOW_TIE = [[84.2, 20.0], [84.22, 20.02], [84.22, 20.0], [84.2, 20.02], [84.2, 20.0]]

BAD_FILES: list[tuple[str, str, Callable[[Path], Path], str]] = [
    ("half a GeoJSON", "blocks", cut_geojson, "the file ends within it (line "),
    ("no .prj", "blocks", without_prj, "has no .prj beside it"),
    ("latin-1", "ports", latin_1, "line 3, column “name”: the byte 0xe9 is not UTF-8"),
    ("zip of zeros", "blocks", bomb(".zip", "b.shp"), "10,737,418,240 bytes"),
    ("kmz of zeros", "blocks", bomb(".kmz", "doc.kml"), "10,737,418,240 bytes"),
    ("xlsx of zeros", "ports", bomb(".xlsx", "xl/workbook.xml"), "10,737,418,240 bytes"),
    ("no file", "ports", lambda folder: folder / "none.csv", "is no file"),
    ("no importable collection", "minerals", ports(), "takes no imports"),
]  # fmt: skip

BAD_ROWS: list[tuple[str, str, Callable[[Path], Path], int, str, str]] = [
    ("degrees in a .prj of metres", "blocks", degrees_said_to_be_metres, 1, "state", "outside Odisha"),
    ("metres in a .prj of degrees", "blocks", metres_said_to_be_degrees, 1, "geometry", "no longitude and latitude"),
    ("another zone", "blocks", wrong_zone, 1, "state", "outside Odisha"),
    ("garbled Hindi", "ports", hindi_read_as_latin_1, 3, "name", "ा"),
    ("a row too short", "ports", ports(["Goa Two", "Goa", 73.8]), 3, "lat", "3 cells, the header has 5"),
    ("a row too long", "ports", ports([*GOA_2, 1, 2]), 3, "cell 6", "7 cells, the header has 5"),
    ("a command", "ports", ports(["=cmd|'/C calc'!A0", "Goa", 73.8, 15.4, ""]), 3, "name", "formula"),
    ("a workbook's formula", "ports", formula_in_a_workbook, 3, "operator", "formula"),
    ("lon and lat swapped", "ports", ports(["Goa Two", "Goa", 15.4, 73.8, ""]), 3, "geometry", "change places"),
    ("axes swapped", "blocks", blocks(areas(SWAPPED)), 2, "geometry", "change places"),
    ("NaN as longitude", "ports", ports(["Goa Two", "Goa", "NaN", 15.4, ""]), 3, "lon", "NaN"),
    ("NaN as coordinate", "blocks", blocks(areas([[float("nan"), 20], *LINE[1:]])), 2, "geometry", "NaN"),
    ("NaN as value", "blocks", blocks(a_block("second", polygon(LINE), area_ha=float("nan"))), 2, "area_ha", ""),
    ("over the pole", "blocks", blocks(areas(OVER_THE_POLE)), 2, "geometry", "pole"),
    ("beyond the pole", "blocks", blocks(areas(OVER_THE_POLE_BY_FAR)), 2, "geometry", "no longitude and latitude"),
    ("no area", "blocks", blocks(areas(LINE)), 2, "geometry", ""),
    ("no area, aslant", "blocks", blocks(areas(SLANTED)), 2, "geometry", ""),
    ("a ring that crosses itself", "blocks", blocks(areas(BOW_TIE)), 2, "geometry", "84.21 20.01"),
    ("one id twice", "blocks", blocks(a_block("first", polygon(LINE))), 2, "id", "row 1"),
    ("no date", "blocks", blocks(a_block("second", stage_date="2026-13")), 2, "stage_date", "2026-13"),
    ("no such mineral", "blocks", blocks(a_block("second", minerals=["grafite"])), 2, "minerals", "graphite"),
]  # fmt: skip


@pytest.mark.parametrize(("collection", "make", "sentence"), [c[1:] for c in BAD_FILES], ids=[c[0] for c in BAD_FILES])
def test_a_bad_file_gets_one_sentence(still, tmp_path, collection, make, sentence):
    said = still.run("import", collection, make(tmp_path))
    assert said.code == 1 and sentence in said.err
    assert len(said.err.strip().splitlines()) == 1


@pytest.mark.parametrize("options", [(), ("--dry-run",)])
def test_a_mapping_to_a_column_that_is_not_there(still, tmp_path, options):
    (tmp_path / "m.toml").write_text('title = "m"\n[columns]\nname = "Harbour"\n')
    said = still.run("import", "ports", ports()(tmp_path), "--mapping", tmp_path / "m.toml", *options)
    assert said.code == 1 and "has no column “Harbour”, which the mapping m names for name" in said.err


@pytest.mark.parametrize(
    ("collection", "make", "row", "column", "words"), [c[1:] for c in BAD_ROWS], ids=[c[0] for c in BAD_ROWS]
)
def test_a_bad_row_is_named_with_its_column(still, tmp_path, collection, make, row, column, words):
    report = tmp_path / "report.json"
    said = still.run("import", collection, make(tmp_path), "--report", report)
    assert said.code == 1 and "nothing was published" in said.out
    errors = errors_in(report)
    assert errors and {error["row"] for error in errors} == {row}
    found = [e for e in errors if e["column"] == column]
    assert found, errors
    assert any(words.casefold() in f"{e['message']} {e['mend']}".casefold() for e in found), found


@pytest.mark.parametrize(("facts", "column"), [
    ({"name": "A\0B"}, "name"), ({"aliases": ["A\0B"]}, "aliases"), ({"exploration": {"A\0B": 1}}, "exploration"),
    ({"name": "A\ud800B"}, "name"), ({"exploration": {"a": "A\ud800B"}}, "exploration"),
    ({"exploration": {"a": 10**30}}, "exploration"),
])  # fmt: skip
def test_what_the_database_cannot_hold_is_named_and_can_be_left_out(still, tmp_path, facts, column):
    path = write_features(tmp_path / "b.geojson", a_block("first"), a_block("second", polygon(ELSEWHERE), **facts))
    said = still.run("import", "blocks", path, "--report", tmp_path / "r.json")
    assert (said.code, [(e["row"], e["column"]) for e in errors_in(tmp_path / "r.json")]) == (1, [(2, column)])
    outcome = still.imports("blocks", path, skip_bad=True, dry_run=True)
    assert (outcome.bad_rows, outcome.counts.new) == ({2}, 1)


@pytest.mark.parametrize(("encoding", "options"), [
    ("utf-8-sig", {}), ("utf-8", {"lineterminator": "\r\n"}), ("utf-8-sig", {"lineterminator": "\r\n"}),
])  # fmt: skip
def test_a_byte_order_mark_and_carriage_returns_are_fine(still, tmp_path, encoding, options):
    hindi = ["पारादीप", "Odisha", 86.67, 20.26, ""]
    path = write_rows(tmp_path / "p.csv", PORT_HEADER, hindi, GOA_2, encoding=encoding, **options)
    outcome = still.imports("ports", path, dry_run=True)
    assert (outcome.bad_rows, outcome.counts.new) == (set(), 2)
    assert any(content["name"] == "पारादीप" and content["state"] == "Odisha" for _, _, content in outcome.changes)


def test_a_geojson_with_a_byte_order_mark_is_fine(still, tmp_path):
    path = write_features(tmp_path / "b.geojson", a_block("first"))
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b", ", b",\r\n"))
    assert still.imports("blocks", path, dry_run=True).counts.new == 1


def test_a_folder_that_cannot_be_written_to_is_said_and_nothing_published(still, tmp_path, monkeypatch):
    path = write_rows(tmp_path / "p.csv", PORT_HEADER, PARADIP_2, BAD_PORT)
    (tmp_path / "p.left-out.csv").mkdir()
    said = still.run("import", "ports", path, "--skip-bad")
    assert said.code == 1 and "p.left-out.csv" in said.err


def test_a_collection_that_takes_no_imports(still, tmp_path):
    with pytest.raises(LoadError, match="takes no imports"):
        still.imports("minerals", write_rows(tmp_path / "m.csv", ["name"], ["x"]))


def test_a_port_of_the_data_files_is_still_one(still, tmp_path):
    """A record that is there and one that is new, by one file."""
    path = write_features(tmp_path / "p.geojson", a_port("made-up"), features("ports")[0])
    outcome = still.imports("ports", path, dry_run=True)
    assert outcome.counts.new == 1
