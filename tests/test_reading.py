"""Ten known blocks through every format and several reference systems; tables with positions in columns; bad files."""

from __future__ import annotations

import csv
import json
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio.raw
import pytest
import shapely
from importing import features, read_all
from pyproj import CRS, Transformer
from shapely.geometry import mapping as geojson_of
from shapely.geometry import shape

from app.angles import parse_angle
from app.ingest.read import LoadError
from app.ingest.reading import archives, open_source
from app.ingest.reading.datums import parse_crs, utm
from app.ingest.reading.shapes import SHAPES
from app.ingest.reading.slugs import slug_of

AREAL = [f for f in features("blocks") if f["geometry"]["type"] == "Polygon"][:10]
LISTS = ("aliases", "minerals", "notes", "sources", "events", "contradictions")
OBJECTS = ("exploration", "access", "field_sources")


def as_columns(known: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """Ids and properties as a table has them: lists and objects as JSON."""
    columns: dict[str, list[Any]] = {"id": [f["id"] for f in known]}
    for name in known[0]["properties"]:
        values = [f["properties"][name] for f in known]
        if name in LISTS or name in OBJECTS:
            values = [None if v is None else json.dumps(v, ensure_ascii=False) for v in values]
        columns[name] = values
    return columns


def array_of(values: list[Any]) -> np.ndarray:
    if all(isinstance(v, bool) for v in values):
        return np.array(values)
    if any(isinstance(v, int | float) for v in values):
        return np.array([np.nan if v is None else v for v in values], dtype=float)
    return np.array(values, dtype=object)


def moved(shapes: Any, move: Any) -> Any:
    return shapely.transform(shapes, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))


def write_layer(path: Path, driver: str, crs: str | None = "EPSG:4326", move: Any = None, **options: Any) -> Path:
    """The ten blocks, written by GDAL."""
    shapes = np.array([shape(f["geometry"]) for f in AREAL], dtype=object)
    if move is not None:
        shapes = moved(shapes, move)
    columns = {k: v for k, v in as_columns(AREAL).items() if any(x is not None for x in v)}
    if driver == "ESRI Shapefile":
        keep = ("id", "name", "state", "minerals", "area_ha", "concession", "district")
        columns = {k: v for k, v in columns.items() if k in keep}
        columns["assetclass"] = [f["properties"]["asset_class"] for f in AREAL]
    data = [array_of(v) for v in columns.values()]
    masks = [np.array([x is None for x in v]) for v in columns.values()]
    pyogrio.raw.write(
        str(path), shapely.to_wkb(shapes), data, list(columns), field_mask=masks, geometry_type="Polygon", crs=crs,
        driver=driver, **options,
    )  # fmt: skip
    return path


def check_known(outcome, tolerance=1e-9, properties=True):
    assert outcome.rows == len(outcome.records) == len(AREAL)
    for record, known in zip(outcome.records, AREAL, strict=True):
        assert record.id == known["id"]
        assert record.geometry.geom_type == "MultiPolygon"
        assert shapely.is_ccw(record.geometry.geoms[0].exterior)
        assert record.geometry.hausdorff_distance(shape(known["geometry"])) <= tolerance
        if properties:
            assert record.properties == known["properties"]
            SHAPES["blocks"].model_validate(record.properties)


def test_geojson_round_trip(tmp_path):
    path = tmp_path / "b.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": AREAL}))
    outcome = read_all("blocks", path)
    check_known(outcome)
    assert {r.source_crs for r in outcome.records} == {"EPSG:4326"}


@pytest.mark.parametrize("ending", ["geojsonl", "geojsons", "ndjson"])
def test_lines_of_geojson_round_trip(tmp_path, ending):
    path = tmp_path / f"b.{ending}"
    separator = "\x1e" if ending == "geojsons" else ""
    path.write_text("".join(f"{separator}{json.dumps(f)}\n" for f in AREAL))
    check_known(read_all("blocks", path, size=3))


def test_geojson_is_read_over_the_borders_of_chunks(tmp_path, monkeypatch):
    monkeypatch.setattr("app.ingest.reading.geojson._CHUNK", 97)
    path = tmp_path / "b.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "name": "क्ष", "features": AREAL}, indent=1))
    check_known(read_all("blocks", path, size=4))


