"""Items of a collection: the shape of a feature, order, pages, one item; known answers on hand-placed records."""

import json
import re
from http.client import HTTPConnection
from itertools import pairwise

import pytest
from conftest import get_ids, get_json, get_problem
from datafiles import a_block
from factories import make_block, make_unit
from fastapi.testclient import TestClient
from shapely.geometry import shape
from sqlalchemy import text

from app.catalogue import COLLECTIONS
from app.ingest.load import load
from app.main import create_app
from app.settings import Settings

ITEMS = "/api/collections/blocks/items"
BLOCK_PROPERTIES = (
    "id name aliases state state_code district locality minerals primary_mineral asset_class concession stage status "
    "status_since tranches latest_tranche attempts area_ha computed_area_ha boundary_kind position_accuracy offshore "
    "lon lat resource_mt resource_category grade preferred_bidder premium_percent agency confidence updated_at critical"
).split()


def ids(body):
    return [f["id"] for f in body["features"]]


def link(body, rel):
    return next((x["href"] for x in body["links"] if x["rel"] == rel), None)


def rings_of(geometry):
    polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else []
    return [(ring, number == 0) for polygon in polygons for number, ring in enumerate(polygon)]


def numbers_in(value):
    return [value] if isinstance(value, float | int) else [n for part in value for n in numbers_in(part)]


def test_bbox_keeps_what_it_touches(client, session):
    inside = make_block(session, lon=84.6, lat=20.8)
    make_block(session, lon=72.9, lat=19.1)
    assert ids(get_json(client, f"{ITEMS}?bbox=84,20,85,21")) == [inside.id]


def test_a_box_keeps_what_its_edge_touches(client, session):
    make_block(session, lon=84.0, lat=20.0, side_degrees=0.5, id="here")
    assert get_ids(client, bbox="84.25,19.9,85,20.1") == ["here"]
    assert get_ids(client, bbox="84.2501,19.9,85,20.1") == []


def test_a_box_across_the_antimeridian(client, session):
    for slug, lon in {"east": 179.5, "west": -179.5, "middle": 0.0}.items():
        make_block(session, lon=lon, lat=10.0, id=slug)
    assert get_ids(client, bbox="179,9,-179,11") == ["east", "west"]
    assert get_ids(client, bbox="-179,9,179,11") == ["middle"]


def test_a_feature_has_the_properties_of_the_contract_in_their_order(client, session):
    make_block(session, id="one", minerals=["graphite"], area_ha=12.5)
    (feature,) = get_json(client, ITEMS)["features"]
    assert list(feature) == ["type", "id", "geometry", "properties"]
    assert list(feature["properties"]) == BLOCK_PROPERTIES
    assert feature["type"] == "Feature" and feature["id"] == feature["properties"]["id"] == "one"
    assert feature["geometry"]["type"] == "MultiPolygon"


def test_unknown_is_null_and_there(client, session):
    make_block(session)
    (feature,) = get_json(client, ITEMS)["features"]
    for name in ("stage", "district", "area_ha", "premium_percent", "attempts", "resource_mt", "preferred_bidder"):
        assert feature["properties"][name] is None
    assert feature["properties"]["minerals"] == [] and feature["properties"]["offshore"] is False


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_geometries_are_of_the_collections_type_turned_and_rounded(portal, collection):
    body = get_json(portal, f"/api/collections/{collection}/items?limit=10000")
    for feature in body["features"]:
        geometry = feature["geometry"]
        assert geometry["type"] == COLLECTIONS[collection].geometry_type
        assert shape(geometry).is_valid and not shape(geometry).is_empty
        assert "bbox" not in geometry and "crs" not in geometry
        assert all(round(n, 6) == n for n in numbers_in(geometry["coordinates"]))
        for ring, outer in rings_of(geometry):
            area = sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))
            assert ring[0] == ring[-1] and (area > 0) == outer
        assert list(feature["properties"]) == list(COLLECTIONS[collection].properties)


def test_coordinates_never_carry_more_than_six_decimals(portal):
    text = portal.get(f"{ITEMS}?limit=10000").text
    geometries = re.findall(r'"geometry":\{[^}]*\}', text)
    assert len(geometries) == 178
    assert not any(re.search(r"\d\.\d{7}", geometry) for geometry in geometries)


