"""What is found in files, each with row, column and what would mend it; and the report of it."""

from __future__ import annotations

import csv
import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyogrio.raw
import pytest
import shapely
from datafiles import BOW_TIE, SQUARE, a_block, an_event, polygon
from importing import features, outlines, read_all
from pyproj import Geod
from rich.console import Console
from shapely.geometry import shape

from app.ingest.checks import RULES, Duplicates, Finding, check_batch, rich_table, write_report
from app.ingest.checks.places import areas_ha
from app.ingest.read import LoadError
from app.ingest.reading import Record


def write_geojson(folder: Path, *known: dict[str, Any]) -> Path:
    path = folder / "b.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": known}))
    return path


def findings_of(folder: Path, *known: dict[str, Any]) -> list[Finding]:
    return read_all("blocks", write_geojson(folder, *known)).findings


def ports(folder: Path, *rows: str, header: str = "id,name,state,lon,lat,capacity_mt_per_year", **options: Any) -> Any:
    path = folder / "p.csv"
    path.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return read_all("ports", path, **options)


def only(findings: list[Finding]) -> Finding:
    (finding,) = findings
    assert finding.rule in RULES
    assert finding.message
    assert finding.mend
    return finding


def test_the_catalogue_has_no_errors_and_its_known_contradictions():
    for collection in ("blocks", "occurrences", "processing-units", "global-assets", "states"):
        outcome = read_all(collection, Path("data/geojson") / f"{collection}.geojson", "catalogue")
        assert outcome.errors() == []
        assert len(outcome.records) == len(features(collection))
        if collection == "blocks":
            areas = {f.id: f.message for f in outcome.of("area")}
            assert "+4.6 %" in areas["marudipatti-molybdenum"]
            assert "-2.1 %" in areas["iluppakudi-graphite"]


def test_a_sound_block_has_no_findings(tmp_path):
    assert findings_of(tmp_path, a_block()) == []


@pytest.mark.parametrize(("ring", "rule", "words"), [
    (BOW_TIE, "geometry", "Self-intersection at lon lat 84.01 20.01"),
    ([[84, 20], [84.1, 20], [84.2, 20], [84, 20]], "geometry", "not valid|no area"),
    ([[y, x] for x, y in SQUARE], "axes", "only when they change places"),
    ([[x, y + 65] for x, y in [[84, 20], [170, 24.9], [-100, 24.9], [84, 20]]], "geometry", "over a pole"),
    ([[x * 1e5, y * 1e5] for x, y in SQUARE], "range", "no longitude and latitude"),
    ([[84, 20], [84.1, 20], [84, 20]], "geometry", "not valid"),
    ([[x - 12, y - 5] for x, y in SQUARE], "place", r"\d+ km outside Odisha"),
])  # fmt: skip
def test_shapes_that_cannot_be(tmp_path, ring, rule, words):
    finding = only([f for f in findings_of(tmp_path, a_block(geometry=polygon(ring))) if f.level == "error"])
    assert (finding.row, finding.rule) == (1, rule)
    assert re.search(words, finding.message)


def test_a_ring_that_runs_the_other_way_is_turned_and_told(tmp_path):
    outcome = read_all("blocks", write_geojson(tmp_path, a_block(geometry=polygon(SQUARE[::-1]))))
    assert only(outcome.findings).level == "warning"
    assert shapely.is_ccw(outcome.records[0].geometry.geoms[0].exterior)


def test_heights_are_left_out_and_told(tmp_path):
    outcome = read_all("blocks", write_geojson(tmp_path, a_block(geometry=polygon([[*c, 30.5] for c in SQUARE]))))
    assert "heights" in only(outcome.findings).message
    assert not outcome.records[0].geometry.has_z


@pytest.mark.parametrize(
    "text", ['{"type":"Point","coordinates":[NaN,20]}', "null", '{"type":"Polygon","coordinates":[]}']
)
def test_positions_that_are_none(tmp_path, text):
    path = write_geojson(tmp_path, a_block())
    path.write_text(path.read_text().replace(json.dumps(a_block()["geometry"]), text))
    outcome = read_all("blocks", path)
    finding = only(outcome.findings)
    assert (finding.rule, finding.column, finding.level, outcome.records) == ("position", "geometry", "error", [])


def test_nan_in_a_column_is_no_number(tmp_path):
    path = tmp_path / "b.fgb"
    data = {"id": ["a"], "name": ["A"], "state": ["Odisha"]} | {"asset_class": ["central_auction_block"]}
    arrays = [np.array(v, dtype=object) for v in data.values()] + [np.array([np.nan])]
    masks = [None, None, None, None, np.array([False])]
    pyogrio.raw.write(
        str(path), shapely.to_wkb([shapely.Polygon(SQUARE)]), arrays, [*data, "area_ha"], field_mask=masks,
        geometry_type="Polygon", crs="EPSG:4326", driver="FlatGeobuf",
    )  # fmt: skip
    errors = read_all("blocks", path).errors()
    if errors:  # a NaN that GDAL keeps; some versions write it as null
        assert only(errors)[:4] == (1, "a", "area_ha", "error")
    outcome = ports(tmp_path, "a,A,Goa,74,15,NaN")
    assert only(outcome.errors())[:5] == (2, "a", "capacity_mt_per_year", "error", "value")


