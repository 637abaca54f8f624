"""A reader's own file as one geometry: every format, every fault with its sentence, and nothing that gets through."""

from __future__ import annotations

import io
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pyogrio.raw
import pytest
import shapely
from conftest import get_ids
from pyproj import Geod, Transformer
from shapely.geometry import mapping, shape
from sqlalchemy import text

from app.shapes import running
from app.shapes.limits import MOST_BYTES

ADDRESS = "/api/shapes"
# A lease with a corner cut and a hole, in Odisha, degrees.
LEASE = shapely.Polygon(
    [(84.6, 20.8), (85.412345, 20.8), (85.5, 20.91), (85.4, 21.2), (84.6, 21.1), (84.6, 20.8)],
    [[(84.9, 20.9), (84.9, 20.95), (85.0, 20.95), (84.9, 20.9)]],
)
BOW = shapely.Polygon([(84, 20), (84.1, 20.1), (84.1, 20), (84, 20.1), (84, 20)])
TRACK = shapely.LineString([(84.6, 20.8), (84.7, 20.9), (84.9, 20.85)])


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Where the portal makes its temporary folders; nothing is left there by any test."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


# The formats


def geojson(found=LEASE, **more):
    return json.dumps({"type": "Feature", "properties": {}, "geometry": mapping(found)} | more).encode()


def moved(found, crs):
    move = Transformer.from_crs("EPSG:4326", crs, always_xy=True).transform
    return shapely.transform(found, lambda xy: np.column_stack(move(xy[:, 0], xy[:, 1])))


def written(folder, name, driver, shapes=(LEASE,), crs="EPSG:4326", geometry_type=None, **options):
    """The bytes of a layer, written by GDAL; a Shapefile's as zip."""
    path = folder / f"made.{name.rpartition('.')[2] if driver != 'ESRI Shapefile' else 'shp'}"
    path.unlink(missing_ok=True)
    kind = geometry_type or ("Polygon" if {s.geom_type for s in shapes} == {"Polygon"} else "Unknown")
    brought = [moved(s, crs) if crs and crs != "EPSG:4326" else s for s in shapes]
    pyogrio.raw.write(
        str(path), shapely.to_wkb(np.array(brought, dtype=object)), [np.arange(len(shapes))], ["n"], geometry_type=kind,
        crs=crs, driver=driver, **options,
    )  # fmt: skip
    if driver != "ESRI Shapefile":
        return path.read_bytes()
    parts = {part.suffix: part.read_bytes() for part in folder.glob("made.*") if part.suffix != ".cpg"}
    if crs is None:
        parts.pop(".prj", None)
    return zipped({f"lease/Lease{ending.upper()}": content for ending, content in parts.items()})


def zipped(members, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def kml(found=LEASE, more=""):
    def ring(positions):
        return (
            f"<LinearRing><coordinates>{' '.join(f'{x!r},{y!r},12' for x, y in positions)}</coordinates></LinearRing>"
        )

    holes = "".join(f"<innerBoundaryIs>{ring(r.coords)}</innerBoundaryIs>" for r in found.interiors)
    area = f"<Polygon><outerBoundaryIs>{ring(found.exterior.coords)}</outerBoundaryIs>{holes}</Polygon>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        f"<Placemark><name>Lease</name>{area}</Placemark>{more}</Document></kml>"
    ).encode()


def gpx(inner=""):
    root = '<gpx version="1.1" creator="test" xmlns="http://www.topografix.com/GPX/1/1">'
    return f'<?xml version="1.0"?>{root}{inner}</gpx>'.encode()


def segment(positions):
    points = "".join(f'<trkpt lat="{y!r}" lon="{x!r}"><ele>3</ele></trkpt>' for x, y in positions)
    return f"<trkseg>{points}</trkseg>"


FORMATS = {
    "lease.geojson": lambda folder: geojson(),
    "lease.kml": lambda folder: kml(),
    "lease.kmz": lambda folder: zipped({"doc.kml": kml(), "files/icon.png": b"\x89PNG"}),
    "lease.zip": lambda folder: written(folder, "lease.zip", "ESRI Shapefile"),
    "lease.gpkg": lambda folder: written(folder, "lease.gpkg", "GPKG"),
    "lease.fgb": lambda folder: written(folder, "lease.fgb", "FlatGeobuf"),
    "utm.zip": lambda folder: written(folder, "utm.zip", "ESRI Shapefile", crs="EPSG:32645"),
    "national.gpkg": lambda folder: written(folder, "national.gpkg", "GPKG", crs="EPSG:7755"),
    "kalianpur.fgb": lambda folder: written(folder, "kalianpur.fgb", "FlatGeobuf", crs="EPSG:4146"),
    "utm.json": lambda folder: geojson(
        moved(LEASE, "EPSG:32645"), crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32645"}}
    ),
}
NAMES = {".geojson": "GeoJSON", ".json": "GeoJSON", ".kml": "KML", ".kmz": "KMZ", ".zip": "Shapefile"} | {
    ".gpkg": "GeoPackage", ".fgb": "FlatGeobuf"
}  # fmt: skip
SYSTEMS = {
    "utm.zip": "EPSG:32645",
    "national.gpkg": "EPSG:7755",
    "kalianpur.fgb": "EPSG:4146",
    "utm.json": "EPSG:32645",
}


