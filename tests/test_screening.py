"""Screening against Shapely and pyproj, which know nothing of PostGIS; and what is said where there is nothing."""

import itertools
import json
import random
import re
from functools import lru_cache

import pytest
import shapely
from conftest import get_json
from factories import make_block, make_mineral, make_port, make_state, make_unit
from pyproj import Geod, Proj
from shapely.geometry import MultiPolygon, Polygon, box, mapping, shape
from shapely.ops import nearest_points

from app.errors import TooLarge
from app.screening import LAYERS, wind_of

ADDRESS = "/api/screening"
SPHEROID = Geod(ellps="WGS84")
STEP_M = 500.0
WITHIN_SHARE, WITHIN_KM = 0.001, 0.010


def screen(client, geometry, status=200, **query):
    body = json.dumps(geometry if isinstance(geometry, dict) else mapping(geometry))
    response = client.post(ADDRESS, params=query, content=body, headers={"Content-Type": "application/geo+json"})
    assert response.status_code == status, response.text
    return response.json()


def layer(document, name):
    return next(one for one in document["layers"] if one["layer"] == name)


def ids(document, name):
    return [record["id"] for record in layer(document, name)["records"]]


# The reference


def area_ha(geometry):
    """Geodesic area of a polygon whose sides are geodesics between its corners, hectares."""
    parts = [part for part in shapely.get_parts(geometry) if part.geom_type == "Polygon"]
    return sum(abs(SPHEROID.geometry_area_perimeter(shapely.geometry.polygon.orient(p))[0]) for p in parts) / 10_000


