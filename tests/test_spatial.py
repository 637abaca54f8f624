"""Spatial answers against Shapely and pyproj, which know nothing of PostGIS.

Boxes are plane, in degrees, for both. Circles are geodesic: the points of a shape are brought into an azimuthal
equidistant projection round the centre, where the distance from the centre is the true one along the WGS 84 spheroid;
between two corners the edge is straight there and a great-circle arc in PostGIS. That difference is below a metre for
our blocks, so a record within MARGIN_M (and a hundred thousandth of the distance) of a circle's line is not judged.
"""

import random
from functools import lru_cache

import numpy as np
import pytest
import shapely
from conftest import get_ids, get_json
from factories import make_unit
from pyproj import Geod, Proj
from shapely.geometry import shape
from sqlalchemy import func, select

from app.models import Block, State

SEED = 20261122
MARGIN_M, MARGIN_SHARE = 2.0, 1e-5
INDIA = (66.0, 5.0, 99.0, 38.0)
SPHEROID = Geod(ellps="WGS84")
# Uttar Pradesh's block at the border of Madhya Pradesh: the outline of 1 : 10,000,000 is off by more.
ACROSS_AN_OUTLINE = {"barwar-phosphorite"}


@pytest.fixture(scope="module")
def shapes(portal):
    """Per collection: ids and geometries as the API gives them."""

    @lru_cache
    def of(collection):
        features = get_json(portal, f"/api/collections/{collection}/items?limit=10000")["features"]
        return [f["id"] for f in features], np.array([shape(f["geometry"]) for f in features])

    return of


def random_boxes(count, seed):
    """Small, middling and huge boxes over India; a few of the world."""
    chance = random.Random(seed)
    west, south, east, north = INDIA
    for number in range(count):
        half_width, half_height = (10 ** chance.uniform(-2.5, 1.0) for _ in range(2))
        lon, lat = chance.uniform(west, east), chance.uniform(south, north)
        if number % 10 == 0:
            half_width, half_height = chance.uniform(20, 80), chance.uniform(10, 45)
        box = (lon - half_width, lat - half_height, lon + half_width, lat + half_height)
        yield tuple(round(min(max(v, -limit), limit), 5) for v, limit in zip(box, (180, 90, 180, 90), strict=True))


def boxes_near(points, count, seed):
    """Small boxes that begin at one of the points' coordinates or close to it."""
    chance = random.Random(seed)
    for _ in range(count):
        lon, lat = chance.choice(points)
        lon, lat = lon + chance.uniform(-0.05, 0.05), lat + chance.uniform(-0.05, 0.05)
        yield tuple(round(v, 5) for v in (lon, lat, lon + chance.uniform(0.001, 0.2), lat + chance.uniform(0.001, 0.2)))


def expected_in_box(ids, geometries, box):
    west, south, east, north = box
    parts = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    hits = np.zeros(len(ids), bool)
    for left, right in parts:
        hits |= shapely.intersects(geometries, shapely.box(left, south, right, north))
    return {i for i, hit in zip(ids, hits, strict=True) if hit}


def as_text(numbers):
    return ",".join(map(repr, numbers))


@pytest.mark.parametrize("collection", ["blocks", "exploration-projects"])
def test_200_boxes_agree_with_shapely(portal, shapes, collection):
    ids, geometries = shapes(collection)
    corners = [g.representative_point().coords[0] for g in geometries]
    boxes = [*random_boxes(120, SEED), *boxes_near(corners, 80, SEED)]
    found = 0
    for box in boxes:
        wanted = expected_in_box(ids, geometries, box)
        assert set(get_ids(portal, collection, bbox=as_text(box))) == wanted, box
        found += len(wanted)
    assert len(boxes) == 200 and found > 1000


def test_boxes_across_the_antimeridian_agree_with_shapely(portal, shapes):
    ids, geometries = shapes("global-assets")
    chance = random.Random(SEED)
    found = 0
    for _ in range(30):
        west, east = round(chance.uniform(20, 180), 4), round(chance.uniform(-180, 0), 4)
        south, north = sorted(round(chance.uniform(-90, 90), 4) for _ in range(2))
        wanted = expected_in_box(ids, geometries, (west, south, east, north))
        assert set(get_ids(portal, "global-assets", bbox=as_text((west, south, east, north)))) == wanted
        found += len(wanted)
    assert found > 100


def test_the_whole_world_holds_everything(portal, shapes):
    for collection in ("blocks", "global-assets", "states"):
        assert len(get_ids(portal, collection, bbox="-180,-90,180,90")) == len(shapes(collection)[0])


def test_a_box_with_heights_is_the_box_without(portal):
    assert get_ids(portal, bbox="84,20,-100,85,21,9000") == get_ids(portal, bbox="84,20,85,21") != []


