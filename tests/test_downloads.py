"""Downloads: the whole selection in eight formats, each saying what it is, none ever half."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import socket
import tempfile
import zipfile
from base64 import b64encode
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import psycopg
import pyarrow.parquet as pq
import pyogrio
import pytest
import shapely
from factories import make_block, make_unit
from fastapi.testclient import TestClient
from pyproj import Transformer
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.downloads import FORMATS, WrongCount
from app.downloads.shapefile import short_names
from app.routes import downloads

UTM_45N = "http://www.opengis.net/def/crs/EPSG/0/32645"
AWKWARD = 'नाम "quoted", ଓଡ଼ିଶା\nsecond line; =1+1'


def fetch(client: TestClient, name: str, **asked: str) -> Any:
    answer = client.get(f"/download/{name}", params=asked)
    assert answer.status_code == 200, answer.text[:300]
    return answer


def read_layer(content: bytes, ending: str) -> tuple[list[dict[str, Any]], list[Any], dict[str, Any]]:
    """Records, shapes and what GDAL says of the file."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"file.{ending}")
        file.write_bytes(content)
        path = f"/vsizip/{file}" if ending == "shp.zip" else str(file)
        info = pyogrio.read_info(path)
        meta, _, shapes, columns = pyogrio.raw.read(path)
        rows = [dict(zip(meta["fields"], cells, strict=True)) for cells in zip(*columns, strict=True)]
        return rows, list(shapely.from_wkb(shapes)), info


def read_all(content: bytes, ending: str) -> list[dict[str, Any]]:
    """The records of any format."""
    if ending == "geojson":
        return [feature["properties"] for feature in json.loads(content)["features"]]
    if ending == "csv":
        return list(csv.DictReader(io.StringIO(content.decode(), newline="")))
    if ending == "parquet":
        rows: list[dict[str, Any]] = pq.read_table(io.BytesIO(content)).to_pylist()
        return rows
    if ending == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
        heads, *cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
        return [dict(zip(heads, row, strict=True)) for row in cells]
    return read_layer(content, ending)[0]


@pytest.fixture
def blocks(session: Session) -> None:
    make_block(session, 84.0, 20.0, id="alpha", name=AWKWARD, minerals=["graphite", "vanadium"], area_ha=120.5,
               locality="=cmd()", notes=["x" * 400], aliases=["A; B"])  # fmt: skip
    make_block(session, 86.0, 22.0, id="beta", offshore=True, attempts=2, premium_percent=0.0)


@pytest.mark.parametrize("ending", FORMATS)
def test_each_format_holds_the_selection_and_says_how_much(client: TestClient, blocks: None, ending: str) -> None:
    answer = fetch(client, f"blocks.{ending}")
    assert answer.headers["x-row-count"] == "2"
    assert answer.headers["x-revision"] == "1"
    assert answer.headers["content-type"] == FORMATS[ending].media_type
    assert f"blocks-revision-1.{ending}" in answer.headers["content-disposition"]
    assert sorted(row["id"] for row in read_all(answer.content, ending)) == ["alpha", "beta"]  # FlatGeobuf: by place
    only = fetch(client, f"blocks.{ending}", filter="area_ha > 100")
    assert [row["id"] for row in read_all(only.content, ending)] == ["alpha"]


