"""Reference systems of answers and boxes: right numbers in the right order, against pyproj and Shapely."""

from __future__ import annotations

import random
from typing import Any

import pytest
import shapely
from factories import make_block, make_unit
from fastapi.testclient import TestClient
from pyproj import Transformer
from shapely.geometry import shape
from sqlalchemy.orm import Session

from app.crs import CRS84, SYSTEMS

ITEMS = "/api/collections/blocks/items"
EPSG_4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
UTM_45N = "http://www.opengis.net/def/crs/EPSG/0/32645"


def get(client: TestClient, address: str, **asked: str) -> Any:
    answer = client.get(address, params={name.replace("_", "-"): text for name, text in asked.items()})
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize("uri", SYSTEMS)
def test_coordinates_are_those_of_pyproj_in_the_systems_own_order(portal: TestClient, uri: str) -> None:
    crs = SYSTEMS[uri]
    # always_xy off: pyproj then keeps the axis order of EPSG, as an answer has to.
    to_crs = Transformer.from_crs(CRS84_NAME, "OGC:CRS84" if uri == CRS84 else f"EPSG:{crs.srid}")
    plain = get(portal, ITEMS, limit="1000").json()["features"]
    answer = get(portal, ITEMS, limit="1000", crs=uri)
    assert answer.headers["content-crs"] == f"<{uri}>"
    moved = answer.json()["features"]
    assert [feature["id"] for feature in moved] == [feature["id"] for feature in plain]
    # A corner was rounded to six decimals of a degree, 0.11 m, before pyproj moved it.
    tolerance = 1.01e-6 if crs.is_geographic else 0.35
    for before, after in zip(plain, moved, strict=True):
        wanted = shapely.transform(shape(before["geometry"]), to_crs.transform, interleaved=False)
        gap = abs(shapely.get_coordinates(wanted) - shapely.get_coordinates(shape(after["geometry"]))).max()
        assert gap < tolerance, (before["id"], gap)


CRS84_NAME = "OGC:CRS84"


def test_latitude_first_is_latitude_first(client: TestClient, session: Session) -> None:
    make_unit(session, 84.5, 20.25, id="unit")
    address = "/api/collections/processing-units/items"
    assert get(client, address, crs=EPSG_4326).json()["features"][0]["geometry"]["coordinates"] == [20.25, 84.5]
    assert get(client, f"{address}/unit", crs=EPSG_4326).json()["geometry"]["coordinates"] == [20.25, 84.5]
    assert get(client, f"{address}/unit").json()["geometry"]["coordinates"] == [84.5, 20.25]
    assert get(client, f"{address}/unit", crs=EPSG_4326).headers["content-crs"] == f"<{EPSG_4326}>"


def test_links_keep_the_system(portal: TestClient) -> None:
    body = get(portal, ITEMS, crs=UTM_45N, limit="3").json()
    following = next(link["href"] for link in body["links"] if link["rel"] == "next")
    answer = portal.get(following)
    assert answer.headers["content-crs"] == f"<{UTM_45N}>"
    assert answer.json()["features"][0]["geometry"]["coordinates"][0][0][0][1] > 1000


@pytest.mark.parametrize("name", ["crs", "bbox-crs", "filter-crs"])
@pytest.mark.parametrize("text", ["", "EPSG:4326", "http://www.opengis.net/def/crs/EPSG/0/27700", "x\0y"])
def test_an_unsupported_system_is_400(portal: TestClient, name: str, text: str) -> None:
    answer = portal.get(ITEMS, params={name: text, "bbox": "1,2,3,4", "filter": "area_ha>1"})
    assert (answer.status_code, answer.json()["parameter"]) == (400, name)


def test_collections_list_the_systems(portal: TestClient) -> None:
    body = portal.get("/api/collections").json()
    assert body["crs"] == list(SYSTEMS)
    for collection in body["collections"]:
        assert collection["storageCrs"] in collection["crs"] and CRS84 in collection["crs"]
    assert set(portal.get("/api/collections/blocks").json()["crs"]) == set(SYSTEMS)