def test_a_box_that_is_a_point_finds_what_holds_it(portal, shapes):
    ids, geometries = shapes("blocks")
    place = geometries[0].representative_point()
    box = as_text((place.x, place.y, place.x, place.y))
    assert set(get_ids(portal, bbox=box)) == expected_in_box(ids, geometries, (place.x, place.y, place.x, place.y))
    port = get_json(portal, "/api/collections/ports/items?limit=1")["features"][0]
    assert port["id"] in get_ids(portal, "ports", bbox=as_text(port["geometry"]["coordinates"] * 2))


def test_a_box_that_is_a_line_finds_what_it_crosses(portal, shapes):
    ids, geometries = shapes("blocks")
    place = geometries[0].representative_point()
    line = (place.x, place.y - 0.5, place.x, place.y + 0.5)
    assert set(get_ids(portal, bbox=as_text(line))) == expected_in_box(ids, geometries, line)


def distances_m(geometries, lon, lat):
    """Geodesic metres from the point to each geometry, 0 inside; see above for how exact."""
    project = Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
    plane = shapely.transform(geometries, lambda c: np.column_stack(project(c[:, 0], c[:, 1])))
    return shapely.distance(plane, shapely.Point(0, 0))


def random_circles(points, count, seed):
    """Circles of 100 m to 3,000 km round places in India and places close to the records."""
    chance = random.Random(seed)
    for number in range(count):
        if number % 2:
            lon, lat = (v + chance.uniform(-0.3, 0.3) for v in chance.choice(points))
        else:
            lon, lat = chance.uniform(66, 99), chance.uniform(5, 38)
        yield round(lon, 5), round(lat, 5), round(10 ** chance.uniform(-1, 3.5), 4)


@pytest.mark.parametrize("collection", ["blocks", "processing-units"])
def test_200_circles_agree_with_pyproj(portal, shapes, collection):
    ids, geometries = shapes(collection)
    # A long edge is a curve in the projection: more corners keep to it.
    geometries = shapely.segmentize(geometries, 0.05)
    places = [g.representative_point().coords[0] for g in geometries]
    judged = found = 0
    for lon, lat, within_km in random_circles(places, 200, SEED):
        distance = distances_m(geometries, lon, lat)
        margin = MARGIN_M + MARGIN_SHARE * distance
        answer = set(get_ids(portal, collection, near=f"{lon},{lat}", within_km=within_km))
        for item, metres, doubt in zip(ids, distance, margin, strict=True):
            if abs(metres - within_km * 1000.0) > doubt:
                assert (item in answer) == (metres < within_km * 1000.0), (lon, lat, within_km, item, metres)
                judged += 1
        found += len(answer)
    assert judged > 0.999 * 200 * len(ids)
    assert found > 1000


def test_a_circle_measures_along_the_spheroid(client, session):
    lon, lat, _ = SPHEROID.fwd(84.0, 20.0, 37.0, 250_000.0)
    unit = make_unit(session, lon, lat)
    assert get_ids(client, "processing-units", near="84,20", within_km=250.001) == [unit.id]
    assert get_ids(client, "processing-units", near="84,20", within_km=249.999) == []


def test_a_circle_without_extent_finds_what_holds_its_centre(portal, shapes):
    ids, geometries = shapes("blocks")
    place = geometries[0].representative_point()
    assert ids[0] in get_ids(portal, near=f"{place.x},{place.y}", within_km=0)


def test_half_the_earth_holds_everything(portal):
    assert len(get_ids(portal, "global-assets", near="84,20", within_km=20_100)) == 252


def test_every_block_on_shore_lies_in_its_state(portal, catalogue):
    """Shapely on the outlines of the API, ST_Intersects in the database: both have the same states for a block."""
    states = get_json(portal, "/api/collections/states/items?limit=100")["features"]
    outlines = {f["properties"]["code"]: shape(f["geometry"]) for f in states}
    blocks = get_json(portal, "/api/collections/blocks/items?limit=10000")["features"]
    blocks = [f for f in blocks if f["properties"]["boundary_kind"] == "published" and not f["properties"]["offshore"]]
    touching = select(Block.id, State.code).join(State, func.ST_Intersects(Block.geom, State.geom))
    by_postgis = {}
    for block_id, code in catalogue.execute(touching):
        by_postgis.setdefault(block_id, set()).add(code)
    outside = set()
    for block in blocks:
        geometry, code = shape(block["geometry"]), block["properties"]["state_code"]
        by_shapely = {c for c, outline in outlines.items() if outline.intersects(geometry)}
        assert by_postgis.get(block["id"], set()) == by_shapely
        if not outlines[code].contains(geometry.representative_point()):
            outside.add(block["id"])
    assert len(blocks) > 150
    assert outside == ACROSS_AN_OUTLINE


def test_a_state_is_found_by_the_box_of_a_block_in_it(portal):
    block = get_json(portal, "/api/collections/blocks/items/akharkata-graphite")["properties"]
    box = (block["lon"], block["lat"], block["lon"] + 0.001, block["lat"] + 0.001)
    assert get_ids(portal, "states", bbox=as_text(box)) == ["odisha"]