def geodesic(geometry):
    """The same with more corners on each side, along the geodesic."""

    def ring(coordinates):
        found = []
        for (x1, y1), (x2, y2) in itertools.pairwise(coordinates):
            count = int(SPHEROID.inv(x1, y1, x2, y2)[2] // STEP_M)
            found += [(x1, y1), *(SPHEROID.npts(x1, y1, x2, y2, count) if count else [])]
        return [*found, coordinates[-1]]

    if geometry.geom_type == "Point":
        return geometry
    parts = list(shapely.get_parts(geometry))
    return MultiPolygon(
        [Polygon(ring(list(p.exterior.coords)), [ring(list(i.coords)) for i in p.interiors]) for p in parts]
    )


def distance_km(here, there):
    """From edge to edge: the nearest points in a projection round them, sought anew until they stay."""
    lon, lat = nearest_points(here, there)[0].coords[0]
    found = None
    for _ in range(4):
        plane = Proj(proj="aeqd", lon_0=lon, lat_0=lat, ellps="WGS84")
        a, b = (shapely.transform(g, lambda x, y, p=plane: p(x, y), interleaved=False) for g in (here, there))
        first, second = nearest_points(a, b)
        lon, lat = plane(*first.coords[0], inverse=True)
        far = plane(*second.coords[0], inverse=True)
        found = SPHEROID.inv(lon, lat, *far)[2] / 1000
    return found


def random_shapes(count, seed):
    """Stars over India, from some hectares to some hundred thousand, every fourth with a hole."""
    chance = random.Random(seed)
    for number in range(count):
        lon, lat = chance.uniform(70, 88), chance.uniform(11, 27)
        reach = 10 ** chance.uniform(-2.3, -0.65)
        corners = chance.randint(3, 24)
        turns = sorted(chance.uniform(0, 360) for _ in range(corners))
        ring = [
            shapely.Point(*SPHEROID.fwd(lon, lat, -turn, reach * 111_000 * chance.uniform(0.5, 1))[:2])
            for turn in turns
        ]
        star = shapely.make_valid(Polygon([(p.x, p.y) for p in ring]))
        star = max(shapely.get_parts(star), key=lambda part: part.area)
        if number % 4 == 0 and star.geom_type == "Polygon":
            star = star.difference(star.representative_point().buffer(reach / 12, quad_segs=2))
        if star.geom_type in ("Polygon", "MultiPolygon") and star.is_valid and star.area > 1e-8:
            yield star


@pytest.fixture(scope="module")
def shapes(portal):
    @lru_cache
    def of(collection):
        features = get_json(portal, f"/api/collections/{collection}/items?limit=10000")["features"]
        places = ("surveyed", "site", "locality", None)  # others only stand for a district or a state
        return {f["id"]: shape(f["geometry"]) for f in features if f["properties"].get("position_accuracy") in places}

    return of


def check(portal, shapes, own):
    document = screen(portal, own)
    own_area = area_ha(own)
    assert document["shape"]["area_ha"] == pytest.approx(own_area, rel=WITHIN_SHARE, abs=0.001)
    for name in ("states", "blocks"):
        found = {r["id"]: r for r in layer(document, name)["records"]}
        met = {key: own.intersection(other) for key, other in shapes(name).items() if own.intersects(other)}
        assert {key for key, r in found.items() if r["distance_km"] == 0} == set(met)
        for key, shared in met.items():
            assert found[key]["overlap_ha"] == pytest.approx(area_ha(shared), rel=WITHIN_SHARE, abs=0.01)
            share = 100 * area_ha(shared) / own_area
            assert found[key]["overlap_percent"] == pytest.approx(share, rel=2 * WITHIN_SHARE, abs=0.01)
    smooth = geodesic(own)
    for name in ("ports", "blocks", "exploration-projects"):
        for record in layer(document, name)["records"]:
            if record["distance_km"] > 0:
                other = geodesic(shapes(name)[record["id"]])
                assert record["distance_km"] == pytest.approx(distance_km(smooth, other), abs=WITHIN_KM), record["id"]
    ports = {key: distance_km(smooth, place) for key, place in nearest_few(shapes("ports"), own)}
    assert ids(document, "ports") == sorted(ports, key=ports.get)[:3]


def nearest_few(places, own):
    return sorted(places.items(), key=lambda item: item[1].distance(own))[:25]


def test_it_agrees_with_shapely_and_pyproj(portal, shapes):
    for own in random_shapes(15, seed=6):
        check(portal, shapes, own)


@pytest.mark.slow
def test_it_agrees_on_200_shapes(portal, shapes):
    each = list(random_shapes(200, seed=66))
    assert len(each) > 190
    for own in each:
        check(portal, shapes, own)


# Known answers


def test_a_shape_across_the_antimeridian(client, session):
    make_port(session, 179.99, 0.0, id="west-of-it")
    make_port(session, -179.7, 0.0, id="east-of-it")
    own = MultiPolygon([box(179.8, -0.1, 180, 0.1), box(-180, -0.1, -179.9, 0.1)])
    document = screen(client, own)
    found = {r["id"]: r for r in layer(document, "ports")["records"]}
    assert found["west-of-it"]["distance_km"] == 0 and found["west-of-it"]["bearing_degrees"] is None
    assert found["east-of-it"]["distance_km"] == pytest.approx(SPHEROID.inv(-179.9, 0, -179.7, 0)[2] / 1000, abs=0.01)
    assert found["east-of-it"]["wind"] == "E"
    assert document["shape"]["area_ha"] == pytest.approx(area_ha(own), rel=WITHIN_SHARE)


def test_what_lies_in_a_hole_is_near_and_not_on_it(client, session):
    make_port(session, 84.0, 20.0, id="in-the-hole")
    block = make_block(session, 84.0, 20.0, side_degrees=0.3)
    own = box(83.8, 19.8, 84.2, 20.2).difference(box(83.9, 19.9, 84.1, 20.1))
    document = screen(client, own)
    port = layer(document, "ports")["records"][0]
    assert 10 < port["distance_km"] < 11.2
    record = layer(document, "blocks")["records"][0]
    shared = own.intersection(box(83.85, 19.85, 84.15, 20.15))
    assert record["id"] == block.id and record["overlap_ha"] == pytest.approx(area_ha(shared), rel=WITHIN_SHARE)


@pytest.mark.parametrize(
    ("lon", "lat", "bearing", "wind"), [(84, 21, 0, "N"), (85, 20, 90, "E"), (84, 19, 180, "S"), (83, 20, 270, "W")]
)
def test_a_bearing_runs_clockwise_from_north(client, session, lon, lat, bearing, wind):
    make_port(session, lon, lat, id="port")
    record = layer(screen(client, {"type": "Point", "coordinates": [84, 20]}), "ports")["records"][0]
    assert (record["bearing_degrees"] - bearing + 180) % 360 - 180 == pytest.approx(0, abs=0.5)
    assert record["wind"] == wind


def test_winds():
    assert [wind_of(b) for b in (0, 11, 12, 348, 349, 360, 22.5, None)] == [*"N N NNE NNW N N NNE".split(), None]


def test_only_plants_that_take_the_mineral(client, session):
    make_mineral(session, "graphite")
    make_mineral(session, "tin")
    make_unit(session, 84.5, 20.0, id="graphite-plant", minerals=["graphite"])
    make_unit(session, 84.1, 20.0, id="tin-plant", minerals=["tin"])
    make_block(session, id="one", minerals=["graphite"])
    assert ids(get_json(client, f"{ADDRESS}?block=one"), "processing-units") == ["graphite-plant"]
    assert ids(get_json(client, f"{ADDRESS}?block=one&mineral=tin"), "processing-units") == ["tin-plant"]
    point = {"type": "Point", "coordinates": [84, 20]}
    assert ids(screen(client, point), "processing-units") == ["tin-plant", "graphite-plant"]
    assert ids(screen(client, point, mineral="graphite"), "processing-units") == ["graphite-plant"]


def test_no_data_is_never_no_conflict(client, session):
    make_state(session, "odisha", "IN-OR", 80, 15, 90, 25)
    make_block(session, id="one", lon=84, lat=20)
    make_block(session, id="far", lon=88, lat=24)
    document = get_json(client, f"{ADDRESS}?block=one")
    assert [one["layer"] for one in document["layers"]] == [one.value or one.collection for one in LAYERS]
    states = {one["layer"]: one["state"] for one in document["layers"]}
    assert states == dict.fromkeys(states, "no_data") | {"states": "found", "blocks": "none_found"}
    for one in document["layers"]:
        if one["state"] == "no_data":
            assert one["said"].startswith("No data here") and "nothing can be said" in one["said"]
        assert "conflict" not in one["said"]
        assert one["dataset"]["licence"] and one["dataset"]["title"]
    assert "does not hold all there are" in layer(document, "blocks")["said"]


def test_a_block_is_no_neighbour_of_itself_and_its_own_area_is_told(portal):
    document = get_json(portal, f"{ADDRESS}?block=akharkata-graphite")
    assert "akharkata-graphite" not in ids(document, "blocks")
    assert document["shape"]["area_ha"] == pytest.approx(752.2, abs=0.1) and not document["shape"]["approximate"]
    assert layer(document, "states")["records"][0]["overlap_percent"] == pytest.approx(100, abs=0.01)


def test_an_indicative_area_is_said_to_be_approximate(portal):
    page = get_json(portal, "/api/collections/blocks/items?filter=boundary_kind='indicative'&limit=1")
    document = get_json(portal, f"{ADDRESS}?block={page['features'][0]['id']}")
    assert document["shape"]["approximate"] is True


def test_another_moment(portal):
    then = get_json(portal, f"{ADDRESS}?block=akharkata-graphite&revision=1&as_of=2024-01-01")
    assert (then["revision"], then["as_of"]) == (1, "2024-01-01")


# Bad input

SQUARE = [[84, 20], [84.1, 20], [84.1, 20.1], [84, 20.1], [84, 20]]
BAD_SHAPES = {
    "": "empty",
    "not json": "no JSON",
    "[1, 2]": "no object",
    '{"type": "Polygon", "coordinates": []}': "empty",
    '{"type": "Polygon"}': "cannot be read",
    '{"type": "Polygon", "coordinates": [[[84, 20], [84, 21], ["a", 2], [84, 20]]]}': "cannot be read",
    '{"type": "Polygon", "coordinates": [[[84, 20], [NaN, 21], [85, 21], [84, 20]]]}': "NaN is no number",
    '{"type": "Circle", "coordinates": [84, 20]}': "no geometry that can be screened",
    '{"type": "GeometryCollection", "geometries": []}': "no geometry that can be screened",
    '{"type": "Feature", "geometry": null, "properties": {}}': "no geometry that can be screened",
    '{"type": "FeatureCollection", "features": []}': "0 features",
    '{"type": "Point", "coordinates": [200, 20]}': "leaves the earth",
    '{"type": "Point", "coordinates": [630000, 2300000]}': "longitude first",
    '{"type": "Point", "coordinates": [20, 184]}': "leaves the earth",
    '{"type": "Polygon", "coordinates": [[[179, 0], [-179, 0], [-179, 1], [179, 1], [179, 0]]]}': "180th meridian",
    '{"type": "Polygon", "crs": {"properties": {"name": "EPSG:32645"}}, "coordinates": []}': "bring it to WGS 84",
    "{" * 100_000: "no JSON",
}


@pytest.mark.parametrize("body", BAD_SHAPES, ids=lambda body: body[:40])
def test_a_shape_that_cannot_be_screened_is_told_what_to_mend(client, body):
    response = client.post(ADDRESS, content=body, headers={"Content-Type": "application/json"})
    problem = response.json()
    assert (response.status_code, response.headers["content-type"]) == (400, "application/problem+json")
    assert BAD_SHAPES[body] in problem["detail"] and problem["parameter"] == "body"


def test_a_self_crossing_shape_is_offered_repaired_and_not_screened(client):
    bow_tie = {"type": "Polygon", "coordinates": [[[84, 20], [85, 21], [85, 20], [84, 21], [84, 20]]]}
    problem = screen(client, bow_tie, 400)
    assert "84.5 20.5" in problem["detail"] and "repaired" in problem["detail"]
    repaired = shape(problem["repaired"])
    assert repaired.is_valid and repaired.area == pytest.approx(0.5)
    assert "repaired" not in screen(client, {"type": "Polygon", "coordinates": [SQUARE]})


def test_too_large_a_shape(client):
    problem = screen(client, box(80, 15, 82, 17), 413)
    assert "at most 1,000,000 ha" in problem["detail"]
    round_one = shapely.Point(84, 20).buffer(0.1, quad_segs=2501)
    assert "vertices" in screen(client, round_one, 413)["detail"]
    response = client.post(ADDRESS, content=" " * 2_100_000, headers={"Content-Type": "application/json"})
    assert response.status_code == 413


def test_other_bad_requests(client):
    for query, status, parameter in (
        ("", 400, "block"),
        ("?block=", 400, "block"),
        ("?block=nothing-like-it", 404, None),
        ("?block=one&mineral=unobtainium", 400, "mineral"),
        ("?blok=one", 400, "blok"),
        ("?block=a&block=b", 400, "block"),
        ("?block=a%00b", 404, None),
        ("?block=one&revision=99", 400, "revision"),
    ):
        response = client.get(f"{ADDRESS}{query}")
        assert response.status_code == status, (query, response.text)
        assert response.json().get("parameter") == parameter, query
    assert client.post(ADDRESS, content="a=b", headers={"Content-Type": "text/plain"}).status_code == 415


# Pages

RING = "POLYGON((84.5 20.5, 84.6 20.5, 84.6 20.6, 84.5 20.6, 84.5 20.5))"
BOW_TIE = "POLYGON((84 20, 85 21, 85 20, 84 21, 84 20))"


def test_a_shape_is_screened_without_scripts(portal):
    assert 'name="shape"' in portal.get("/screening").text
    page = portal.post("/screening", data={"shape": RING, "mineral": "graphite"})
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    assert "The shape covers 11,544" in page.text and "No data here" in page.text and ">Odisha</a>" in page.text
    geojson = json.dumps(mapping(shapely.from_wkt(RING)))
    assert "The shape covers 11,544" in portal.post("/screening", data={"shape": geojson}).text


def test_the_explorers_shape_leads_to_its_screening(portal):
    page = portal.get("/", params={"intersects": RING}).text
    link = page.partition("/screening?intersects=")[2].partition('"')[0]
    assert "The shape covers 11,544" in portal.get(f"/screening?intersects={link}").text


def test_a_page_draws_the_repaired_form_over_the_shape_as_it_came(portal):
    html = portal.get("/screening?intersects=POLYGON((84 20,85 21,85 20,84 21,84 20))").text
    drawn = dict(re.findall(r'<path class="(given|mended)" d="([^"]*)"', html))
    # Corners of the drawing: as it came five positions in one line, mended two triangles.
    assert len(re.findall(r"[ML]", drawn["given"])) == 5 and drawn["given"].count("M") == 1
    assert drawn["mended"].count("M") == 2
    numbers = [float(number) for number in re.findall(r"[\d.]+", drawn["given"])]
    assert min(numbers) >= 0 and max(numbers) <= 320
    # Without extent there is nothing to draw, and no picture of nothing.
    assert "<figure" not in portal.get("/screening?intersects=POLYGON((84 20,85 20,84 20,84 20))").text


def test_a_shape_that_cannot_be_mended_in_bounds_is_refused_without_a_repaired_form(client, monkeypatch):
    def give_up(*_args, **_more):
        raise TooLarge("It takes more than 10 seconds.")

    monkeypatch.setattr("app.params.outlines.read_shape", give_up)
    bow_tie = {"type": "Polygon", "coordinates": [[[84, 20], [85, 21], [85, 20], [84, 21], [84, 20]]]}
    problem = screen(client, bow_tie, 400)
    assert "Self-intersection" in problem["detail"] and "Mend it there" in problem["detail"]
    assert "repaired" not in problem


def test_a_page_answers_a_shape_that_is_too_large_with_413(portal):
    assert portal.get("/screening?intersects=POLYGON((60 0,80 0,80 20,60 20,60 0))").status_code == 413
    assert portal.get("/screening?intersects=POLYGON((60 0,80 0,80 20,60 20,60 0))&lang=hi").status_code == 413


def test_a_page_says_what_to_mend_and_offers_the_repaired_form(portal):
    page = portal.post("/screening", data={"shape": BOW_TIE})
    assert page.status_code == 400 and "Self-intersection at 84.5 20.5" in page.text
    repaired = page.text.partition('name="shape" value="')[2].partition('"')[0].replace("&#34;", '"')
    again = portal.post("/screening", data={"shape": repaired})
    assert again.status_code == 200 and "The shape covers 5" in again.text
    for typed, said in (("POLYGON((", "neither GeoJSON nor WKT"), ("<script>", "neither"), ("{", "no JSON")):
        page = portal.post("/screening", data={"shape": typed})
        assert page.status_code == 400 and said in page.text and "<script>alert" not in page.text
    assert "unobtainium" in portal.post("/screening", data={"shape": RING, "mineral": "unobtainium"}).text
    assert "is no parameter of this page" in portal.get("/screening?shap=x").text


def test_a_block_page_says_what_it_has_no_data_of(portal):
    page = portal.get("/blocks/akharkata-graphite").text
    section = page.partition('aria-labelledby="near"')[2].partition("</section>")[0]
    assert "No data here" in section and "<li>Tiger corridors</li>" in section and "no conflict" not in page.lower()
    document = get_json(portal, f"{ADDRESS}?block=akharkata-graphite")
    for one in document["layers"]:
        for record in one["records"]:
            assert record["name"].replace("&", "&amp;") in section, record["name"]


def test_a_plant_lists_the_blocks_that_its_links_find(portal):
    page = portal.get("/processing-units/irel-oscom?within_km=700").text
    near = page.partition('id="near"')[2].partition("</section>")[0]
    link = near.partition('href="/api/collections/blocks/items?')[2].partition('"')[0].replace("&amp;", "&")
    found = get_json(portal, f"/api/collections/blocks/items?{link}&limit=1000")
    assert found["numberMatched"] == near.count('<th scope="row">') > 3
    assert {f["id"] for f in found["features"]} == {part.partition('"')[0] for part in near.split('href="/blocks/')[1:]}
    fewer = portal.get("/processing-units/irel-oscom?within_km=100").text
    assert fewer.partition('id="near"')[2].count('<th scope="row">') < found["numberMatched"]


@pytest.mark.parametrize("text", ["x", "-1", "0", "4000", "nan"])
def test_a_distance_that_cannot_be_read_is_a_notice(portal, text):
    page = portal.get(f"/processing-units/irel-oscom?within_km={text}")
    assert page.status_code == 200 and "500 km are applied" in page.text


def test_the_nearest_are_the_nearest_on_the_ground_not_in_degrees(client, session):
    # At 34° N a degree of longitude is 92 km: three ports in the east are nearer than three in the north.
    for number in range(3):
        make_port(session, 77.0, 34.50 + number / 100, id=f"north-{number}")
        make_port(session, 77.52 + number / 100, 34.0, id=f"east-{number}")
    make_block(session, 77.0, 34.24, side_degrees=0.01, id="north", position_accuracy="surveyed")
    make_block(session, 77.265, 34.0, side_degrees=0.01, id="east", position_accuracy="surveyed")
    found = screen(client, {"type": "Point", "coordinates": [77.0, 34.0]})
    assert ids(found, "ports") == ["east-0", "east-1", "east-2"]
    assert layer(found, "ports")["more"] is True
    # Of 25 km the eastern one is within, though it is the farther in degrees.
    assert ids(found, "blocks") == ["east"]


def test_the_process_is_described_as_it_is(client):
    listed = client.get("/api/processes").json()
    assert [one["id"] for one in listed["processes"]] == ["screening"]
    found = client.get("/api/processes/screening")
    process = found.json()
    assert process["jobControlOptions"] == ["sync-execute"]
    # What it takes is what the service takes, be it as parameter or as body.
    paths = client.app.openapi()["paths"]["/api/screening"]
    taken = {parameter["name"] for way in ("get", "post") for parameter in paths[way]["parameters"]}
    assert set(process["inputs"]) == taken | {"shape"}
    assert "10,000 vertices and 1,000,000 ha" in process["inputs"]["shape"]["description"]
    links = {link["rel"]: link["href"] for link in process["links"]}
    execute = links["http://www.opengis.net/def/rel/ogc/1.0/execute"].removeprefix("http://testserver")
    point = {"type": "Point", "coordinates": [84.5, 20.5]}
    answer = client.post(execute, json=point).json()
    assert set(answer) == set(process["outputs"]["screening"]["schema"]["properties"])
    landing = {link["rel"]: link["href"] for link in client.get("/api").json()["links"]}
    assert landing["http://www.opengis.net/def/rel/ogc/1.0/processes"].endswith("/api/processes")


def test_a_process_that_is_not_there_is_404(client):
    problem = client.get("/api/processes/screenin")
    assert (problem.status_code, problem.json()["suggestions"]) == (404, ["screening"])
    assert client.get("/api/processes?strange=1").status_code == 400
