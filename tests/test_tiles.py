"""Vector tiles: shapes and counts against items and hand-placed records; tilesets, TileJSON, tile matrix sets."""

import gzip
import json
import os
import random
import subprocess
import sys
from itertools import pairwise
from math import asinh, atan, degrees, floor, pi, radians, sinh, tan
from pathlib import Path
from urllib.request import urlopen

import mapbox_vector_tile
import pyogrio
import pytest
from conftest import EMPTY, get_ids, get_json, get_problem
from datafiles import a_block, an_event
from factories import make_block, make_state, make_unit
from fastapi.testclient import TestClient
from geoalchemy2.shape import from_shape
from publishing import write_blocks
from shapely import MultiPolygon, Polygon, box
from shapely.geometry import shape
from sqlalchemy import text, true

from app.catalogue import COLLECTIONS, view_of
from app.ingest.load import load
from app.main import create_app
from app.queries.tiles import MEDIA_TYPE, MOST_SHAPES, Rule, fields_of, get_tile, shapes, shapes_from
from app.settings import Settings
from app.tiling import TILE_MATRIX_SETS, Tile, parse_tile

MERCATOR, WORLD = TILE_MATRIX_SETS["WebMercatorQuad"], TILE_MATRIX_SETS["WorldCRS84Quad"]
BLOCKS = view_of(COLLECTIONS["blocks"])
INDIA = (67.0, 5.0, 98.0, 38.0)
EVERYWHERE = (-180.0, -90.0, 180.0, 90.0)
CORNERS = ((80.0, 20.0), (80.3, 20.3), (-179.999, 0.0), (179.999, 0.1))
both_sets = pytest.mark.parametrize("matrix_set", [MERCATOR, WORLD], ids=lambda s: s.id)


def shares(matrix_set, lon, lat):
    """How far a place is from the set's left and upper edge, in widths and heights of the set."""
    lat = min(max(lat, matrix_set.bounds.south), matrix_set.bounds.north)
    y = 0.5 - lat / 180 if matrix_set is WORLD else 0.5 - asinh(tan(radians(lat))) / (2 * pi)
    return (lon + 180) / 360, y


def place_of(matrix_set, zoom, row, col, x, y, extent):
    """Degrees of a point in a tile; x and y from its upper left corner."""
    rows, columns = 2**zoom, 2**zoom * (2 if matrix_set is WORLD else 1)
    lon = (col + x / extent) / columns * 360 - 180
    share = (row + y / extent) / rows
    return lon, 90 - 180 * share if matrix_set is WORLD else degrees(atan(sinh(pi * (1 - 2 * share))))


def tiles_over(matrix_set, zoom, bounds):
    """Rows and columns of all tiles that a box in degrees touches."""
    west, south, east, north = bounds
    rows, columns = 2**zoom, 2**zoom * (2 if matrix_set is WORLD else 1)
    (x0, y0), (x1, y1) = shares(matrix_set, west, north), shares(matrix_set, east, south)
    for row in range(max(floor(y0 * rows), 0), min(floor(y1 * rows), rows - 1) + 1):
        for col in range(floor(x0 * columns), min(floor(x1 * columns), columns - 1) + 1):
            yield row, col


def tile_at(matrix_set, zoom, lon, lat):
    return next(tiles_over(matrix_set, zoom, (lon, lat, lon, lat)))


def decode(content):
    return mapbox_vector_tile.decode(content, default_options={"y_coord_down": True}) if content else {}


def fetch(client, zoom, row, col, *, collection="blocks", matrix_set=MERCATOR, **asked):
    """Layers of a tile; none for one in which nothing lies."""
    answer = client.get(f"/api/collections/{collection}/tiles/{matrix_set.id}/{zoom}/{row}/{col}", params=asked)
    assert answer.status_code == (200 if answer.content else 204), answer.text
    assert len(answer.content) <= 500_000
    return decode(answer.content)


def read_all(client, zoom, bounds, *, collection="blocks", matrix_set=MERCATOR, **asked):
    """Ids of all shapes and sum of all counts in the tiles over a box."""
    ids, count = set(), 0
    for row, col in tiles_over(matrix_set, zoom, bounds):
        layers = fetch(client, zoom, row, col, collection=collection, matrix_set=matrix_set, **asked)
        assert len(layers) <= 1 and set(layers) <= {collection, "counts"}
        for feature in layers.get(collection, {"features": []})["features"]:
            ids.add(feature["properties"]["id"])
        for feature in layers.get("counts", {"features": []})["features"]:
            assert ("id" in feature["properties"]) == (feature["properties"]["count"] == 1)
            count += feature["properties"]["count"]
    return ids, count