@pytest.mark.parametrize(("ending", "driver"), [("gpkg", "GPKG"), ("fgb", "FlatGeobuf")])
def test_layers_round_trip(tmp_path, ending, driver):
    options = {"SPATIAL_INDEX": "NO"} if driver == "FlatGeobuf" else {}
    check_known(read_all("blocks", write_layer(tmp_path / f"b.{ending}", driver, **options)))


@pytest.mark.parametrize("system", ["EPSG:32644", "EPSG:3857", "EPSG:24344", "EPSG:7755"])
def test_any_reference_system_is_brought_to_degrees(tmp_path, system):
    there = Transformer.from_crs(4326, system, always_xy=True).transform
    outcome = read_all("blocks", write_layer(tmp_path / "b.gpkg", "GPKG", system, there))
    check_known(outcome, tolerance=1e-6)
    assert {r.source_crs for r in outcome.records} == {system}


@pytest.mark.parametrize("packed", [False, True])
def test_shapefiles_are_read_zipped_too(tmp_path, packed):
    path = write_layer(tmp_path / "b.shp", "ESRI Shapefile", encoding="UTF-8")
    if packed:
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
            for part in tmp_path.glob("b.*"):
                if part.suffix != ".zip":
                    archive.write(part, f"layers/{part.name}")
        path = tmp_path / "b.zip"
    outcome = read_all("blocks", path)
    check_known(outcome, properties=False)
    for record, known in zip(outcome.records, AREAL, strict=True):
        for name in ("name", "state", "district", "minerals", "asset_class", "concession"):
            assert record.properties[name] == known["properties"][name]
        assert record.properties["area_ha"] == pytest.approx(known["properties"]["area_ha"])


def test_geoparquet_round_trip(tmp_path):
    columns = as_columns(AREAL)
    for name in ("minerals", "aliases", "notes"):
        columns[name] = [f["properties"][name] for f in AREAL]  # lists as lists
    table = pa.table(columns | {"geometry": [shapely.to_wkb(shape(f["geometry"])) for f in AREAL]})
    geo = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    path = tmp_path / "b.parquet"
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    check_known(read_all("blocks", path))
    pq.write_table(table, path)
    with pytest.raises(LoadError, match="no GeoParquet"):
        open_source(path)


def test_geoparquet_in_metres(tmp_path):
    there = Transformer.from_crs(4326, 32644, always_xy=True).transform
    shapes = [moved(shape(f["geometry"]), there) for f in AREAL]
    about = {"encoding": "WKB", "crs": json.loads(CRS.from_epsg(32644).to_json())}
    geo = {"version": "1.0.0", "primary_column": "g", "columns": {"g": about}}
    table = pa.table(as_columns(AREAL) | {"g": shapely.to_wkb(shapes)})
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), tmp_path / "b.parquet")
    outcome = read_all("blocks", tmp_path / "b.parquet")
    check_known(outcome, tolerance=1e-7)
    assert outcome.records[0].source_crs == "EPSG:32644"


@pytest.mark.parametrize("packed", [False, True])
def test_kml_and_kmz(tmp_path, packed):
    path = write_layer(tmp_path / "doc.kml", "LIBKML")
    if packed:
        with zipfile.ZipFile(tmp_path / "b.kmz", "w") as archive:
            archive.write(path, "doc.kml")
        path = tmp_path / "b.kmz"
    outcome = read_all("blocks", path)
    assert len(outcome.records) == len(AREAL)
    for record, known in zip(outcome.records, AREAL, strict=True):
        assert (record.id, record.properties["name"]) == (known["id"], known["properties"]["name"])
        assert record.properties["events"] == known["properties"]["events"]
        assert record.geometry.hausdorff_distance(shape(known["geometry"])) <= 1e-9


def write_csv(path: Path, rows: list[list[Any]], encoding: str = "utf-8", **options: Any) -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, **options).writerows(rows)
    return path


@pytest.mark.parametrize(("encoding", "options"), [
    ("utf-8", {}), ("utf-8-sig", {"lineterminator": "\r\n"}), ("utf-8", {"delimiter": ";"}), ("utf-16", {}),
    ("utf-8", {"delimiter": "\t"}),
])  # fmt: skip
def test_csv_with_wkt_round_trip(tmp_path, encoding, options):
    columns = as_columns(AREAL) | {"WKT": [shape(f["geometry"]).wkt for f in AREAL]}
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    outcome = read_all("blocks", write_csv(tmp_path / "b.csv", rows, encoding, **options))
    check_known(outcome)
    assert outcome.records[0].number == 2