def send(client, content, name="lease.geojson", **asked):
    return client.post(ADDRESS, params={"name": name} | asked, content=content)


def taken(client, content, name="lease.geojson", **asked):
    """The geometry and the properties of the answer."""
    response = send(client, content, name, **asked)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/geo+json"
    assert response.headers["cache-control"] == "no-store"
    return shape(response.json()["geometry"]), response.json()["properties"]


def refused(client, content, name="lease.geojson", status=400, **asked):
    """The problem document of the answer."""
    response = send(client, content, name, **asked)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_polygon(portal, tmp_path, name):
    found, about = taken(portal, FORMATS[name](tmp_path), name)
    assert found.is_valid and found.geom_type == "Polygon" and not found.has_z
    assert found.exterior.is_ccw
    assert shapely.hausdorff_distance(found.boundary, LEASE.boundary) < 1e-6
    assert (about["name"], about["format"]) == (name, NAMES[Path(name).suffix])
    assert about["source_crs"] == SYSTEMS.get(name, "EPSG:4326")
    assert (about["features"], about["vertices"], about["travels"]) == (1, 10, True)
    area, _ = Geod(ellps="WGS84").geometry_area_perimeter(LEASE)
    assert about["area_ha"] == pytest.approx(abs(area) / 10_000, rel=1e-6)
    assert about["length_km"] is None and about["buffer_km"] is None
    assert about["bbox"] == pytest.approx(LEASE.bounds, abs=1e-6)
    heights = ["Heights (third coordinates) are left out."] if about["format"] in ("KML", "KMZ") else []
    assert [n for n in about["notices"] if not n.startswith("Its long sides")] == heights


def test_the_text_is_short_and_true(portal):
    _, about = taken(portal, geojson())
    assert about["wkt"].startswith("POLYGON((84.6 20.8,85.412345 20.8,") and ", " not in about["wkt"]
    assert shapely.hausdorff_distance(shapely.from_wkt(about["wkt"]).boundary, LEASE.boundary) < 1e-6


def test_a_fine_shape_keeps_the_decimals_that_it_needs(portal):
    """Less than a centimetre wide: six decimals would fold it."""
    sliver = shapely.Polygon([(84, 20), (84.1, 20.0000001), (84.1, 20.0000002), (84, 20)])
    _, about = taken(portal, geojson(sliver))
    assert shapely.from_wkt(about["wkt"]).is_valid and shapely.from_wkt(about["wkt"]).area > 0


def test_long_sides_of_a_projected_file_are_told(portal, tmp_path):
    _, about = taken(portal, FORMATS["national.gpkg"](tmp_path), "national.gpkg")
    assert any(n.startswith("Its long sides are drawn straight in degrees, up to") for n in about["notices"])


def test_features_become_one(portal):
    """Two that touch are dissolved; a third lies by itself; one has no geometry."""
    squares = [
        shapely.box(84, 20, 84.1, 20.1),
        shapely.box(84.1, 20, 84.2, 20.1),
        shapely.box(85, 20, 85.1, 20.1),
        None,
    ]
    features = [{"type": "Feature", "properties": {}, "geometry": None if s is None else mapping(s)} for s in squares]
    document = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    found, about = taken(portal, document)
    assert found.equals(shapely.union_all(squares[:3])) and len(found.geoms) == 2
    assert about["features"] == 3
    assert about["notices"] == ["1 of 4 features have no geometry and are left out."]


def test_layers_are_taken_together(portal, tmp_path):
    path = tmp_path / "two.gpkg"
    for number, layer in enumerate(("a", "b")):
        box = shapely.box(84 + number, 20, 84.5 + number, 20.5)
        pyogrio.raw.write(
            str(path), np.array([shapely.to_wkb(box)], dtype=object), [np.arange(1)], ["n"], geometry_type="Polygon",
            crs="EPSG:4326", driver="GPKG", layer=layer, append=number > 0,
        )  # fmt: skip
    found, about = taken(portal, path.read_bytes(), "two.gpkg")
    assert len(found.geoms) == 2 and "2 layers are taken together." in about["notices"]