def copy_block(session, slug, number, west, south, east, north):
    """Many blocks like the one, somewhere in a box."""
    names = [c.name for c in BLOCKS.rows.columns]
    new = {
        "id": f"'{slug}-' || n",
        "name": "'Synthetic block ' || n || ' ' || repeat('x', 40)",
        "geom": "ST_Translate(geom, x - lon, y - lat)",
        "lon": "x",
        "lat": "y",
    }
    columns = ", ".join(f'"{name}"' for name in names)
    values = ", ".join(new.get(name, f'"{name}"') for name in names)
    session.execute(text("SELECT setseed(0.5)"))
    session.execute(
        text(
            f"INSERT INTO block ({columns}) SELECT {values} FROM block, (SELECT n, :w + (:e - :w) * random() AS x, "
            ":s + (:n - :s) * random() AS y FROM generate_series(1, :many) AS n) AS places WHERE id = :slug"
        ),
        {"w": west, "e": east, "s": south, "n": north, "many": number, "slug": slug},
    )


# Shapes: the ids of the items


FILTERS = [
    {},
    {"mineral": "graphite"},
    {"state": "odisha,andhra-pradesh"},
    {"stage": "G4"},
    {"status": "annulled,unknown"},
    {"q": "graphite"},
    {"bbox": "76,12,86,22"},
    {"near": "85,20", "within_km": 300},
    {"area_min_ha": 500},
    {"boundary_kind": "indicative"},
    {"filter": "area_ha > 300 AND S_INTERSECTS(geometry, BBOX(75,10,88,25))"},
    {"intersects": "POLYGON((75 10,88 10,80 25,75 10))"},
    {"as_of": "2024-06-30"},
    {"as_of": "2024-06-30", "status": "offered"},
    {"mineral": "graphite", "bbox": "0,0,1,1"},
]


def test_tiles_hold_the_ids_of_the_items(portal):
    generator = random.Random(6)
    seen = 0
    for asked in FILTERS:
        matrix_set, zoom = generator.choice([MERCATOR, WORLD]), generator.choice([0, 1, 2, 3, 4])
        wanted = set(get_ids(portal, **asked))
        found = read_all(portal, zoom, INDIA, matrix_set=matrix_set, **asked)
        assert found == (wanted, 0), (asked, matrix_set.id, zoom)
        seen += len(wanted)
    assert seen > 500


@both_sets
@pytest.mark.parametrize("zoom", [0, 2, 5])
def test_every_block_is_there_at_every_zoom(portal, matrix_set, zoom):
    assert read_all(portal, zoom, INDIA, matrix_set=matrix_set) == (set(get_ids(portal)), 0)


@pytest.mark.parametrize("collection", [name for name in COLLECTIONS if name not in EMPTY])
def test_every_collection_has_tiles(portal, collection):
    matrix_set, zoom = (WORLD, 1) if collection == "global-assets" else (MERCATOR, 4)
    bounds = EVERYWHERE if collection == "global-assets" else (66.0, 5.0, 98.0, 38.0)
    found = read_all(portal, zoom, bounds, collection=collection, matrix_set=matrix_set)
    assert found == (set(get_ids(portal, collection)), 0) and found[0]


def test_an_empty_collection_has_empty_tiles(portal):
    answer = portal.get("/api/collections/districts/tiles/WebMercatorQuad/0/0/0")
    assert (answer.status_code, answer.content) == (204, b"") and answer.headers["etag"]


def test_a_shape_has_the_items_properties(portal):
    row, col = tile_at(MERCATOR, 5, 85.6, 20.7)
    features = fetch(portal, 5, row, col)["blocks"]["features"]
    items = get_json(portal, "/api/collections/blocks/items?limit=10000")["features"]
    known = {item["id"]: item["properties"] for item in items}
    for feature in features:
        found = feature["properties"]
        wanted = {n: known[found["id"]][n] for n in "id name primary_mineral stage status boundary_kind".split()}
        assert found == {name: value for name, value in wanted.items() if value is not None}
    assert len(features) > 5


def test_the_status_is_that_of_the_day(portal):
    asked = {"as_of": "2024-03-31"}
    items = portal.get("/api/collections/blocks/items", params=asked | {"limit": 10_000}).json()["features"]
    row, col = tile_at(MERCATOR, 3, 80, 20)
    found = {
        f["properties"]["id"]: f["properties"].get("status")
        for f in fetch(portal, 3, row, col, **asked)["blocks"]["features"]
    }
    assert found and found.items() <= {item["id"]: item["properties"]["status"] for item in items}.items()
    assert found != {
        i: f["properties"].get("status")
        for i, f in zip(found, fetch(portal, 3, row, col)["blocks"]["features"], strict=True)
    }