def test_a_page_says_how_many_match_and_when(portal):
    body = get_json(portal, f"{ITEMS}?state=odisha&limit=4")
    assert (body["type"], body["numberMatched"], body["numberReturned"]) == ("FeatureCollection", 15, 4)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timeStamp"])
    assert portal.get(ITEMS).headers["content-type"] == "application/geo+json"


def test_an_empty_collection_is_an_empty_page(client):
    body = get_json(client, "/api/collections/districts/items")
    assert (body["features"], body["numberMatched"], body["numberReturned"]) == ([], 0, 0)


# Order


@pytest.fixture
def areas(session):
    for slug, area in {"a": 5.0, "b": None, "c": 1.0, "d": 5.0, "e": None}.items():
        make_block(session, id=slug, area_ha=area)


@pytest.mark.parametrize(
    ("sortby", "order"),
    [("area_ha", "cadbe"), ("-area_ha", "adcbe"), ("+area_ha", "cadbe"), ("area_ha,-id", "cdaeb"), ("-id", "edcba")],
)
def test_unknowns_come_last_and_ids_break_ties(client, areas, sortby, order):
    assert get_ids(client, sortby=sortby) == list(order)


def test_without_sortby_the_order_is_by_id(client, areas):
    assert get_ids(client) == list("abcde")


@pytest.mark.parametrize("name", COLLECTIONS["blocks"].sortables)
def test_every_sortable_sorts_both_ways(portal, name):
    for descending in (False, True):
        features = get_json(portal, f"{ITEMS}?limit=10000&sortby={'-' * descending}{name}")["features"]
        values = [f["properties"][name] for f in features]
        assert len(values) == 178
        known = [v for v in values if v is not None]
        assert values == known + [None] * (len(values) - len(known))
        if known and not isinstance(known[0], str):
            assert known == sorted(known, reverse=descending)


# Pages


def walk(client, address):
    """Every page from the address on, by its next links."""
    while address:
        response = client.get(address)
        assert response.status_code == 200
        body = response.json()
        header = ", ".join(f'<{x["href"]}>; rel="{x["rel"]}"; type="{x["type"]}"' for x in body["links"])
        assert response.headers["link"] == header
        yield body
        address = link(body, "next")


@pytest.mark.parametrize("sortby", ["", "&sortby=-area_ha", "&sortby=state,-premium_percent"])
def test_next_links_give_each_item_once(portal, sortby):
    pages = list(walk(portal, f"{ITEMS}?limit=13{sortby}"))
    found = [i for page in pages for i in ids(page)]
    assert len(pages) == 14 and len(found) == len(set(found)) == 178
    assert all(page["numberMatched"] == 178 for page in pages)
    assert [page["numberReturned"] for page in pages] == [13] * 13 + [9]


def test_prev_links_lead_back(portal):
    pages = list(walk(portal, f"{ITEMS}?limit=60"))
    assert link(pages[0], "prev") is None
    for before, page in pairwise(pages):
        assert ids(get_json(portal, link(page, "prev"))) == ids(before)


def test_links_keep_the_filters(portal):
    body = get_json(portal, f"{ITEMS}?state=odisha&q=graphite&limit=2")
    following = get_json(portal, link(body, "next"))
    assert following["numberMatched"] == body["numberMatched"] < 15
    assert not set(ids(body)) & set(ids(following))


def test_links_are_whole_addresses_that_answer(portal):
    body = get_json(portal, f"{ITEMS}?limit=2&offset=2")
    assert {x["rel"] for x in body["links"]} == {"self", "first", "next", "prev", "collection"}
    for each in body["links"]:
        assert each["href"].startswith("http://testserver/api/collections/blocks")
        assert portal.get(each["href"]).headers["content-type"] == each["type"]
    assert ids(get_json(portal, link(body, "self"))) == ids(body)


def test_the_last_full_page_has_no_next(client, areas):
    assert link(get_json(client, f"{ITEMS}?limit=5"), "next") is None
    assert link(get_json(client, f"{ITEMS}?limit=4"), "next") is not None


def test_a_limit_above_the_maximum_is_served_as_the_maximum(portal):
    for limit in ("10001", "999999999999", "9" * 20):
        body = get_json(portal, f"{ITEMS}?limit={limit}")
        assert body["numberReturned"] == 178