def test_a_receivers_track(portal):
    """Two stretches, one of a single point, a route and a waypoint."""
    route = '<rte><rtept lat="21" lon="85"/><rtept lat="21.1" lon="85"/></rte>'
    inner = f'<wpt lat="20.5" lon="84.5"/>{route}<trk>{segment(TRACK.coords)}{segment([(84.9, 20.9)])}</trk>'
    found, about = taken(portal, gpx(inner), "walk.gpx")
    assert {part.geom_type for part in found.geoms} == {"Point", "LineString"} and len(found.geoms) == 4
    assert TRACK in list(found.geoms)
    assert (about["features"], about["area_ha"], about["format"]) == (3, None, "GPX")
    both = Geod(ellps="WGS84").geometry_length(TRACK) + Geod(ellps="WGS84").line_length([85, 85], [21, 21.1])
    assert about["length_km"] == pytest.approx(both / 1000, abs=1e-4)
    assert "Heights (third coordinates) are left out." in about["notices"]
    assert any("buffer_km" in notice for notice in about["notices"])


def test_a_distance_makes_lines_useful(portal):
    _, about = taken(portal, gpx(f"<trk>{segment(TRACK.coords)}</trk>"), "walk.gpx", buffer_km="7.5")
    assert about["buffer_km"] == 7.5 and not any("buffer_km" in notice for notice in about["notices"])


def test_the_content_counts_not_the_name(portal):
    found, about = taken(portal, kml(), "lease.geojson")
    assert about["format"] == "KML" and found.geom_type == "Polygon"
    assert about["notices"][0] == "Its name ends in .geojson, but its content is KML; it is read as that."
    for name in ("", "../../etc/passwd", "C:\\maps\\lease", "/vsicurl/http://127.0.0.1/lease", "a\x00b\n"):
        _, about = taken(portal, geojson(), name)
        assert not set(about["name"]) & set("/\\\0\n")
    response = portal.post(ADDRESS, content=geojson())
    assert response.json()["properties"]["name"] == "The file"


def test_what_reads_text_in_other_encodings(portal):
    for content in (b"\xef\xbb\xbf" + geojson(), geojson().decode().encode("utf-16"), b"\n  " + geojson()):
        assert taken(portal, content)[0].equals(LEASE)


def test_a_shapefile_without_prj(portal, tmp_path):
    content = written(tmp_path, "x.zip", "ESRI Shapefile", [moved(LEASE, "EPSG:32645")], crs=None)
    problem = refused(portal, content, "x.zip")
    assert problem["parameter"] == "crs" and "has no .prj beside its .shp" in problem["detail"]
    assert "crs=EPSG:32645" in problem["detail"]
    found, about = taken(portal, content, "x.zip", crs="epsg:32645")
    assert shapely.hausdorff_distance(found.boundary, LEASE.boundary) < 1e-6 and about["source_crs"] == "EPSG:32645"


def test_a_system_that_the_file_contradicts(portal, tmp_path):
    problem = refused(portal, FORMATS["utm.zip"](tmp_path), "utm.zip", crs="EPSG:32644")
    assert problem["parameter"] == "crs" and "says itself" in problem["detail"] and "EPSG:32645" in problem["detail"]
    assert taken(portal, FORMATS["utm.zip"](tmp_path), "utm.zip", crs="EPSG:32645")[0].is_valid


def test_far_away_and_exchanged(portal):
    """Latitude first is a common slip; it is told, as it may be meant."""
    swapped = shapely.transform(LEASE, lambda xy: xy[:, ::-1])
    _, about = taken(portal, geojson(swapped))
    assert any("With longitude and latitude exchanged" in notice for notice in about["notices"])


# The filter


@pytest.mark.parametrize("name", ["lease.geojson", "utm.zip"])
def test_the_filter_finds_what_the_shape_meets(portal, catalogue, tmp_path, name):
    _, about = taken(portal, FORMATS[name](tmp_path), name)
    features = portal.get("/api/collections/blocks/items?limit=10000").json()["features"]
    meant = {f["id"] for f in features if shape(f["geometry"]).intersects(LEASE)}
    assert set(get_ids(portal, intersects=about["wkt"])) == meant and 0 < len(meant) < len(features)
    near = text(
        "SELECT id FROM block WHERE ST_DWithin(geom::geography, ST_GeomFromText(:wkt, 4326)::geography, 150000)"
    )
    ids = set(catalogue.scalars(near, {"wkt": LEASE.wkt}))
    assert set(get_ids(portal, intersects=about["wkt"], buffer_km=150)) == ids and len(ids) > len(meant)


def test_points_lines_and_areas_together_make_a_filter(portal):
    mixed = shapely.GeometryCollection([LEASE, TRACK, shapely.Point(80, 22), shapely.Point(80.5, 22)])
    _, about = taken(portal, geojson(mixed))
    alone = set().union(*(get_ids(portal, intersects=part.wkt, buffer_km=60) for part in mixed.geoms))
    assert set(get_ids(portal, intersects=about["wkt"], buffer_km=60)) == alone and alone


# Faults