def test_tiles_of_a_revision(database, load_url, folder):
    folder.features("blocks", [a_block("one", events=[an_event(1, "offered", "2024-06-24", "I")])])
    load(database, folder.path)
    write_blocks(database, [a_block("two")])
    row, col = tile_at(MERCATOR, 6, 84.01, 20.01)
    with TestClient(create_app(Settings(), load_url)) as client:

        def ids(**asked):
            features = fetch(client, 6, row, col, **asked).get("blocks", {"features": []})["features"]
            return {f["properties"]["id"] for f in features}

        assert (ids(revision=1), ids(revision=2), ids()) == ({"one"}, {"two"}, {"two"})
        here = f"/api/collections/blocks/tiles/WebMercatorQuad/6/{row}/{col}"
        assert client.get(f"{here}?revision=1").headers["etag"] != client.get(here).headers["etag"]


# Shapes: where they lie


@both_sets
@pytest.mark.parametrize("zoom", [5, 8, 11])
def test_a_known_polygon_lies_where_it_should(client, session, matrix_set, zoom):
    """An L, whose missing corner is the north-east one: a flipped or swapped axis would show."""
    corners = [(84.0, 20.0), (84.3, 20.0), (84.3, 20.1), (84.1, 20.1), (84.1, 20.2), (84.0, 20.2)]
    block = make_block(session, id="ell")
    block.geom = from_shape(MultiPolygon([Polygon(corners)]), srid=4326)
    session.flush()
    row, col = tile_at(matrix_set, zoom, 84.05, 20.05)
    layer = fetch(client, zoom, row, col, matrix_set=matrix_set)["blocks"]

    def place(x, y):
        return place_of(matrix_set, zoom, row, col, x, y, layer["extent"])

    (feature,) = layer["features"]
    found = Polygon([place(x, y) for x, y in shape(feature["geometry"]).exterior.coords])
    inside = box(*place(-128, 4096 + 128), *place(4096 + 128, -128)).intersection(Polygon(corners))
    pixel = 360 / 2**zoom / 256
    for corner in inside.exterior.coords:
        assert min(max(abs(corner[0] - x), abs(corner[1] - y)) for x, y in found.exterior.coords) < pixel / 8
    assert found.symmetric_difference(inside).area < 0.02 * inside.area


@both_sets
def test_what_is_in_two_tiles_is_drawn_in_both_and_cut(client, session, matrix_set):
    make_block(session, 90.0, 0.0, side_degrees=4.0, id="over-four")
    zoom = 3
    found = list(tiles_over(matrix_set, zoom, (89.0, -1.0, 91.0, 1.0)))
    assert len(found) == 4
    for row, col in found:
        layer = fetch(client, zoom, row, col, matrix_set=matrix_set)["blocks"]
        west, south, east, north = shape(layer["features"][0]["geometry"]).bounds
        assert min(west, south) >= -128 and max(east, north) <= 4096 + 128


def test_a_tiny_block_is_a_square_of_a_pixel(client, session):
    make_block(session, 84.0, 20.0, side_degrees=0.0001, id="tiny")
    for zoom in (0, 3, 8):
        row, col = tile_at(MERCATOR, zoom, 84.0, 20.0)
        layer = fetch(client, zoom, row, col)["blocks"]
        square = shape(layer["features"][0]["geometry"])
        west, north, east, south = square.bounds
        assert layer["extent"] == 4096 and (east - west, south - north) == (16, 16)
        lon, lat = place_of(MERCATOR, zoom, row, col, *square.centroid.coords[0], 4096)
        assert max(abs(lon - 84.0), abs(lat - 20.0)) < 360 / 2**zoom / 256
    row, col = tile_at(MERCATOR, 19, 84.0, 20.0)
    assert shape(fetch(client, 19, row, col)["blocks"]["features"][0]["geometry"]).area > 300 * 300


def test_a_thread_of_a_block_is_there(client, session):
    """Long enough to be seen, too thin for the grid."""
    block = make_block(session, id="thread")
    block.geom = from_shape(MultiPolygon([box(80.0, 20.0, 90.0, 20.0001)]), srid=4326)
    session.flush()
    for zoom in (0, 2, 4, 5):
        assert read_all(client, zoom, INDIA) == ({"thread"}, 0)


def test_rings_are_wound_as_the_format_wants(client, session):
    """Outer rings have a positive area where y runs down. Source: Mapbox Vector Tile 2.1, 4.3.4.4."""
    make_block(session, 84.0, 20.0, id="tiny")
    make_block(session, 80.0, 20.0, side_degrees=3.0, id="large")
    row, col = tile_at(MERCATOR, 3, 82.0, 20.0)
    for feature in fetch(client, 3, row, col)["blocks"]["features"]:
        (ring,) = feature["geometry"]["coordinates"]
        area = sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise(ring))
        assert area > 0, feature