def test_a_served_maximum_is_told_by_next(client, session):
    make_block(session, id="first")
    columns = ", ".join(c.name for c in COLLECTIONS["blocks"].table.columns if c.name != "id")
    copies = f"INSERT INTO block (id, {columns}) SELECT 'copy-' || n, {columns} FROM block, generate_series(1, 10000) n"
    session.execute(text(copies))
    body = get_json(client, f"{ITEMS}?limit=20000")
    assert (body["numberMatched"], body["numberReturned"]) == (10_001, 10_000)
    assert ids(get_json(client, link(body, "next"))) == ["first"]


def test_an_offset_behind_the_end_is_an_empty_page_with_the_count(portal):
    for offset in (178, 100_000, 999_999_999_999):
        body = get_json(portal, f"{ITEMS}?offset={offset}")
        assert (body["numberMatched"], body["numberReturned"], body["features"]) == (178, 0, [])
        assert link(body, "next") is None


def test_a_link_cannot_be_broken_by_what_was_asked(live_url):
    """Sent as it stands: an ordinary client would quote it."""
    connection = HTTPConnection(live_url.removeprefix("http://"))
    connection.request("GET", f'{ITEMS}?limit=1&q=block>;rel="next",<http://elsewhere.example>')
    response = connection.getresponse()
    assert response.status == 200
    assert all(part.startswith(f"{live_url}/") for part in re.findall(r"<([^>]*)>", response.headers["link"]))
    assert all(x["href"].startswith(f"{live_url}/") for x in json.loads(response.read())["links"])
    connection.close()


# One item


def test_an_item_has_its_sources_and_links(portal):
    item = get_json(portal, f"{ITEMS}/akharkata-graphite")
    assert item["sources"] and {"title", "publisher", "date", "url"} <= set(item["sources"][0])
    hrefs = {x["rel"]: x["href"] for x in item["links"]}
    assert set(hrefs) == {"self", "collection", "alternate"}
    assert all(portal.get(href).status_code == 200 for href in hrefs.values())


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_an_item_is_the_feature_of_the_list(portal, collection):
    for feature in get_json(portal, f"/api/collections/{collection}/items?limit=3")["features"]:
        item = get_json(portal, f"/api/collections/{collection}/items/{feature['id']}")
        assert {name: item[name] for name in feature} == feature
        assert item["sources"]


def test_an_unknown_item_is_404_with_the_nearest(portal):
    problem = get_problem(portal, f"{ITEMS}/akharkata-grafite", 404)
    assert problem["suggestions"][0] == "akharkata-graphite"


def test_an_item_of_another_collection_is_404(client, session):
    unit = make_unit(session, 84.0, 20.0)
    get_problem(client, f"{ITEMS}/{unit.id}", 404)


# Conditional requests


@pytest.mark.parametrize("address", [f"{ITEMS}?limit=3", f"{ITEMS}/akharkata-graphite"])
def test_a_copy_that_still_holds_is_not_sent_again(portal, address):
    first = portal.get(address)
    again = portal.get(address, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "public" in first.headers["cache-control"]
    assert portal.get(address, headers={"if-none-match": 'W/"other"'}).status_code == 200


def test_the_order_of_the_query_does_not_change_the_tag_but_its_values_do(portal):
    def tag(query):
        return portal.get(f"{ITEMS}?{query}").headers["etag"]

    assert tag("state=odisha&limit=3") == tag("limit=3&state=odisha")
    assert len({tag("limit=3"), tag("limit=4"), tag(""), tag("limit=3&offset=1")}) == 4


def test_a_bad_request_is_never_not_modified(portal):
    for address in (f"{ITEMS}?limit=0", f"{ITEMS}?minral=x"):
        assert portal.get(address, headers={"if-none-match": "*"}).status_code == 400
    assert portal.get(f"{ITEMS}/nothing", headers={"if-none-match": "*"}).status_code == 404


def test_another_database_with_the_same_revision_number_has_other_tags(portal, database, folder):
    folder.features("blocks", [a_block("akharkata-graphite")])
    assert load(database, folder.path).revision == 1
    with TestClient(create_app(Settings(), database.url.render_as_string(hide_password=False))) as other:
        for address in (f"{ITEMS}?limit=3", f"{ITEMS}/akharkata-graphite"):
            assert other.get(address).headers["etag"] != portal.get(address).headers["etag"]