@pytest.mark.parametrize("uri", SYSTEMS)
def test_boxes_in_each_system_find_what_shapely_finds(portal: TestClient, uri: str) -> None:
    """Boxes with sides straight in their own system; records nearer than a metre to a side are left aside."""
    crs, draw = SYSTEMS[uri], random.Random(uri)
    to_crs = Transformer.from_crs(CRS84_NAME, f"EPSG:{crs.srid}", always_xy=True)
    features = get(portal, ITEMS, limit="1000").json()["features"]
    moved = {
        feature["id"]: shapely.transform(
            shapely.segmentize(shape(feature["geometry"]), 0.01), to_crs.transform, interleaved=False
        )
        for feature in features
    }
    for _ in range(12):
        lon, lat, size = draw.uniform(72, 88), draw.uniform(10, 26), draw.uniform(0.5, 5)
        xs, ys = to_crs.transform([lon, lon + size], [lat, lat + size])
        box = shapely.box(min(xs), min(ys), max(xs), max(ys))
        numbers = [box.bounds[i] for i in ((1, 0, 3, 2) if crs.latitude_first else (0, 1, 2, 3))]
        asked = {"bbox": ",".join(f"{n:.9f}" for n in numbers), "bbox_crs": uri, "limit": "1000"}
        found = {feature["id"] for feature in get(portal, ITEMS, **asked).json()["features"]}
        margin = 1e-5 if crs.is_geographic else 100.0  # sides are densified, to some tens of metres
        surely = {name for name, geom in moved.items() if geom.intersects(box.buffer(-margin))}
        perhaps = {name for name, geom in moved.items() if geom.intersects(box.buffer(margin))}
        assert surely <= found <= perhaps


def test_box_across_the_antimeridian_in_both_orders(client: TestClient, session: Session) -> None:
    for number, lon in enumerate((179.5, -179.5, 0.0)):
        make_block(session, lon, 10.0, id=f"b{number}")
    for asked in ({"bbox": "179,5,-179,15"}, {"bbox": "5,179,15,-179", "bbox_crs": EPSG_4326}):
        assert [f["id"] for f in get(client, ITEMS, **asked).json()["features"]] == ["b0", "b1"]
    six = {"bbox": "5,179,-100,15,-179,100", "bbox_crs": EPSG_4326}
    assert [f["id"] for f in get(client, ITEMS, **six).json()["features"]] == ["b0", "b1"]


@pytest.mark.parametrize(
    ("bbox", "uri"),
    [
        ("84,20,85,21", EPSG_4326 + "1"),
        ("100,84,21,85", EPSG_4326),
        ("5,5,1,1", MERCATOR),
        ("1,2,3", MERCATOR),
        ("1e300,2,1e301,4", MERCATOR),
        ("-1e9,-1e9,1e9,1e9", UTM_45N),
        ("nan,1,2,3", UTM_45N),
    ],
)
def test_bad_box_in_a_system_is_400(portal: TestClient, bbox: str, uri: str) -> None:
    answer = portal.get(ITEMS, params={"bbox": bbox, "bbox-crs": uri})
    assert answer.status_code == 400
    assert answer.json()["parameter"] in ("bbox", "bbox-crs")


def test_a_feature_out_of_reach_is_said(client: TestClient, session: Session) -> None:
    make_unit(session, -3.0, 0.0, id="gulf")
    answer = client.get("/api/collections/processing-units/items", params={"crs": UTM_45N})
    assert (answer.status_code, answer.json()["parameter"]) == (400, "crs")


def test_every_collection_answers_in_every_system_or_says_why(portal: TestClient) -> None:
    for collection in portal.get("/api/collections").json()["collections"]:
        for uri in SYSTEMS:
            answer = portal.get(f"/api/collections/{collection['id']}/items", params={"crs": uri, "limit": "10000"})
            assert answer.status_code == 200 or answer.json()["parameter"] == "crs"
            assert "Infinity" not in answer.text and "NaN" not in answer.text