@both_sets
@pytest.mark.parametrize("zoom", [0, 1, 5])
def test_a_block_across_the_antimeridian_is_on_both_sides(client, session, matrix_set, zoom):
    block = make_block(session, id="across")
    block.geom = from_shape(MultiPolygon([box(175.0, -5.0, 180.0, 5.0), box(-180.0, -5.0, -175.0, 5.0)]), srid=4326)
    session.flush()
    for lon in (179.9, -179.9):
        row, col = tile_at(matrix_set, zoom, lon, 1.0)
        layer = fetch(client, zoom, row, col, matrix_set=matrix_set)["blocks"]
        places = [
            place_of(matrix_set, zoom, row, col, *corner, layer["extent"])
            for feature in layer["features"]
            for part in getattr(shape(feature["geometry"]), "geoms", [shape(feature["geometry"])])
            for corner in part.exterior.coords
        ]
        assert {f["properties"]["id"] for f in layer["features"]} == {"across"}
        assert any(abs(x - lon) < 1 for x, _ in places)


@both_sets
def test_what_lies_at_the_antimeridian_reaches_into_the_other_side(client, session, matrix_set):
    make_unit(session, 180.0, 10.0, id="east-end")
    make_unit(session, -179.99, -10.0, id="west-end")
    for lon in (179.0, -179.0):
        row, _ = tile_at(matrix_set, 0, lon, 1.0)
        _, col = tile_at(matrix_set, 0, lon, 1.0)
        layer = fetch(client, 0, row, col, collection="processing-units", matrix_set=matrix_set)["processing-units"]
        assert {f["properties"]["id"] for f in layer["features"]} == {"east-end", "west-end"}
        assert all(-128 <= f["geometry"]["coordinates"][0] <= 4096 + 128 for f in layer["features"])


def test_the_poles_are_in_the_world_but_not_in_mercator(client, session):
    for name, lat in {"north": 90.0, "south": -90.0, "high": 85.2, "low": 85.0}.items():
        make_unit(session, 10.0, lat, id=name)
    state = make_state(session, "polar", "IN-XX", -60, 60, 60, 90)
    names = {"collection": "processing-units"}
    assert read_all(client, 1, EVERYWHERE, matrix_set=WORLD, **names)[0] == {"north", "south", "high", "low"}
    assert read_all(client, 2, EVERYWHERE, **names)[0] == {"low"}
    assert read_all(client, 2, EVERYWHERE, collection="states") == ({state.id}, 0)


# Counts


def count_all(session, zoom, matrix_set, rule, bounds=EVERYWHERE, view=BLOCKS, question=None):
    """Features of the counts, with their tiles."""
    found = []
    for row, col in tiles_over(matrix_set, zoom, bounds):
        content = get_tile(session, view, true(), Tile(matrix_set, zoom, row, col), question, rule)
        layers = decode(content)
        assert set(layers) <= {"counts"}
        found += [((row, col), feature) for feature in layers.get("counts", {"features": []})["features"]]
    return found


@both_sets
@pytest.mark.parametrize("zoom", [0, 1, 2])
def test_a_record_is_counted_once_wherever_it_lies(session, matrix_set, zoom):
    """On corners and edges of tiles and cells, at both ends of the world, across the antimeridian."""
    places = [
        (lon, lat)
        for lon in (-180.0, -90.0, -45.0, 0.0, 11.25, 22.5, 84.3, 90.0, 179.99, 180.0)
        for lat in (-66.51326044311186, -45.0, 0.0, 5.625, 20.7, 45.0, 66.51326044311186)
    ]
    for number, (lon, lat) in enumerate(places):
        make_unit(session, lon, lat, id=f"unit-{number}")
    units = view_of(COLLECTIONS["processing-units"])
    found = count_all(session, zoom, matrix_set, Rule(most_shapes=1), view=units)
    assert sum(feature["properties"]["count"] for _, feature in found) == len(places)
    singles = [feature["properties"]["id"] for _, feature in found if feature["properties"]["count"] == 1]
    assert len(set(singles)) == len(singles)


@both_sets
def test_points_of_counts_lie_where_the_records_do(session, matrix_set):
    make_block(session, 84.3, 20.7, id="alone")
    for number in range(4):
        make_block(session, -60.0 + number / 100, -30.0, id=f"near-{number}")
    found = count_all(session, 2, matrix_set, Rule(most_shapes=1))
    places = {
        feature["properties"]["count"]: place_of(matrix_set, 2, *tile, *feature["geometry"]["coordinates"], 4096)
        for tile, feature in found
    }
    assert set(places) == {1, 4}
    assert places[1] == pytest.approx((84.3, 20.7), abs=0.05) and places[4] == pytest.approx((-59.985, -30.0), abs=0.05)
    assert [f["properties"].get("id") for _, f in found if f["properties"]["count"] == 1] == ["alone"]


def test_a_block_across_the_antimeridian_is_counted_at_its_side(session):
    for number in range(2):
        block = make_block(session, id=f"across-{number}")
        parts = [box(177.0, -5.0, 180.0, 5.0), box(-180.0, -5.0, -175.0, 5.0)]
        block.geom = from_shape(MultiPolygon(parts), srid=4326)
    session.flush()
    (((row, col), feature),) = count_all(session, 2, MERCATOR, Rule(most_shapes=1))
    lon, lat = place_of(MERCATOR, 2, row, col, *feature["geometry"]["coordinates"], 4096)
    assert abs(lon) > 174 and abs(lat) < 5 and feature["properties"]["count"] == 2