def write_shapefile(folder: Path, crs: str, names: tuple[str, ...] = ("Alpha", "Beta"), **options: Any) -> Path:
    path = folder / "p.shp"
    to_utm = [(x, 2_220_000.0) for x in (300_000.0, 320_000.0)]
    data = [np.array(names, dtype=object), np.array(["Odisha"] * 2, dtype=object)]
    pyogrio.raw.write(
        str(path), shapely.to_wkb([shapely.Point(p) for p in to_utm]), data, ["name", "state"],
        geometry_type="Point", crs=crs, driver="ESRI Shapefile", **options,
    )  # fmt: skip
    return path


def test_a_shapefile_with_the_wrong_prj_lies_elsewhere(tmp_path):
    right = write_shapefile(tmp_path, "EPSG:32645")
    assert read_all("ports", right).errors() == []
    (tmp_path / "w").mkdir()
    wrong = write_shapefile(tmp_path / "w", "EPSG:32643")
    errors = read_all("ports", wrong).errors()
    assert [(e.row, e.rule, e.column) for e in errors] == [(1, "place", "state"), (2, "place", "state")]
    assert read_all("ports", wrong, datum="EPSG:32645").errors() == []


def test_hindi_read_as_latin_1_is_seen(tmp_path):
    path = write_shapefile(tmp_path, "EPSG:32645", ("ओडिशा", "Beta"), encoding="UTF-8")
    assert read_all("ports", path).records[0].properties["name"] == "ओडिशा"
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    error = only(read_all("ports", path).errors())
    assert (error.row, error.column, error.rule) == (1, "name", "encoding")
    assert "ओडिशा" in error.message


@pytest.mark.parametrize(("cells", "words"), [
    ("a,A,Goa,74,15", "5 cells, the header has 6"), ("a,A,Goa,74,15,1,2", "7 cells, the header has 6"),
])  # fmt: skip
def test_ragged_rows_are_errors_of_their_row(tmp_path, cells, words):
    outcome = ports(tmp_path, "b,B,Goa,74,15,2", "", cells, "c,C,Goa,73.9,15.1,1")
    error = only(outcome.errors())
    assert (error.row, error.rule) == (4, "row")
    assert words in error.message
    assert [r.id for r in outcome.records] == ["b", "c"]


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+SUM(A1)", "-cmd()", "@now", '"=HYPERLINK(""x"")"'])
def test_formulas_are_refused(tmp_path, cell):
    outcome = ports(tmp_path, f"a,{cell},Goa,74,15,1", header="id,name,state,lon,lat,capacity_mt_per_year")
    assert only(outcome.errors())[:5] == (2, "a", "name", "error", "formula")


def test_formulas_of_workbooks_are_refused(tmp_path):
    book = openpyxl.Workbook()
    for row in (["id", "name", "state", "lon", "lat", "capacity_mt_per_year"], ["a", "A", "Goa", 74, 15, "=1+1"]):
        book.active.append(row)
    book.save(tmp_path / "p.xlsx")
    error = only(read_all("ports", tmp_path / "p.xlsx").errors())
    assert (error.row, error.column, error.rule) == (2, "capacity_mt_per_year", "formula")
    assert "=1+1" in error.message


def test_negative_numbers_and_dashes_are_no_formulas(tmp_path):
    assert ports(tmp_path, "a,- no name yet,Goa,74,15,+1.5").errors() == []


@pytest.mark.parametrize(("state", "minerals", "column", "nearest"), [
    ("Odissa", "graphite", "state", "odisha"), ("Odisha", "grafite", "minerals", "graphite"),
    ("Odisha", "graphite; unobtainium", "minerals", "“unobtainium” is not in"),
])  # fmt: skip
def test_unknown_words_offer_the_nearest(tmp_path, state, minerals, column, nearest):
    block = a_block(state=state, minerals=minerals)
    error = only([f for f in findings_of(tmp_path, block) if f.level == "error"])
    assert (error.column, error.rule) == (column, "vocabulary")
    assert nearest in error.message


def test_names_symbols_and_slugs_all_lead_to_slugs(tmp_path):
    block = a_block(minerals="Graphite; V, Ni and PGE; cerium;La;rare-earth-elements", state="IN-OR")
    (record,) = read_all("blocks", write_geojson(tmp_path, block)).records
    assert record.properties["state"] == "Odisha"
    assert record.properties["minerals"] == [
        "graphite", "vanadium", "nickel", "platinum-group-elements", "rare-earth-elements",
    ]  # fmt: skip