def test_what_crosses_itself_is_told_with_its_place_and_mended_where_asked(portal):
    problem = refused(portal, geojson(BOW), "bow.geojson")
    assert problem["detail"].startswith("bow.geojson: feature 1 crosses itself at 84.050000, 20.050000 (longitude,")
    assert "repair=yes" in problem["detail"]
    offered = problem["repaired"]
    assert shape(offered["geometry"]).equals(shapely.make_valid(BOW)) and shape(offered["geometry"]).is_valid
    response = send(portal, geojson(BOW), "bow.geojson", repair="yes")
    assert response.status_code == 200 and response.json() == offered
    told = offered["properties"]["notices"]
    assert told == ["Feature 1 crosses itself at 84.050000, 20.050000 (longitude, latitude): repaired."]
    assert "repaired" not in refused(portal, geojson(BOW)[:100])


def test_a_repaired_area_stays_an_area(portal):
    """A spike falls off; it does not become a line beside the area."""
    spiked = shapely.Polygon([(84, 20), (84.1, 20), (84.2, 20), (84.1, 20), (84.1, 20.1), (84, 20.1), (84, 20)])
    found, about = taken(portal, geojson(spiked), repair="yes")
    assert found.equals(shapely.box(84, 20, 84.1, 20.1)) and about["length_km"] is None


def test_nothing_is_left_when_repaired(portal):
    flat = shapely.Polygon([(84, 20), (84.1, 20), (84.2, 20), (84, 20)])
    for repair in ("yes", "no"):
        problem = refused(portal, geojson(flat), repair=repair)
        assert "Nothing of it is left" in problem["detail"] and "repaired" not in problem


def test_a_scribble_is_not_repaired(portal):
    """A billion crossings would take all memory and time there is."""
    chance = random.Random(1)
    scribble = shapely.Polygon([(84 + chance.random(), 20 + chance.random()) for _ in range(50_000)])
    problem = refused(portal, geojson(scribble))
    assert "It has too many vertices to be repaired" in problem["detail"] and "repaired" not in problem