@pytest.fixture
def many(session):
    """More blocks than are drawn at low zooms, over India."""
    make_block(session, 80.0, 20.0, side_degrees=0.01, id="seed", stage="G4", minerals=["graphite"])
    copy_block(session, "seed", 6_000, 70, 10, 90, 30)
    return 6_001


@both_sets
def test_a_large_selection_is_counted_first_and_drawn_later(client, many, matrix_set):
    matched = get_json(client, "/api/collections/blocks/items?limit=1")["numberMatched"]
    assert matched == many and shapes_from(many) == 5
    less = matrix_set.columns - 1
    for zoom in (0, 4 - less):
        assert read_all(client, zoom, INDIA, matrix_set=matrix_set) == (set(), many)
    assert read_all(client, 5 - less, INDIA, matrix_set=matrix_set) == (set(get_ids(client)), 0)


def test_a_filter_makes_a_selection_small_enough_to_be_drawn(client, many):
    wanted = set(get_ids(client, bbox="75,15,80,20"))
    assert 100 < len(wanted) < MOST_SHAPES
    assert read_all(client, 2, INDIA, bbox="75,15,80,20") == (wanted, 0)


def test_a_crowded_tile_has_counts_where_others_have_shapes(client, session):
    make_block(session, 80.0, 20.0, id="seed")
    copy_block(session, "seed", MOST_SHAPES + 100, 84.0, 20.5, 84.1, 20.6)
    make_block(session, 70.0, 12.0, id="alone")
    crowded, lonely = tile_at(MERCATOR, 8, 84.05, 20.55), tile_at(MERCATOR, 8, 70.0, 12.0)
    assert shapes_from(MOST_SHAPES + 102) == 5
    assert sum(f["properties"]["count"] for f in fetch(client, 8, *crowded)["counts"]["features"]) == MOST_SHAPES + 100
    assert [f["properties"]["id"] for f in fetch(client, 8, *lonely)["blocks"]["features"]] == ["alone"]


def test_a_tile_stays_small(session):
    """As many shapes as are drawn, with long names, are under the limit; what is heavier is counted."""
    make_block(session, 80.0, 20.0, side_degrees=0.01, id="seed", stage="G4", status="offered", minerals=["graphite"])
    copy_block(session, "seed", MOST_SHAPES - 1, 70, 10, 88, 30)
    tile = Tile(MERCATOR, 2, *tile_at(MERCATOR, 2, 80, 20))
    content = get_tile(session, BLOCKS, true(), tile, None)
    assert len(decode(content)["blocks"]["features"]) == MOST_SHAPES and 300_000 < len(content) < 500_000
    counted = get_tile(session, BLOCKS, true(), tile, None, Rule(most_bytes=100_000))
    assert sum(f["properties"]["count"] for f in decode(counted)["counts"]["features"]) == MOST_SHAPES


def test_one_statement_makes_all_tiles_of_a_question(session, monkeypatch):
    for lon, lat in CORNERS:
        make_block(session, lon, lat)
    built = []
    real = shapes._select_shapes
    monkeypatch.setattr(shapes, "_select_shapes", lambda *given: built.append(given) or real(*given))
    tiles = [Tile(MERCATOR, zoom, *tile_at(MERCATOR, zoom, lon, lat)) for zoom in (3, 7, 9) for lon, lat in CORNERS]
    question = ("a question of its own",)
    for _ in range(2):
        kept = [get_tile(session, BLOCKS, true(), tile, question) for tile in tiles]
    # One for tiles in the middle, one each for those whose margin reaches round the world.
    assert len(built) == 3
    only = BLOCKS.c.lon < 80.1
    assert get_tile(session, BLOCKS, only, tiles[0], ("another one",)) != kept[0]
    assert kept == [get_tile(session, BLOCKS, true(), tile, None) for tile in tiles]


def test_heavy_outlines_are_drawn_coarser(catalogue):
    states = view_of(COLLECTIONS["states"])
    tile = Tile(MERCATOR, 4, *tile_at(MERCATOR, 4, 80, 20))
    content = get_tile(catalogue, states, true(), tile, None)
    coarser = get_tile(catalogue, states, true(), tile, None, Rule(most_bytes=len(content) - 1))
    fine, coarse = decode(content)["states"], decode(coarser)["states"]
    assert (fine["extent"], coarse["extent"]) == (4096, 1024) and len(coarser) < 0.9 * len(content)
    assert [f["properties"] for f in fine["features"]] == [f["properties"] for f in coarse["features"]]
    for one, other in zip(fine["features"], coarse["features"], strict=True):
        # Islands may be lost, but nothing lies elsewhere.
        outer = box(*shape(one["geometry"]).bounds).buffer(12)
        assert outer.contains(box(*(4 * n for n in shape(other["geometry"]).bounds)))