def test_swapped_columns_of_a_table_are_seen(tmp_path):
    outcome = ports(tmp_path, "a,A,Goa,15.4,73.8,1")
    assert only(outcome.errors())[3:5] == ("error", "axes")


def test_cells_of_positions_name_row_and_column(tmp_path):
    outcome = ports(tmp_path, "a,A,Goa,east,15,1", "b,B,Goa,,15,1", "c,C,Goa,,,1")
    assert [(e.row, e.column) for e in outcome.errors()] == [(2, "lon"), (3, "lon"), (4, "geometry")]


def test_numbers_are_read_as_india_writes_them(tmp_path):
    rows = [
        'a,A,Goa,74,15,"1,23,456.5"',
        'b,B,Goa,73.9,15.1,"12,5"',
        'c,C,Goa,73.8,15.2,"1,234"',
        "d,D,Goa,73.8,15.3,many",
    ]
    outcome = ports(tmp_path, *rows)
    assert [r.properties["capacity_mt_per_year"] for r in outcome.records] == [123456.5, 12.5, 1234]
    assert only(outcome.errors())[:3] == (5, "d", "capacity_mt_per_year")


def test_dates_with_the_day_first_are_turned_and_told(tmp_path):
    outcome = read_all(
        "blocks", write_geojson(tmp_path, a_block(stage_date="24/06/2024"), a_block("b", stage_date="31/02/2024"))
    )
    assert outcome.records[0].properties["stage_date"] == "2024-06-24"
    warning, error = outcome.of("date")
    assert (warning.level, error.level, error.row) == ("warning", "error", 2)


@pytest.mark.parametrize(("facts", "rule", "words"), [
    ({"area_ha": 4.63}, "area", "square kilometres"), ({"area_ha": 300.0}, "area", r"\+54"),
    ({"area_ha": 1145.0}, "area", "acres"), ({"premium_percent": 8350.0}, "range", "higher than any"),
    ({"stage_date": "2099-01-01"}, "date", "future"), ({"concession": "ML", "stage": "G4"}, "transition", "needs G2"),
    ({"events": [an_event(1, "offered"), an_event(2, "letter_of_intent")]}, "transition", "none of preferred"),
    ({"events": [an_event(1, "offered"), an_event(2, "cancelled"), an_event(3, "producing")]}, "transition", "at once"),
    ({"events": [an_event(1, "offered", "2025-03"), an_event(2, "annulled", "2024-12")]}, "date", "stands after"),
    ({"events": [an_event(1, "offered", "2099-03")]}, "date", "in the future"),
])  # fmt: skip
def test_facts_that_do_not_go_together_are_warnings(tmp_path, facts, rule, words):
    found = [f for f in findings_of(tmp_path, a_block(**facts)) if f.rule == rule]
    assert found
    assert all(f.level == "warning" for f in found)
    assert any(re.search(words, f.message + f.mend) for f in found)


def test_a_month_and_a_day_in_it_are_in_order(tmp_path):
    events = [
        an_event(1, "offered", "2025-03"),
        an_event(2, "annulled", "2025-03-04"),
        an_event(3, "re-offered", "2025"),
    ]
    assert findings_of(tmp_path, a_block(events=events)) == []


def test_areas_agree_with_the_geodesic_ones():
    shapes = np.array([shape(f["geometry"]) for f in features("blocks") if f["geometry"]["type"] != "Point"])
    geod = Geod(ellps="WGS84")
    known = np.array([abs(geod.geometry_area_perimeter(s)[0]) / 10_000 for s in shapes])
    assert np.abs(areas_ha(shapes) / known - 1).max() < 2e-4


def made(number: int, slug: str, geometry: Any, name: str | None = None) -> Record:
    return Record(number, slug, {"name": name or slug}, geometry, None)


def test_duplicates_are_found_over_batches():
    box = shapely.box(84, 20, 84.1, 20.1)
    duplicates = Duplicates()
    duplicates.feed([made(1, "a", box), made(2, "b", shapely.box(85, 20, 85.1, 20.1), "Same")])
    duplicates.feed(
        [made(3, "a", shapely.box(86, 20, 86.1, 20.1)), made(4, "d", shapely.box(85.04, 20.04, 85.06, 20.06), "same")]
    )
    duplicates.feed(
        [made(5, "e", shapely.box(84.005, 20, 84.1, 20.1)), made(6, "f", shapely.box(84.05, 20, 84.15, 20.1))]
    )
    found = duplicates.finish()
    assert [(f.row, f.level) for f in found] == [(3, "error"), (4, "warning"), (5, "warning")]
    assert ["row 1" in f.message or "row 2" in f.message for f in found] == [True] * 3
    assert "100 %" in found[2].message