@pytest.mark.parametrize("ending", FORMATS)
def test_values_come_through_as_they_are(client: TestClient, blocks: None, ending: str) -> None:
    rows = read_all(fetch(client, f"blocks.{ending}").content, ending)
    alpha, beta = sorted(rows, key=lambda row: row["id"])
    assert alpha["Name" if ending == "kml" else "name"].replace("\r\n", "\n") == AWKWARD
    assert alpha["locality"] == "=cmd()"
    assert float(alpha["area_ha"]) == 120.5
    unknown = {""} if ending == "csv" else {None}
    assert beta["stage"] in unknown and alpha["district"] in unknown
    premium = "premium_pe" if ending == "shp.zip" else "premium_percent"
    assert float(beta[premium]) == 0.0
    assert alpha[premium] in unknown or alpha[premium] != alpha[premium]  # NaN where a reader has no null
    listed = alpha["minerals"]
    assert (json.loads(listed) if isinstance(listed, str) else listed) == ["graphite", "vanadium"]
    assert "Made up for a test" in str(alpha["sources"])


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "shp.zip", "kml", "geojson"])
def test_shapes_are_valid_and_of_the_collections_type(portal: TestClient, ending: str) -> None:
    for collection, kinds in (("blocks", {"Polygon", "MultiPolygon"}), ("processing-units", {"Point"})):
        rows, shapes, info = read_layer(fetch(portal, f"{collection}.{ending}").content, ending)
        assert len(rows) == len(shapes) > 40
        assert {shape.geom_type for shape in shapes} <= kinds and all(shape.is_valid for shape in shapes)
        assert info["crs"] in ("EPSG:4326", "OGC:CRS84")


@pytest.mark.parametrize("ending", ["gpkg", "fgb", "shp.zip", "geojson", "parquet", "csv"])
def test_files_have_easting_before_northing_in_the_system_asked_for(portal: TestClient, ending: str) -> None:
    to_utm = Transformer.from_crs(4326, 32645, always_xy=True)
    plain = {f["id"]: f for f in fetch(portal, "blocks.geojson", state="odisha").json()["features"]}
    answer = fetch(portal, f"blocks.{ending}", state="odisha", crs=UTM_45N)
    assert answer.headers["content-crs"] == f"<{UTM_45N}>"
    if ending == "parquet":
        table = pq.read_table(io.BytesIO(answer.content))
        shapes = shapely.from_wkb(table.column("geometry").to_pylist())
        ids = table.column("id").to_pylist()
        about = json.loads(table.schema.metadata[b"geo"])["columns"]["geometry"]
        assert about["crs"]["id"]["code"] == 32645
    elif ending == "csv":
        rows = read_all(answer.content, ending)
        ids, shapes = [row["id"] for row in rows], [shapely.from_wkt(row["wkt"]) for row in rows]
    else:
        rows, shapes, info = read_layer(answer.content, ending)
        ids = [row["id"] for row in rows]
        assert info["crs"] == "EPSG:32645"
    for record, shape in zip(ids, shapes, strict=True):
        wanted = shapely.transform(
            shapely.geometry.shape(plain[record]["geometry"]), to_utm.transform, interleaved=False
        )
        assert abs(wanted.centroid.x - shape.centroid.x) < 1 and abs(wanted.centroid.y - shape.centroid.y) < 1


@pytest.mark.parametrize("ending", FORMATS)
def test_an_empty_selection_is_a_whole_empty_file(portal: TestClient, ending: str) -> None:
    answer = fetch(portal, f"districts.{ending}")
    assert answer.headers["x-row-count"] == "0"
    assert read_all(answer.content, ending) == []


def manifest_of(content: bytes, ending: str) -> dict[str, Any]:
    """What a file says of itself."""
    if ending == "geojson":
        head: dict[str, Any] = json.loads(content)
        return head
    if ending == "parquet":
        found: dict[str, Any] = json.loads(pq.read_schema(io.BytesIO(content)).metadata[b"manifest"])
        return found
    if ending == "xlsx":
        sheet = openpyxl.load_workbook(io.BytesIO(content))["About"]
        return {str(row[0].value).replace(" ", "_"): row[1].value for row in sheet.iter_rows()}
    if ending == "shp.zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside: dict[str, Any] = json.loads(archive.read("manifest.json"))
            assert inside["collection"] in archive.read("README.txt").decode()
            return inside
    if ending == "kml":
        text = content.decode()
        return {
            line.split(": ")[0].replace(" ", "_"): line.split(": ", 1)[1] for line in text.split("\n") if ": " in line
        }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"file.{ending}")
        file.write_bytes(content)
        about: dict[str, Any] = pyogrio.read_info(file)["layer_metadata"]
        return about