@pytest.mark.parametrize(
    ("matched", "zoom"),
    [(0, 0), (3_000, 0), (3_001, 5), (12_000, 5), (12_001, 6), (1_000_000, 9), (5_000_000, 10), (10**9, 12)],
)
def test_shapes_begin_later_the_more_there_are(matched, zoom):
    assert shapes_from(matched) == zoom


# Addresses and manners


@pytest.mark.parametrize("text", ["0/0/0", "24/16777215/16777215"])
def test_the_first_and_the_last_tile_are_there(portal, text):
    assert portal.get(f"/api/collections/blocks/tiles/WebMercatorQuad/{text}").status_code in (200, 204)


@pytest.mark.parametrize(
    ("place", "status", "named"),
    [
        ("WebMercatorQuad/0/1/0", 404, "tileRow"), ("WebMercatorQuad/0/0/1", 404, "tileCol"),
        ("WebMercatorQuad/25/0/0", 404, "tileMatrix"), ("WebMercatorQuad/3/8/0", 404, "tileRow"),
        ("WorldCRS84Quad/0/1/0", 404, "tileRow"), ("WorldCRS84Quad/0/0/2", 404, "tileCol"),
        ("WorldCRS84Quad/24/0/0", 404, "tileMatrix"), ("WebMercatorQuad/03/0/0", 404, "tileMatrix"),
        ("WebMercatorQuad/0/-1/0", 400, "tileRow"), ("WebMercatorQuad/0/0/1.5", 400, "tileCol"),
        ("WebMercatorQuad/x/0/0", 400, "tileMatrix"), ("WebMercatorQuad/0/²/0", 400, "tileRow"),
        ("WebMercatorQuad/0/%00/0", 400, "tileRow"), ("WebMercatorQuad/0/0/99999999999999999999", 404, "tileCol"),
        ("Elsewhere/0/0/0", 404, "Elsewhere"), ("webmercatorquad/0/0/0", 404, "WebMercatorQuad"),
    ],
)  # fmt: skip
def test_tiles_that_are_not_there(portal, place, status, named):
    assert named in get_problem(portal, f"/api/collections/blocks/tiles/{place}", status)["detail"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("colour=red", "colour"), ("limit=5", "limit"), ("sortby=name", "sortby"), ("f=png", "f"), ("f=json", "f"),
        ("mineral=kryptonite", "mineral"), ("bbox=1,2,3", "bbox"), ("revision=99", "revision"), ("as_of=x", "as_of"),
        ("filter=area_ha%20%3E%20", "filter"), ("state=odisha&state=goa", "state"), ("bbox-crs=x", "bbox-crs"),
        ("crs=http://www.opengis.net/def/crs/OGC/1.3/CRS84", "crs"), ("crs=x", "crs"),
    ],
)  # fmt: skip
def test_bad_parameters_of_a_tile(portal, query, named):
    problem = get_problem(portal, f"/api/collections/blocks/tiles/WebMercatorQuad/0/0/0?{query}")
    assert problem["parameter"] == named


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("collections/blocks/tiles?mineral=graphite", 400), ("collections/blocks/tiles/WebMercatorQuad?f=mvt", 400),
        ("collections/blocks/tiles/WorldCRS84Quad?f=tilejson", 400), ("tileMatrixSets?x=1", 400),
        ("collections/blocks/tiles/WebMercatorQuad?stage=G9", 400), ("tileMatrixSets/Elsewhere", 404),
        ("collections/blocks/tiles/Elsewhere", 404), ("collections/nothing/tiles", 404),
        ("collections/nothing/tiles/WebMercatorQuad/0/0/0", 404),
        ("collections/ports/tiles/WebMercatorQuad?stage=G4", 400),
    ],
)  # fmt: skip
def test_bad_addresses_of_documents(portal, address, status):
    get_problem(portal, f"/api/{address}", status)


def test_the_own_crs_of_a_set_may_be_named(portal):
    row, col = tile_at(MERCATOR, 4, 85.6, 20.7)
    here = f"/api/collections/blocks/tiles/WebMercatorQuad/4/{row}/{col}"
    asked = {"crs": MERCATOR.crs.uri, "f": "mvt"}
    assert portal.get(here, params=asked).content == portal.get(here).content


def test_a_box_in_another_crs_means_the_same(portal):
    system = "http://www.opengis.net/def/crs/EPSG/0/4326"
    row, col = tile_at(MERCATOR, 3, 80, 20)
    asked = {"bbox": "18,83,22,87", "bbox-crs": system}
    found = fetch(portal, 3, row, col, **asked)["blocks"]["features"]
    assert {f["properties"]["id"] for f in found} == set(get_ids(portal, **asked)) and found