def test_two_rows_with_one_id(tmp_path):
    outcome = ports(tmp_path, "a,A,Goa,74,15,1", "a,B,Goa,73.9,15.2,1")
    error = only(outcome.errors())
    assert error[:3] == (3, "a", "id")
    assert "row 2" in error.message


def test_overlaps_are_found_across_strips_as_by_brute_force(monkeypatch):
    monkeypatch.setattr("app.ingest.checks.duplicates._CHUNK", 7)
    random = np.random.default_rng(5)
    corners = random.uniform((84, 20), (84.6, 20.3), (120, 2))
    sizes = random.uniform(0.02, 0.25, (120, 2))
    boxes = [shapely.box(x, y, x + w, y + h) for (x, y), (w, h) in zip(corners, sizes, strict=True)]
    duplicates = Duplicates()
    duplicates.feed([made(n, f"b-{n}", box) for n, box in enumerate(boxes)])
    found = {(f.row, int(re.findall(r"in row (\d+) ", f.message)[0])) for f in duplicates.finish()}
    known = {
        (n, m)
        for n in range(120)
        for m in range(n)
        if boxes[n].intersection(boxes[m]).area > 0.9 * min(boxes[n].area, boxes[m].area)
    }
    assert len(known) > 20
    assert found == known


def test_duplicates_stay_small():
    """Under 120 bytes a record: a million stay below 120 MB."""
    duplicates = Duplicates()
    shapes = shapely.box(*np.array([[70 + i * 1e-3, 20, 70 + i * 1e-3 + 5e-4, 20.01] for i in range(2000)]).T)
    batches = [[made(b * 2000 + n, f"synthetic-{b * 2000 + n:06}", s) for n, s in enumerate(shapes)] for b in range(10)]
    tracemalloc.start()
    for batch in batches:
        duplicates.feed(batch)
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / 20_000 < 120


FINDINGS = [
    Finding(0, None, None, "warning", "file", "The file is odd.", "Nothing."),
    Finding(7, "a", "name", "error", "formula", "<script>alert(1)</script> \x1b[31m", "Paste & go"),
    *(Finding(n, f"b-{n}", "area_ha", "warning", "area", "Too large.", "Look.") for n in range(10, 60)),
]


def test_the_report_as_a_page_escapes_and_groups(tmp_path):
    write_report(FINDINGS, tmp_path / "r.html")
    page = (tmp_path / "r.html").read_text()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert "1 error, 51 warnings" in page
    assert page.index(RULES["file"]) < page.index(RULES["formula"]) < page.index(RULES["area"])
    assert "http" not in page


def test_the_report_as_json_has_every_finding(tmp_path):
    write_report(FINDINGS, tmp_path / "r.json")
    document = json.loads((tmp_path / "r.json").read_text())
    assert (document["errors"], document["warnings"], len(document["findings"])) == (1, 51, 52)
    assert document["findings"][1]["row"] == 7
    with pytest.raises(ValueError, match="neither"):
        write_report(FINDINGS, tmp_path / "r.txt")


def test_the_table_for_the_terminal_shows_errors_first_and_says_how_many_more():
    console = Console(width=160, record=True, file=open("/dev/null", "w"))  # noqa: SIM115
    console.print(rich_table(FINDINGS))
    text = console.export_text()
    assert text.index("alert(1)") < text.index("Too large.")
    assert "\x1b" not in text
    assert "and 30 more" in text


def test_random_tables_never_raise_but_in_a_sentence(tmp_path):
    """Whatever stands in the cells, what comes is findings or a LoadError."""
    random = np.random.default_rng(3)
    cells = [
        "",
        "a",
        "=1",
        "84",
        "20",
        "NaN",
        "-",
        "[",
        "{",
        "1e400",
        "é",
        "ओ",
        '"',
        "Odisha",
        "graphite",
        "\u2028",
        "0x1",
        "1,2",
        "99999999999999999999",
        "[1]",
        '{"a":1}',
    ]
    header = [
        "id",
        "name",
        "state",
        "lon",
        "lat",
        "minerals",
        "area_ha",
        "offshore",
        "events",
        "exploration",
        "sources",
        "asset_class",
    ]
    path = tmp_path / "r.csv"
    for _ in range(150):
        rows = [random.choice(cells, len(header)).tolist() for _ in range(4)]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        try:
            outcome = read_all("blocks", path)
        except LoadError as error:
            assert str(error).endswith((".", "?"))
        else:
            assert len(outcome.records) + len({f.row for f in outcome.errors()}) >= 4


def test_no_records_no_findings():
    assert check_batch("blocks", [], outlines()) == []
    assert Duplicates().finish() == []