@pytest.mark.parametrize("ending", [ending for ending in FORMATS if ending != "csv"])
def test_each_file_says_what_it_is(portal: TestClient, ending: str) -> None:
    said = manifest_of(fetch(portal, f"blocks.{ending}", state="odisha", status="offered").content, ending)
    count = fetch(portal, "blocks.csv", state="odisha", status="offered").headers["x-row-count"]
    assert str(said["row_count"]) == count != "0"
    assert str(said["revision"]) == "1"
    assert "state=odisha" in str(said["address"]).replace("&amp;", "&")
    assert "source keeps the rights" in str(said["licence"])
    assert str(said["made_at"]).startswith("20")


@pytest.mark.parametrize("ending", [ending for ending, kind in FORMATS.items() if kind.write])
def test_a_file_carries_its_digest_and_length(portal: TestClient, ending: str) -> None:
    answer = fetch(portal, f"ports.{ending}")
    digest = b64encode(hashlib.sha256(answer.content).digest()).decode()
    assert answer.headers["content-digest"] == f"sha-256=:{digest}:"


def test_short_names_are_unique_and_told(portal: TestClient) -> None:
    names = ["status", "status_since", "status_since_when", "status_sin"]
    assert list(short_names(names).values()) == ["status", "status_sin", "status_si2", "status_si3"]
    content = fetch(portal, "global-assets.shp.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        told = {
            row["field"]: row["property"] for row in csv.DictReader(io.StringIO(archive.read("fields.csv").decode()))
        }
        assert {"global-assets.shp", "global-assets.prj", "global-assets.cpg"} <= set(archive.namelist())
    assert set(read_layer(content, "shp.zip")[0][0]) == set(told)