def test_a_tile_that_is_known_is_not_made_again(portal):
    here = "/api/collections/blocks/tiles/WebMercatorQuad/4/7/11"
    answer = portal.get(here)
    assert answer.headers["content-type"] == MEDIA_TYPE and answer.headers["cache-control"] == "public, no-cache"
    assert {"Accept", "Accept-Encoding"} <= {part.strip() for part in answer.headers["vary"].split(",")}
    assert answer.headers["last-modified"]
    again = portal.get(here, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = portal.get(f"{here}?stage=G4", headers={"If-None-Match": answer.headers["etag"]})
    assert other.status_code == 200 and other.headers["etag"] != answer.headers["etag"]
    assert portal.get(here).content == answer.content


def test_a_tile_is_sent_compressed_and_head_has_no_body(portal):
    here = "/api/collections/states/tiles/WebMercatorQuad/4/7/11"
    with portal.stream("GET", here, headers={"Accept-Encoding": "gzip"}) as answer:
        packed = b"".join(answer.iter_raw())
        assert answer.headers["content-encoding"] == "gzip"
    assert decode(gzip.decompress(packed)).keys() == {"states"}
    head = portal.head(here)
    assert (head.status_code, head.content, head.headers["content-type"]) == (200, b"", MEDIA_TYPE)


# Documents


@both_sets
def test_a_tile_matrix_set_is_the_registered_one(portal, matrix_set):
    """Source: OGC 17-083r4, annex D, tables of WebMercatorQuad and WorldCRS84Quad."""
    found = get_json(portal, f"/api/tileMatrixSets/{matrix_set.id}")
    matrices = found["tileMatrices"]
    assert [m["id"] for m in matrices] == [str(zoom) for zoom in range(len(matrices))]
    assert found["uri"] == f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{matrix_set.id}"
    wanted = {
        "WebMercatorQuad": (
            25,
            559082264.028717,
            156543.033928041,
            [-20037508.3427892, 20037508.3427892],
            1,
            34123.6733415964,
        ),
        "WorldCRS84Quad": (24, 279541132.014358, 0.703125, [-180, 90], 2, 17061.8366707982),
    }[matrix_set.id]
    first = matrices[0]
    assert len(matrices) == wanted[0]
    assert first["scaleDenominator"] == pytest.approx(wanted[1], rel=1e-12)
    assert first["cellSize"] == pytest.approx(wanted[2], rel=1e-12)
    assert first["pointOfOrigin"] == pytest.approx(wanted[3], rel=1e-12)
    assert (first["matrixWidth"], first["matrixHeight"]) == (wanted[4], 1)
    assert matrices[14]["scaleDenominator"] == pytest.approx(wanted[5], rel=1e-12)


def test_boxes_of_tiles():
    assert Tile(MERCATOR, 1, 0, 1).envelope == pytest.approx((0, 0, 20037508.342789, 20037508.342789))
    assert Tile(WORLD, 1, 1, 3).envelope == pytest.approx((90, -90, 180, 0))
    (piece,) = Tile(MERCATOR, 5, 10, 15).pieces(0.0)
    # The standard's own example: Ireland.
    assert piece.box == pytest.approx((-11.25, 48.92249926375824, 0.0, 55.77657301866769))
    assert [p.shift_degrees for p in Tile(MERCATOR, 0, 0, 0).pieces(0.01)] == [0, -360, 360]
    assert parse_tile(WORLD, "3", "2", "11") == Tile(WORLD, 3, 2, 11)


@both_sets
def test_a_tileset_says_what_its_tiles_hold(portal, matrix_set):
    found = get_json(portal, f"/api/collections/blocks/tiles/{matrix_set.id}?mineral=graphite")
    rels = {link["rel"].rsplit("/", 1)[-1]: link["href"] for link in found["links"]}
    assert rels["item"].endswith(f"/tiles/{matrix_set.id}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?mineral=graphite")
    assert get_json(portal, rels["tiling-scheme"])["id"] == matrix_set.id
    assert get_json(portal, rels["geodata"])["id"] == "blocks" and get_json(portal, rels["self"]) == found
    shapes, counts = found["layers"]
    assert (shapes["id"], shapes["geometryDimension"], counts["id"]) == ("blocks", 2, "counts")
    assert list(shapes["propertiesSchema"]["properties"]) == list(fields_of(COLLECTIONS["blocks"]))
    (west, south), (east, north) = found["boundingBox"]["lowerLeft"], found["boundingBox"]["upperRight"]
    assert 68 < west < east < 98 and 6 < south < north < 38
    assert found["boundingBox"] != get_json(portal, f"/api/collections/blocks/tiles/{matrix_set.id}")["boundingBox"]


def test_tilejson_leads_to_the_tiles(portal):
    found = get_json(portal, "/api/collections/blocks/tiles/WebMercatorQuad?f=tilejson&stage=G4")
    assert (found["tilejson"], found["scheme"], found["minzoom"]) == ("3.0.0", "xyz", 0)
    assert [layer["id"] for layer in found["vector_layers"]] == ["blocks", "counts"]
    assert set(found["vector_layers"][0]["fields"]) == set(fields_of(COLLECTIONS["blocks"]))
    west, south, east, north = found["bounds"]
    lon, lat, zoom = found["center"]
    assert west < lon < east and south < lat < north and 0 <= zoom <= found["maxzoom"]
    row, col = tile_at(MERCATOR, zoom, lon, lat)
    (template,) = found["tiles"]
    address = template.replace("{z}", str(zoom)).replace("{y}", str(row)).replace("{x}", str(col))
    features = decode(portal.get(address).content)["blocks"]["features"]
    assert features and {f["properties"]["stage"] for f in features} == {"G4"}


def test_an_empty_tileset_has_no_box(portal):
    found = get_json(portal, "/api/collections/districts/tiles/WebMercatorQuad")
    assert "boundingBox" not in found and "centerPoint" not in found
    assert "bounds" not in get_json(portal, "/api/collections/districts/tiles/WebMercatorQuad?f=tilejson")


# Clients


def test_gdal_reads_a_tile(portal, tmp_path):
    row, col = tile_at(MERCATOR, 5, 77.2, 28.6)
    file = tmp_path / "tile.mvt"
    file.write_bytes(portal.get(f"/api/collections/states/tiles/WebMercatorQuad/5/{row}/{col}").content)
    assert pyogrio.list_layers(file).tolist() == [["states", "MultiPolygon"]]
    found = pyogrio.read_dataframe(file, X=str(col), Y=str(row), Z="5").to_crs(4326).set_index("id")
    items = get_json(portal, "/api/collections/states/items?ids=delhi")["features"]
    difference = shape(items[0]["geometry"]).symmetric_difference(found.geometry["delhi"])
    assert difference.area < 0.02 * found.geometry["delhi"].area


READ_WITH_GDAL = """
import json, sys, pyogrio
found = pyogrio.read_dataframe(sys.argv[1], layer="Zoom level 3", API="TILES", TILEMATRIXSET="WorldCRS84Quad")
print(json.dumps({"ids": list(found["id"]), "columns": list(found.columns)}))
"""


def test_gdal_finds_the_tiles_by_the_documents(live_url, portal):
    """The driver for OGC APIs goes from the collection to the tileset, its matrix set and its tiles."""
    # In a process of its own: GDAL keeps this one waiting, and with it the portal's thread.
    address = f"OGCAPI:{live_url}/api/collections/states"
    done = subprocess.run([sys.executable, "-c", READ_WITH_GDAL, address], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert set(found["ids"]) == set(get_ids(portal, "states")) and {"name", "code"} <= set(found["columns"])


SYSTEM_PYTHON = Path("/usr/bin/python3")


def has_qgis():
    command = [str(SYSTEM_PYTHON), "-c", "import qgis.core"]
    return SYSTEM_PYTHON.exists() and subprocess.run(command, capture_output=True).returncode == 0


@pytest.mark.slow
def test_qgis_draws_tiles(live_url):
    """QGIS 3.22's layer of vector tiles: outlines, points, a block at high zoom, and nothing where nothing lies."""
    if not has_qgis():
        pytest.skip("QGIS is not here (apt: python3-qgis qgis-providers)")
    tiles = live_url + "/api/collections/{}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    block = get_json_from(f"{live_url}/api/collections/blocks?f=json")["extent"]["spatial"]["bbox"][0]
    questions = [
        {"tiles": tiles.format("states"), "bbox": [68, 8, 97, 35], "drawn": "areas"},
        {"tiles": tiles.format("ports"), "bbox": [68, 6, 97, 35], "drawn": "points"},
        {"tiles": tiles.format("blocks"), "bbox": block, "drawn": "areas"},
        {"tiles": tiles.format("states"), "bbox": [-150, -40, -120, -10], "drawn": "areas"},
    ]
    command = [str(SYSTEM_PYTHON), str(Path(__file__).parent / "qgis_tiles.py"), *map(json.dumps, questions)]
    environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, env=environment)
    assert done.returncode == 0, done.stderr
    states, ports, blocks, sea = json.loads(done.stdout.splitlines()[-1])
    assert not any(answer["errors"] for answer in (states, ports, blocks, sea))
    # India's land is about two fifths of its box in Web Mercator.
    assert 0.25 < states["areas"] / 200**2 < 0.55 and states["points"] == 0
    assert ports["points"] > 100 and ports["areas"] == 0
    assert blocks["areas"] > 20 and (sea["areas"], sea["points"]) == (0, 0)


def get_json_from(address):
    with urlopen(address) as answer:
        return json.load(answer)