def circle(vertices):
    return shapely.Point(84, 20).buffer(0.5, quad_segs=vertices // 4)


def test_too_many_vertices(portal):
    problem = refused(portal, geojson(circle(10_000)), status=413)
    assert "10,001 vertices; at most 10,000" in problem["detail"]
    _, about = taken(portal, geojson(circle(9_996)))
    assert about["vertices"] == 9_997 and about["travels"] is False
    assert taken(portal, geojson(circle(196)))[1]["travels"] is True
    assert taken(portal, geojson(circle(200)))[1]["travels"] is False


def text_of(kind="Polygon", coordinates=((84, 20), (84.1, 20), (84.1, 20.1), (84, 20)), nest=True):
    return json.dumps({"type": kind, "coordinates": [coordinates] if nest else coordinates}).encode()


UTM_TEXT = text_of(coordinates=[(512345.5, 2300000), (512400, 2300000), (512400, 2300100), (512345.5, 2300000)])
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 200
# Name → bytes, and what the sentence must say.
BAD = {
    "empty.geojson": (b"", "empty.geojson is empty"),
    "blank.kml": (b" \n ", "is empty"),
    "picture.geojson": (PNG, "is a picture (PNG)"),
    "photo.kml": (b"\xff\xd8\xff\xe0" + b"x" * 50, "is a picture (JPEG)"),
    "plan.zip": (b"%PDF-1.7 ...", "is a PDF document"),
    "prose.geojson": (b"The lease lies north of the river.", "of no format that is known; GeoJSON, KML"),
    "table.csv": (b"lon,lat\n84,20\n", "of no format that is known"),
    "noise.gpkg": (bytes(range(128, 250)), "of no format that is known"),
    "cut.geojson": (geojson()[:150], "breaks off in line 1: it is cut short"),
    "cut.kml": (kml()[:300], "breaks off in line 1: it is cut short"),
    "cut.gpx": (gpx(f"<trk>{segment(TRACK.coords)}")[:200], "breaks off in line 1: it is cut short"),
    "comma.geojson": (b'{"type": "Point",, "coordinates": [84, 20]}', "is no JSON: line 1, column 18"),
    "plain.json": (b'{"a": 1}', "is JSON but no GeoJSON"),
    "list.json": (b"[1, 2]", "is JSON but no GeoJSON"),
    "topo.json": (b'{"type": "Topology"}', "is TopoJSON"),
    "latin.geojson": ('{"type": "Point", "coordinates": [84, 20], "é": 1}'.encode("latin-1"), "no text in UTF-8"),
    "deep.json": (b"[" * 100_000, "nested too deeply"),
    "none.geojson": (b'{"type": "FeatureCollection", "features": []}', "holds no shape"),
    "nothing.geojson": (geojson(shapely.Polygon()), "holds no shape"),
    "list.geojson": (b'{"type": "FeatureCollection", "features": 3}', "no list of “features”"),
    "odd.geojson": (b'{"type": "FeatureCollection", "features": [3]}', "member 1 of “features” is no Feature"),
    "text.geojson": (text_of("Point", ["84", "20"], nest=False), "holds something that is no number"),
    "nan.geojson": (b'{"type": "Point", "coordinates": [NaN, 20]}', "holds something that is no number"),
    "huge.geojson": (b'{"type": "Point", "coordinates": [1e999, 20]}', "holds something that is no number"),
    "digits.geojson": (b'{"type": "Point", "coordinates": [' + b"9" * 400 + b", 20]}", "cannot be read"),
    "more.geojson": (b'{"type": "Point", "coordinates": [' + b"9" * 5000 + b", 20]}", "a number that is too long"),
    "two.geojson": (text_of(coordinates=[(84, 20), (85, 20)]), "fewer than four positions"),
    "flat.geojson": (text_of("Polygon", [84, 20]), "not nested as its type wants"),
    "kind.geojson": (b'{"type": "Feature", "geometry": {"type": "Circle"}}', "no kind of shape"),
    "crs.geojson": (geojson(crs={"type": "name", "properties": {"name": "EPSG:1"}}), "is not known"),
    "unknown.geojson": (geojson(crs={"type": "name", "properties": {"name": "EPSG:999999"}}), "no reference system"),
    "metres.geojson": (UTM_TEXT, "off the earth at 512345.5, 2300000"),
    "pole.geojson": (text_of("Point", [84, 91], nest=False), "off the earth at 84, 91"),
    "page.kml": (b"<!DOCTYPE html><html><body><br></body></html>", "is a web page"),
    "page2.kml": (b"<html><body><p></body></html>", "is a web page"),
    "svg.kml": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "root is <svg>, neither KML nor GPX"),
    "doctype.kml": (b'<!DOCTYPE kml [<!ENTITY a "b">]><kml>&a;</kml>', "declares a DOCTYPE"),
    "broken.kml": (b"<kml><Document></kml>", "is damaged in line 1"),
    "link.kml": (b"<kml><NetworkLink><Link><href>http://x/</href></Link></NetworkLink></kml>", "only links to another"),
    "bare.kml": (b'<kml xmlns="http://www.opengis.net/kml/2.2"><Document/></kml>', "holds no shape"),
    "bare.gpx": (gpx(), "holds no tracks, routes or waypoints"),
    "vain.gpx": (gpx("<trk><trkseg/></trk>"), "holds no tracks, routes or waypoints"),
    "place.gpx": (gpx('\n<wpt lat="twenty" lon="84"/>'), "the point in line 2 has no lon and lat that are numbers"),
    "lease.shp": (b"\x00\x00\x27\x0a" + b"\0" * 100, "one part of a Shapefile"),
    "lease.dbf": (b"\x03abc", "one part of a Shapefile"),
    "bare.zip": (zipped({"readme.txt": b"Hello"}), "holds neither a .shp nor a .kml"),
    "void.zip": (zipped({}), "holds neither a .shp nor a .kml"),
    "halves.zip": (zipped({"a.shp": b"\x00\x00\x27\x0a", "a.prj": b"x"}), "cannot be read, it is damaged or cut short"),
    "broken.kmz": (zipped({"doc.kml": b"<kml><Document>"}), "breaks off in line 1"),
    "other.kmz": (zipped({"doc.kml": gpx('<wpt lat="20" lon="84"/>')}), "is no KML"),
    "lzma.zip": (zipped({"a.shp": b"abc" * 99}, zipfile.ZIP_LZMA), "packed by a method that is not read"),
    "twice.zip": (zipped({"a.shp": b"abc", "A.SHP": b"abc"}), "two files named .shp"),
    "cut.zip": (zipped({"a.shp": random.Random(1).randbytes(900)})[:500], "cannot be unpacked: it is damaged or cut"),
    "vrt.kml": (b"<OGRVRTDataSource><OGRVRTLayer name='x'/></OGRVRTDataSource>", "neither KML nor GPX"),
    "cut.fgb": (b"fgb\x03fgb\x00" + b"\xff" * 99, "cannot be read, it is damaged or cut short"),
    "cut.gpkg": (b"SQLite format 3\0" + b"\0" * 300, "is damaged or cut short"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_a_sentence(portal, name):
    content, words = BAD[name]
    problem = refused(portal, content, name)
    assert words in problem["detail"] and problem["detail"].startswith(name)
    assert problem["detail"].endswith((".", ")."))
    assert problem["parameter"] == "body" and "/tmp" not in problem["detail"]


def test_files_cut_in_half(portal, tmp_path):
    for name, make in FORMATS.items():
        content = make(tmp_path)
        problem = refused(portal, content[: len(content) // 2], name)
        assert problem["detail"].startswith(name), problem


def test_a_locked_archive(portal):
    content = bytearray(zipped({"a.shp": b"abc"}))
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + at] |= 1
    assert "locked with a password" in refused(portal, bytes(content), "a.zip")["detail"]


def database(folder, *statements):
    path = folder / "made.db"
    path.unlink(missing_ok=True)
    with sqlite3.connect(path) as opened:
        for statement in statements:
            opened.execute(statement)
    return path.read_bytes()


def test_a_database_that_is_no_plain_geopackage(portal, tmp_path):
    plain = database(tmp_path, "CREATE TABLE a (b)")
    assert "no GeoPackage" in refused(portal, plain, "a.gpkg")["detail"]
    path = tmp_path / "virtual.gpkg"
    path.write_bytes(FORMATS["lease.gpkg"](tmp_path))
    with sqlite3.connect(path) as opened:
        opened.execute("PRAGMA writable_schema=ON")
        sql = "CREATE VIRTUAL TABLE x USING VirtualOGR('/etc/passwd')"
        opened.execute("INSERT INTO sqlite_master VALUES ('table', 'x', 'x', 0, ?)", [sql])
    assert "virtual table" in refused(portal, path.read_bytes(), "virtual.gpkg")["detail"]


# Limits


def test_five_megabytes_and_no_more(portal):
    head = geojson()
    full = head + b" " * (MOST_BYTES - len(head))
    assert len(full) == 5_000_000 and taken(portal, full)[0].equals(LEASE)
    assert "more than 5,000,000 bytes" in refused(portal, full + b" ", status=413)["detail"]


def test_reading_stops_at_the_limit_without_a_length(portal):
    sent = []

    def pieces():
        for _ in range(400):
            sent.append(100_000)
            yield b" " * 100_000

    response = portal.post(ADDRESS, content=pieces())
    assert response.status_code == 413 and "more than 5,000,000 bytes" in response.json()["detail"]


def test_a_long_body_over_a_socket_is_not_read_to_its_end(live_url):
    """The answer is there though the sender never finishes."""
    import socket

    host, port = live_url.removeprefix("http://").split(":")
    for head in ("Content-Length: 900000000\r\n", "Transfer-Encoding: chunked\r\n"):
        with socket.create_connection((host, int(port)), timeout=10) as wire:
            wire.sendall(f"POST {ADDRESS} HTTP/1.1\r\nHost: x\r\n{head}\r\n".encode())
            if "chunked" in head:
                wire.sendall((b"186a0\r\n" + b" " * 100_000 + b"\r\n") * 51)
            assert wire.recv(400).startswith(b"HTTP/1.1 413")


# Starts what its arguments say and tells the most memory that it had, KiB. In between, as a process begins with the
# figure of the one that it was forked from, and pytest's is large.
METER = (
    "import os, subprocess, sys; p = subprocess.Popen(sys.argv[1:], stdin=0, stdout=subprocess.DEVNULL); "
    "print(os.wait4(p.pid, 0)[2].ru_maxrss)"
)


def peak_mib(content, name, folder):
    """The most memory that the reading process had, MiB."""
    asked = {"name": name, "crs": None, "buffer_km": None, "repair": False, "most_vertices": 10_000}
    done = subprocess.run(
        [sys.executable, "-c", METER, *running.COMMAND],
        input=json.dumps(asked).encode() + b"\n" + content, capture_output=True, cwd=folder,
        env=running._environment(str(folder)),
    )  # fmt: skip
    return int(done.stdout) / 1024


def zeros(gigabytes):
    """Deflated zeros, made of one piece again and again."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(b"\0" * 10_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    return piece * (gigabytes * 100) + zlib.compressobj(9, zlib.DEFLATED, -15).flush()


def bomb(packed, declared, copies=1, name="a.shp"):
    """An archive whose directory says `declared` bytes of each of its members, all of which share the same bytes."""
    import struct

    names = [f"{number}{name}".encode() for number in range(copies)]
    local = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 33, 0, len(packed), declared, len(names[0]), 0)
    entries = b"".join(
        struct.pack(
            "<4s6H3I5H2I", b"PK\x01\x02", 20, 20, 0, 8, 0, 33, 0, len(packed), declared, len(n), 0, 0, 0, 0, 0, 0
        )
        + n
        for n in names
    )
    body = local + names[0] + packed
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, copies, copies, len(entries), len(body), 0)
    return body + entries + end


@pytest.mark.parametrize(
    ("content", "status", "words"),
    [
        (lambda: bomb(zeros(1), 1_000_000_000, 10), 413, "unpack to 10,000,000,000 bytes"),
        (lambda: bomb(zeros(4), 4_000_000_000), 413, "unpack to 4,000,000,000 bytes"),
        (lambda: bomb(zeros(4), 1_000), 400, "damaged or cut short"),  # the directory lies
        (lambda: zipped({f"{n}.txt": b"" for n in range(1_001)}), 413, "1,001 files; at most 1,000"),
        (lambda: zipped({"a.shp": b"\0" * 30_000_000, "a.shx": b"\0" * 21_000_000}), 413, "51,000,000 bytes"),
    ],
)
def test_a_bomb_does_not_go_off(portal, tmp_path, content, status, words):
    made = content()
    assert len(made) < MOST_BYTES
    start = time.monotonic()
    assert peak_mib(made, "bomb.zip", tmp_path) < 160
    assert time.monotonic() - start < 5
    assert words in refused(portal, made, "bomb.zip", status)["detail"]


def test_the_process_is_bound(portal, monkeypatch):
    """What asks for more memory, or more of the processor, than is given comes to its end by itself."""
    bound = "from app.shapes import limits; limits.apply(); "
    for work, status, words in (
        ("bytearray(2 * 1024**3)", 400, "more memory than is given"),
        (
            "import resource as r; r.setrlimit(r.RLIMIT_CPU, (1, 1))\nwhile True: pass",
            413,
            "takes more than 10 seconds",
        ),
        ("open('big', 'wb').write(bytes(10**8)); print('{}')", 400, "damaged"),
        ("import os; os.kill(os.getpid(), 11)", 400, "damaged"),
    ):
        monkeypatch.setattr(running, "COMMAND", [sys.executable, "-P", "-c", bound + work])
        assert words in refused(portal, geojson(), status=status)["detail"]


def test_a_process_that_hangs_is_ended(portal, monkeypatch, tmp_path):
    note = tmp_path / "pid"
    code = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); open('left', 'w'); time.sleep(99)"
    monkeypatch.setattr(running, "COMMAND", [sys.executable, "-c", code])
    monkeypatch.setattr(running, "TIMEOUT_SECONDS", 1.0)
    start = time.monotonic()
    assert "takes more than 1 seconds to read" in refused(portal, geojson(), status=413)["detail"]
    assert time.monotonic() - start < 4
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


def test_more_at_once_wait_and_are_told(portal, monkeypatch):
    """A few wait, the others are told at once."""
    monkeypatch.setattr(running, "_WAIT_SECONDS", 0.1)
    for _ in range(running._AT_ONCE):
        assert running._SEATS.acquire(timeout=5)
    try:
        response = send(portal, geojson())
    finally:
        for _ in range(running._AT_ONCE):
            running._SEATS.release()
    assert response.status_code == 503 and response.headers["retry-after"] == "5"
    with ThreadPoolExecutor(12) as pool:
        codes = [answer.status_code for answer in pool.map(lambda _: send(portal, geojson()), range(12))]
    assert set(codes) == {200, 503}
    assert send(portal, geojson()).status_code == 200


def test_names_inside_an_archive_are_no_paths(portal, tmp_path):
    parts = zipfile.ZipFile(io.BytesIO(FORMATS["lease.zip"](tmp_path)))
    content = {Path(n).suffix.lower(): parts.read(n) for n in parts.namelist()}
    for stem in ("../../../../evil", "/evil", "..\\..\\evil", "C:\\evil", "/vsicurl/http://127.0.0.1/evil"):
        made = zipped({stem + ending: part for ending, part in content.items()})
        assert taken(portal, made, "evil.zip")[0].equals_exact(LEASE, 1e-6, normalize=True)
    assert not list(tmp_path.rglob("evil*")) and not Path("/evil.shp").exists()


def test_nothing_is_fetched(portal, tmp_path):
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host = f"http://127.0.0.1:{server.server_port}"
        link = f"<NetworkLink><Link><href>{host}/more.kml</href></Link></NetworkLink>"
        style = f"<Style id='s'><IconStyle><Icon><href>{host}/icon.png</href></Icon></IconStyle></Style>"
        assert taken(portal, kml(more=link + style), f"/vsicurl/{host}/lease.kml")[1]["features"] == 1
        vrt = f"<OGRVRTDataSource><OGRVRTLayer name='x'><SrcDataSource>/vsicurl/{host}/x.kml</SrcDataSource>"
        refused(portal, f"{vrt}</OGRVRTLayer></OGRVRTDataSource>".encode(), "x.kml")
        refused(portal, json.dumps({"type": "FeatureCollection", "$ref": host, "features": []}).encode())
        server.shutdown()
    assert asked == []


def test_the_process_knows_nothing_of_the_portal(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    assert not [n for n, value in running._environment("/x").items() if "secret" in value]


# Mutations

MUTATED = ("lease.geojson", "lease.kml", "lease.kmz", "lease.zip", "lease.gpkg", "lease.fgb", "walk.gpx", "utm.zip")


def mutated(content, chance):
    changed = bytearray(content)
    for _ in range(chance.choice((1, 3, 20))):
        place = chance.randrange(len(changed))
        action = chance.randrange(4)
        if action == 0:
            changed[place] ^= 1 << chance.randrange(8)
        elif action == 1:
            changed[place : place + chance.randrange(1, 60)] = b""
        elif action == 2:
            changed[place:place] = chance.randbytes(chance.randrange(1, 9))
        else:
            changed[place : place + 4] = chance.choice((b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f"))
        if not changed:
            break
    return bytes(changed[: chance.randrange(len(changed) + 1)] if chance.random() < 0.2 else changed)


@pytest.mark.parametrize("rounds", [5, pytest.param(25, marks=pytest.mark.slow)])
def test_no_mutated_file_breaks_the_portal(portal, tmp_path, caplog, rounds):
    """Bytes turned, cut out, put in, cut off, 200 files in the long proof. Each is taken or refused with a sentence."""
    chance = random.Random(rounds)
    sound = {name: make(tmp_path) for name, make in FORMATS.items() if name in MUTATED}
    sound["walk.gpx"] = gpx(f"<trk>{segment(TRACK.coords)}</trk>")
    files = [(name, mutated(sound[name], chance)) for _ in range(rounds) for name in MUTATED]
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda file: send(portal, file[1], file[0]), files))
    assert "Traceback" not in caplog.text
    codes = [answer.status_code for answer in answers]
    assert len(codes) == rounds * 8 and set(codes) <= {200, 400, 413}, codes
    assert codes.count(200) > 0.02 * len(codes) and codes.count(400) > 0.25 * len(codes)
    for answer in answers:
        if answer.status_code != 200:
            assert answer.json()["detail"] and "/tmp" not in answer.json()["detail"]


# The address


@pytest.mark.parametrize(
    ("query", "parameter", "words"),
    [
        ("nmae=x", "nmae", "Did you mean name?"),
        ("bbox=1,2,3,4", "bbox", "takes buffer_km, crs, lang, name, repair"),
        ("name=a&name=b", "name", "given twice"),
        ("buffer_km=far", "buffer_km", "not a number"),
        ("buffer_km=-1", "buffer_km", "outside 0 to 20100"),
        ("buffer_km=20101", "buffer_km", "outside 0 to 20100"),
        ("repair=maybe", "repair", "“maybe” is not yes or no"),
        ("crs=UTM", "crs", "no code such as EPSG:32645"),
        ("crs=", "crs", "no code such as EPSG:32645"),
        ("crs=EPSG:999999", "crs", "EPSG:999999 is no reference system"),
        ("crs=EPSG:5773", "crs", "is no reference system"),
        ("crs=/etc/passwd", "crs", "no code such as EPSG:32645"),
    ],
)
def test_parameters_are_strict(portal, query, parameter, words):
    response = portal.post(f"{ADDRESS}?{query}", content=geojson())
    assert response.status_code == 400, response.text
    assert response.json()["parameter"] == parameter and words in response.json()["detail"]


def test_only_post_is_answered(portal):
    for method in ("GET", "HEAD", "PUT", "DELETE", "PATCH"):
        response = portal.request(method, ADDRESS)
        assert response.status_code == 405 and response.headers["allow"] == "POST", method
        assert response.headers["content-type"] == "application/problem+json"
    assert portal.get(ADDRESS).json()["status"] == 405
    assert portal.post("/api").headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "image/png", "text/html"])
def test_other_bodies_are_not_taken(portal, kind):
    response = portal.post(ADDRESS, content=geojson(), headers={"content-type": kind})
    assert response.status_code == 415 and "send the bytes of one file as they are" in response.json()["detail"]


def test_what_browsers_and_curl_send_is_taken(portal):
    for kind in ("", "application/x-www-form-urlencoded", "application/geo+json", "application/octet-stream"):
        headers = {"content-type": kind} if kind else {}
        assert portal.post(ADDRESS, content=geojson(), headers=headers).status_code == 200, kind


def test_openapi_says_what_is_taken_and_answered(portal):
    operation = portal.get("/api/openapi.json").json()["paths"][ADDRESS]["post"]
    assert {p["name"] for p in operation["parameters"]} == {"name", "buffer_km", "crs", "repair", "lang"}
    assert {
        "application/octet-stream", "application/geo+json", "application/vnd.google-earth.kml+xml",
        "application/gpx+xml", "application/zip", "application/geopackage+sqlite3",
    } <= set(operation["requestBody"]["content"])  # fmt: skip
    assert set(operation["responses"]) == {"200", "400", "413", "415", "503"}
    assert "application/geo+json" in operation["responses"]["200"]["content"]
    for status in ("400", "413", "415", "503"):
        assert list(operation["responses"][status]["content"]) == ["application/problem+json"]
    assert portal.get("/api/openapi-ogc.json").json()["paths"]["/shapes"]["post"] == operation