def test_texts_that_a_shapefile_cuts_are_said(client: TestClient, session: Session) -> None:
    make_block(session, id="long", grade="अ" * 200)
    content = fetch(client, "blocks.shp.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert json.loads(archive.read("manifest.json"))["texts_cut"] == {"grade": 1}
        assert "grade (1)" in archive.read("README.txt").decode()
    assert read_all(content, "shp.zip")[0]["grade"] == "अ" * 84


def test_a_workbook_runs_nothing_and_says_what_does_not_fit(client: TestClient, session: Session) -> None:
    make_block(session, id="a", grade="=HYPERLINK(1)", resource_text=None, locality="y" * 40_000)
    book = openpyxl.load_workbook(io.BytesIO(fetch(client, "blocks.xlsx").content))
    row = dict(zip([c.value for c in book.worksheets[0][1]], book.worksheets[0][2], strict=True))
    assert (row["grade"].value, row["grade"].data_type) == ("=HYPERLINK(1)", "s")
    assert "too long" in row["locality"].value


def test_both_clocks_reach_the_files(portal: TestClient) -> None:
    then = fetch(portal, "blocks.csv", as_of="2024-06-30", revision="1")
    now = fetch(portal, "blocks.csv")
    assert then.headers["x-row-count"] == now.headers["x-row-count"]
    statuses = [[row["status"] for row in read_all(answer.content, "csv")] for answer in (then, now)]
    assert statuses[0] != statuses[1] and "" in statuses[0]


def test_a_copy_that_still_holds_is_not_made_again(portal: TestClient) -> None:
    etag = fetch(portal, "ports.gpkg").headers["etag"]
    assert portal.get("/download/ports.gpkg", headers={"If-None-Match": etag}).status_code == 304
    assert (
        portal.head("/download/ports.csv").headers["x-row-count"] == fetch(portal, "ports.csv").headers["x-row-count"]
    )


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("blocks.pdf", 404, "geojson"),
        ("blocks", 404, "geojson"),
        ("block.csv", 404, "blocks"),
        ("blocks.shp", 404, "shp.zip"),
        ("blocks.csv?limit=5", 400, "limit"),
        ("blocks.csv?offset=5", 400, "offset"),
        ("blocks.csv?colour=red", 400, "colour"),
        ("blocks.csv?crs=EPSG:1", 400, "crs"),
        (f"blocks.kml?crs={UTM_45N}", 400, "crs"),
        ("blocks.gpkg?filter=magic()=1", 400, "filter"),
        ("blocks.gpkg?sortby=geom", 400, "sortby"),
        ("ports.gpkg?stage=G4", 400, "stage"),
    ],
)
def test_bad_questions_get_a_sentence(portal: TestClient, address: str, status: int, said: str) -> None:
    answer = portal.get(f"/download/{address}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.text


# --- what fails half-way -----------------------------------------------------------------------------------------


def breaking(after: int, error: Exception) -> Any:
    """Instead of the rows: some of them, then an error."""
    real = {"rows": downloads.stream_rows, "features": downloads.stream_features}

    def broken(kind: str) -> Any:
        def stream(*args: Any) -> Iterator[Sequence[Any]]:
            batch = next(iter(real[kind](*args)))
            for row in batch[:after]:
                yield [row]
            raise error

        return stream

    return broken


GONE = OperationalError("SELECT", {}, psycopg.OperationalError("the connection is lost"))


@pytest.mark.parametrize("ending", [ending for ending, kind in FORMATS.items() if kind.write])
def test_a_file_that_fails_is_an_error_and_leaves_nothing(
    portal: TestClient, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    monkeypatch.setattr(downloads, "stream_rows", breaking(20, GONE)("rows"))
    before = set(Path(tempfile.gettempdir()).glob(f"{downloads.FOLDER_PREFIX}*"))
    answer = portal.get(f"/download/blocks.{ending}")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert set(Path(tempfile.gettempdir()).glob(f"{downloads.FOLDER_PREFIX}*")) == before


@pytest.mark.parametrize("ending", ["csv", "geojson"])
def test_a_stream_that_fails_never_looks_whole(monkeypatch: pytest.MonkeyPatch, live_url: str, ending: str) -> None:
    """One that is too long to be whole before it is sent."""
    monkeypatch.setattr(downloads, "_FIRST_BYTES", 1_000)
    broken = breaking(20, GONE)
    monkeypatch.setattr(downloads, "stream_rows", broken("rows"))
    monkeypatch.setattr(downloads, "stream_features", broken("features"))
    host, port = live_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        request = f"GET /download/blocks.{ending} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        connection.sendall(request.encode())
        got = b"".join(iter(lambda: connection.recv(65536), b""))
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"200" in head.split(b"\r\n")[0] and b"chunked" in head.lower()
    assert not body.endswith(b"0\r\n\r\n")  # the end that chunked encoding must have: RFC 9112, section 7.1
    assert b"\n]}" not in body


@pytest.mark.parametrize("ending", ["csv", "geojson"])
def test_a_short_stream_that_fails_is_an_error(
    portal: TestClient, monkeypatch: pytest.MonkeyPatch, ending: str
) -> None:
    broken = breaking(20, GONE)
    monkeypatch.setattr(downloads, "stream_rows", broken("rows"))
    monkeypatch.setattr(downloads, "stream_features", broken("features"))
    answer = portal.get(f"/download/blocks.{ending}")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")


def test_other_rows_than_were_counted_are_an_error(portal: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "count_known", lambda *args: 177)
    for ending in ("gpkg", "parquet", "xlsx", "csv", "geojson"):
        assert portal.get(f"/download/blocks.{ending}").status_code == 503
    monkeypatch.setattr(downloads, "_FIRST_BYTES", 1_000)
    for ending in ("csv", "geojson"):
        with pytest.raises(WrongCount):
            portal.get(f"/download/blocks.{ending}")


def test_removed_files_do_not_stay(portal: TestClient) -> None:
    before = set(Path(tempfile.gettempdir()).glob(f"{downloads.FOLDER_PREFIX}*"))
    fetch(portal, "blocks.gpkg")
    assert set(Path(tempfile.gettempdir()).glob(f"{downloads.FOLDER_PREFIX}*")) == before


def test_units_have_a_point_in_degrees_beside_them(client: TestClient, session: Session) -> None:
    make_unit(session, 84.5, 20.25, id="unit")
    row = read_all(fetch(client, "processing-units.csv", crs=UTM_45N).content, "csv")[0]
    assert (row["lon"], row["lat"]) == ("84.5", "20.25")