def write_xlsx(path: Path, *sheets: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    for number, rows in enumerate(sheets):
        sheet = book.active if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_xlsx_with_wkt_round_trip(tmp_path):
    columns = as_columns(AREAL) | {"geom": [shape(f["geometry"]).wkt for f in AREAL]}
    rows = [list(columns), *map(list, zip(*columns.values(), strict=True))]
    check_known(read_all("blocks", write_xlsx(tmp_path / "b.xlsx", rows)))


def test_a_workbook_of_several_sheets_needs_a_choice(tmp_path):
    rows = [["name", "state", "lon", "lat"], ["Paradip", "Orissa", 86.67, 20.26]]
    path = write_xlsx(tmp_path / "p.xlsx", [["notes"], ["nothing"]], rows)
    with pytest.raises(LoadError, match="2 sheets"):
        open_source(path)
    (port,) = read_all("ports", path, layer="Sheet1").records
    assert (port.id, port.properties["state"], port.number) == ("paradip", "Odisha", 2)


def test_a_geopackage_of_several_layers_needs_a_choice(tmp_path):
    path = write_layer(tmp_path / "b.gpkg", "GPKG", layer="one")
    write_layer(path, "GPKG", layer="two", append=True)
    with pytest.raises(LoadError, match="2 layers: one, two; say which with --layer"):
        open_source(path)
    check_known(read_all("blocks", path, layer="two"))


class _Api(BaseHTTPRequestHandler):
    """The least of an OGC API: ports, two pages of them."""

    def do_GET(self):
        root = f"http://127.0.0.1:{self.server.server_port}"
        link = {"type": "application/geo+json", "href": f"{root}/collections/ports/items?offset=20", "rel": "next"}
        known = [
            f | {"properties": {k: v for k, v in f["properties"].items() if k != "sources"}} for f in features("ports")
        ]
        first = "offset" not in self.path
        answers = {
            "": {"title": "t", "links": [{"rel": "data", "href": f"{root}/collections", "type": "application/json"}]},
            "/collections": {"links": [], "collections": [self._collection(root)]},
            "/collections/ports": self._collection(root),
            "/collections/ports/items": {
                "type": "FeatureCollection", "numberMatched": len(known), "links": [link] if first else [],
                "features": known[:20] if first else known[20:],
            },
        }  # fmt: skip
        answer = answers.get(self.path.partition("?")[0].rstrip("/"))
        body = json.dumps(answer).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "application/geo+json" if "items" in self.path else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    @staticmethod
    def _collection(root):
        items = {"rel": "items", "href": f"{root}/collections/ports/items", "type": "application/geo+json"}
        return {"id": "ports", "title": "Ports", "links": [items]}

    def log_message(self, *_):
        """Say nothing."""


def test_an_ogc_api_is_read():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        outcome = read_all("ports", f"http://127.0.0.1:{server.server_port}", layer="ports")
    finally:
        server.shutdown()
        server.server_close()
    known = {f["id"]: f for f in features("ports")}
    assert {r.id for r in outcome.records} == set(known)
    for record in outcome.records:
        assert record.properties["name"] == known[record.id]["properties"]["name"]
        assert record.geometry.equals(shape(known[record.id]["geometry"]))


@pytest.mark.parametrize(("text", "axis", "degrees"), [
    ("85.2541", "lon", 85.2541), ("85,2541", "lon", 85.2541), ("21°15'30.5\"N", "lat", 21.258472),
    ("21-15-30.5 N", "lat", 21.258472), ("21 15 30.5", "lat", 21.258472), ("N 21° 15′ 30.5″", "lat", 21.258472),
    ("21º15’30.5’’ N", "lat", 21.258472), ("21:15:30.5", "lat", 21.258472), ("85d15m30sE", "lon", 85.258333),
    ("85 deg 15.5 min E", "lon", 85.258333), ("12°30' S", "lat", -12.5), ("-70 30 0", "lon", -70.5),
    ("70°30'W", "lon", -70.5), (21.5, "lat", 21.5), ("-36.18", "lat", -36.18), ("E85°", "lon", 85.0),
])  # fmt: skip
def test_angles_in_any_usual_writing(text, axis, degrees):
    assert parse_angle(text, axis) == pytest.approx(degrees, abs=1e-6)


@pytest.mark.parametrize(("text", "axis"), [
    ("21°75'N", "lat"), ("21°15'30\"E", "lat"), ("about 21", "lat"), ("21.5 15 30", "lat"), ("NaN", "lon"), ("", "lon"),
])  # fmt: skip
def test_angles_that_are_none(text, axis):
    with pytest.raises(ValueError, match=r"is|has|ends"):
        parse_angle(text, axis)


CORNERS = [(84.0, 20.0), (84.02, 20.0), (84.02, 20.02), (84.0, 20.02)]


def dms(degrees: float, letters: str) -> str:
    seconds = round(abs(degrees) * 3600, 3)
    return f"{int(seconds // 3600)}°{int(seconds % 3600 // 60)}'{seconds % 60:.3f}\"{letters[degrees < 0]}"


def corner_rows(kind: str) -> list[list[Any]]:
    if kind == "utm":
        to_utm = Transformer.from_crs(4326, 32645, always_xy=True).transform
        pairs, head = [to_utm(*corner) for corner in CORNERS], ["Easting (m)", "Northing (m)", "UTM Zone"]
        pairs = [(*pair, "45N") for pair in pairs]
    else:
        head = ["Longitude", "Latitude"]
        pairs = [(dms(x, "EW"), dms(y, "NS")) for x, y in CORNERS] if kind == "dms" else CORNERS
    rows = [["Block", "State", "Minerals", "Area (ha)", "Corner", *head]]
    for number in (3, 1, 4, 2):  # in any order; only the first row of a block names its facts
        first = number == 3
        facts = ["Test Block", "Orissa", "Graphite; V", 463.0] if first else [None, None, None, None]
        rows.append([*facts, f"BP-{number}", *pairs[number - 1]])
    return rows


MAPPED = """
[columns]
name = "Block"
area_ha = "Area (ha)"
[defaults]
asset_class = "central_auction_block"
concession = "CL"
"""


@pytest.mark.parametrize("kind", ["decimal", "dms", "utm"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_a_corner_table_becomes_polygons(tmp_path, kind, ending):
    write = write_csv if ending == "csv" else write_xlsx
    path = write(tmp_path / f"corners.{ending}", corner_rows(kind))
    (tmp_path / "m.toml").write_text(MAPPED)
    outcome = read_all("blocks", path, tmp_path / "m.toml")
    assert not outcome.errors()
    (record,) = outcome.records
    assert record.id == "test-block"
    assert record.geometry.hausdorff_distance(shapely.Polygon(CORNERS)) < 1e-7
    assert record.properties["minerals"] == ["graphite", "vanadium"]
    assert (record.properties["state"], record.properties["area_ha"]) == ("Odisha", 463)
    assert (record.properties["lon"], record.properties["lat"]) == (84.01, 20.01)
    assert any("WGS 84 is assumed" in f.message for f in outcome.findings)
    SHAPES["blocks"].model_validate(record.properties)


@pytest.mark.parametrize("by", ["column", "option"])
def test_everest_1830_is_moved(tmp_path, by):
    rows = corner_rows("decimal")
    if by == "column":
        rows = [[*rows[0], "Datum"], *([*row, "Everest 1830"] for row in rows[1:])]
    path = write_csv(tmp_path / "corners.csv", rows)
    (tmp_path / "m.toml").write_text(MAPPED)
    options = {"datum": "Everest 1830"} if by == "option" else {}
    (record,) = read_all("blocks", path, tmp_path / "m.toml", **options).records
    assert record.source_crs == "EPSG:4146"
    x, y = record.geometry.centroid.coords[0]
    metres = np.hypot((x - 84.01) * 104_600, (y - 20.01) * 110_700)
    assert 50 < metres < 400
    assert not any(
        "assumed" in f.message and "datum" in f.message
        for f in read_all("blocks", path, tmp_path / "m.toml", **options).findings
    )


def test_corners_that_cannot_be_read_name_their_row_and_column(tmp_path):
    rows = corner_rows("dms")
    rows[2][-1] = "20°75'00\"N"
    (tmp_path / "m.toml").write_text(MAPPED)
    outcome = read_all("blocks", write_csv(tmp_path / "c.csv", rows), tmp_path / "m.toml")
    (error,) = outcome.errors()
    assert (error.row, error.column, outcome.records) == (3, "Latitude", [])


def test_names_of_datums_and_zones():
    assert parse_crs("EPSG:32645").to_epsg() == 32645
    assert parse_crs("Kalianpur 1975").to_epsg() == 4146
    assert parse_crs("WGS 84").to_epsg() == parse_crs("WGS-84").to_epsg() == 4326
    assert parse_crs("WGS 84 / UTM zone 44N").to_epsg() == 32644
    assert utm("44Q").to_epsg() == 32644
    assert utm("44S").to_epsg() == 32744
    assert utm("44", parse_crs("Everest 1830")).to_epsg() == 24344
    with pytest.raises(LoadError, match="no reference system"):
        parse_crs("nowhere at all")
    with pytest.raises(LoadError, match="no UTM zone"):
        utm("61N")


def test_slugs_are_plain_and_the_same():
    assert slug_of("Łódź & Café (St. John's)") == "lodz-cafe-st-johns"
    assert slug_of("ओडिशा") == slug_of("ओडिशा ") == "oddishaa"
    assert slug_of("ଓଡ଼ିଶା").isascii()
    assert slug_of("金") == slug_of("金") != slug_of("銀")
    assert len(slug_of("x" * 500)) == 120


def test_ids_are_made_of_the_name_and_of_the_state_where_two_share_it(tmp_path):
    rows = [
        ["name", "state", "lon", "lat"],
        ["Port A", "Odisha", 86, 20],
        ["Port A", "Gujarat", 70, 22],
        ["B", "Goa", 74, 15],
    ]
    ids = [r.id for r in read_all("ports", write_csv(tmp_path / "p.csv", rows), size=1).records]
    assert ids == ["port-a-odisha", "port-a-gujarat", "b"]


# Bad files: one sentence, with row and column where there is one.


def cut_geojson(folder: Path) -> Path:
    path = folder / "cut.geojson"
    text = json.dumps({"type": "FeatureCollection", "features": AREAL}, indent=1)
    path.write_text(text[: len(text) // 2])
    return path


def no_prj(folder: Path) -> Path:
    path = write_layer(folder / "b.shp", "ESRI Shapefile")
    path.with_suffix(".prj").unlink()
    return path


def latin_1(folder: Path) -> Path:
    path = folder / "p.csv"
    path.write_bytes("name,state,lon,lat\nParadip,Odisha,86,20\nPort Café,Goa,74,15\n".encode("latin-1"))
    return path


def cut_layer(folder: Path) -> Path:
    path = write_layer(folder / "b.fgb", "FlatGeobuf")
    path.write_bytes(path.read_bytes()[:-3000])
    return path


def huge_zip(folder: Path) -> Path:
    """Ten gigabytes of zeros in a directory that says so; only a little of it is there."""
    path = folder / "z.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("b.shp", "w", force_zip64=True) as file,
    ):
        for _ in range(40):
            file.write(bytes(1 << 20))
    return path


@pytest.mark.parametrize(("make", "sentence"), [
    (cut_geojson, r"feature \d+ cannot be read, the file ends within it \(line \d+, column \d+\)"),
    (no_prj, r"has no \.prj beside it"),
    (latin_1, r"p\.csv, line 3, column “name”: the byte 0xe9 is not UTF-8"),
    (cut_layer, r"breaks off|cannot be"),
    (huge_zip, r"would unpack from [\d,]+ to 41,943,040 bytes"),
])  # fmt: skip
def test_files_that_cannot_be_read(tmp_path, make, sentence):
    with pytest.raises(LoadError, match=sentence):
        read_all("ports" if make is latin_1 else "blocks", make(tmp_path))


@pytest.mark.parametrize(("name", "content", "sentence"), [
    ("a.geojson", b'{"type":"Topology"}', "no list"), ("a.geojson", b"", "is empty"),
    ("a.geojson", b"[1,2", "not JSON"),
    ("a.geojson", b'{"features":[{"type":"Feature","properties":{"name":"caf\xe9"}}]}', "line 1, column 57"),
    ("a.xlsx", b"no zip", "cannot be unpacked"), ("a.zip", b"PK\x03\x04rest", "cannot be unpacked"),
    ("a.parquet", b"PAR1", "no Parquet"), ("a.gpkg", b"nothing", "cannot be opened"), ("a.pdf", b"%PDF", "are read"),
    ("a.csv", b"\n\n", "no header"), ("a.csv", b"a,a\n1,2\n", "several columns"),
    ("a.kml", b"<kml", "cannot be|layers"),
    ("a.csv", b"name,state\n\0,1\n", "NUL"),
])  # fmt: skip
def test_what_is_no_such_file(tmp_path, name, content, sentence):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(LoadError, match=sentence):
        read_all("ports", path)


def test_text_of_a_layer_that_is_no_utf_8_names_row_and_column(tmp_path):
    path = write_layer(tmp_path / "b.fgb", "FlatGeobuf", SPATIAL_INDEX="NO")
    name = AREAL[4]["properties"]["name"].encode()
    path.write_bytes(path.read_bytes().replace(name, name[:3] + b"\xe9" + name[4:], 1))
    with pytest.raises(LoadError, match="Row 5, column “name”: the text is not UTF-8"):
        read_all("blocks", path)


def test_a_file_that_is_of_another_kind_is_refused(tmp_path):
    path = write_layer(tmp_path / "b.gpkg", "GPKG").rename(tmp_path / "b.fgb")
    with pytest.raises(LoadError, match="is not FlatGeobuf but GPKG"):
        open_source(path)


def test_entities_of_kml_do_not_blow_up(tmp_path):
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    path = tmp_path / "b.kml"
    path.write_text(
        f'<?xml version="1.0"?><!DOCTYPE kml [<!ENTITY l0 "ha">{laughs}]><kml xmlns="http://www.opengis.net/kml/2.2">'
        "<Document><Placemark><name>&l9;</name><Point><coordinates>84,20</coordinates></Point></Placemark></Document></kml>"
    )
    with pytest.raises(LoadError):
        read_all("ports", path)


def test_an_archive_that_lies_about_its_size_is_stopped_while_it_is_read(tmp_path, monkeypatch):
    path = tmp_path / "b.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("b.shp", bytes(5 << 20))
    monkeypatch.setattr(archives, "_check_sizes", lambda path, archive: None)
    monkeypatch.setattr(archives, "LARGEST_BYTES", 1 << 20)
    with pytest.raises(LoadError, match="unpacks to more than"):
        archives.unpack(path, frozenset({".shp"}))


def test_what_was_unpacked_is_removed(tmp_path):
    test_shapefiles_are_read_zipped_too(tmp_path, True)
    with open_source(tmp_path / "b.zip") as source:
        folder = Path(source.folder.name)
        assert folder.is_dir()
    assert not folder.exists()


def test_geojson_says_its_older_crs(tmp_path):
    there = Transformer.from_crs(4326, 32644, always_xy=True).transform
    known = [f | {"geometry": geojson_of(moved(shape(f["geometry"]), there))} for f in AREAL]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32644"}}
    path = tmp_path / "b.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": known}))
    check_known(read_all("blocks", path), tolerance=1e-7)


# --- what appears late, what is no number ------------------------------------------------------------------------


@pytest.mark.parametrize("ending", [".geojson", ".geojsonl"])
def test_a_property_that_appears_late_is_a_column(tmp_path, ending):
    known = [
        {"type": "Feature", "id": f"p{number}", "geometry": None, "properties": {"name": f"P {number}"}}
        for number in range(2_500)
    ]
    known[1_700]["properties"]["note"] = "first seen here"
    path = tmp_path / f"late{ending}"
    lines = "\n".join(json.dumps(feature) for feature in known)
    collection = json.dumps({"type": "FeatureCollection", "features": known})
    path.write_text(collection if ending == ".geojson" else lines)
    with open_source(path) as source:
        assert source.columns == ("name", "id", "note")
        assert source.count == 2_500
        rows = [row for batch in source.batches() for row in batch]
    assert rows[1_700].values["note"] == "first seen here"
    assert sum("note" in row.values for row in rows) == 1


def test_nan_inside_an_object_is_an_error_of_its_row(tmp_path):
    path = tmp_path / "nan.geojson"
    nested = '{"type":"Feature","id":"a","geometry":null,"properties":{"exploration":{"drilled_m":[1,NaN]}}}'
    plain = '{"type":"Feature","id":"b","geometry":null,"properties":{"exploration":{"note":"NaN is a word here"}}}'
    top = '{"type":"Feature","id":"c","geometry":null,"properties":{"area_ha":-Infinity,"notes":["NaN"]}}'
    path.write_text(f'{{"type":"FeatureCollection","features":[{nested},{plain},{top}]}}')
    with open_source(path) as source:
        rows = [row for batch in source.batches() for row in batch]
    assert [row.fault is not None for row in rows] == [True, False, False]
    fault = rows[0].fault
    assert (fault.row, fault.column, fault.level) == (1, "exploration", "error") and "NaN" in fault.message
