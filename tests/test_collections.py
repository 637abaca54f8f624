"""The list of collections and each collection: extent, count, links."""

import pytest
from conftest import get_json, get_problem
from factories import make_block, make_unit
from shapely import box
from shapely.geometry import shape

from app.catalogue import COLLECTIONS

CONTRACT = (
    "blocks occurrences exploration-projects processing-units centres-of-excellence ports global-assets "
    "coal-mine-closures states districts"
).split()


# What an operator imports to screen blocks against lies in collections of its own.
OPERATORS = ["constraint-areas", "constraint-lines"]


def test_the_collections_are_those_of_the_contract(portal):
    body = get_json(portal, "/api/collections")
    assert [c["id"] for c in body["collections"]] == [*CONTRACT, *OPERATORS]


def test_every_link_of_the_list_answers_with_its_type(portal):
    body = get_json(portal, "/api/collections")
    for link in (x for part in (body, *body["collections"]) for x in part["links"]):
        response = portal.get(link["href"])
        assert response.status_code == 200
        assert response.headers["content-type"].split(";")[0] == link["type"].split(";")[0]


@pytest.mark.parametrize("name", CONTRACT)
def test_a_collection_by_itself_is_as_in_the_list(portal, name):
    listed = {c["id"]: c for c in get_json(portal, "/api/collections")["collections"]}
    assert get_json(portal, f"/api/collections/{name}") == listed[name]


@pytest.mark.parametrize("name", CONTRACT)
def test_the_extent_holds_every_item_closely(portal, name):
    collection = get_json(portal, f"/api/collections/{name}")
    features = get_json(portal, f"/api/collections/{name}/items?limit=10000")["features"]
    assert collection["itemCount"] == len(features)
    if not features:
        assert "spatial" not in collection.get("extent", {})
        return
    (extent,) = collection["extent"]["spatial"]["bbox"]
    bounds = [shape(f["geometry"]).bounds for f in features]
    around = (*(min(b[i] for b in bounds) for i in (0, 1)), *(max(b[i] for b in bounds) for i in (2, 3)))
    assert extent == pytest.approx(around, abs=2e-6)
    assert box(*extent).is_valid


def test_the_time_of_blocks_runs_from_the_first_day_to_the_last(client, session):
    make_block(session, status_since="2024-02-03")
    make_block(session, status_since="2025-02")
    make_block(session)
    temporal = get_json(client, "/api/collections/blocks")["extent"]["temporal"]
    (interval,) = temporal["interval"]
    assert [end[:10] for end in interval] == ["2024-02-03", "2025-02-28"]


def test_what_has_no_time_has_no_interval(client, session):
    make_unit(session, 84.0, 20.0)
    assert "temporal" not in get_json(client, "/api/collections/processing-units")["extent"]


def test_an_empty_collection_has_no_extent(client):
    for name in CONTRACT:
        assert "extent" not in get_json(client, f"/api/collections/{name}")


def test_foreign_positions_are_credited(portal):
    assert "Geoscience Australia" in get_json(portal, "/api/collections/global-assets")["attribution"]
    assert "Geoscience Australia" in get_json(portal, "/api/collections/global-assets/items?limit=1")["attribution"]


def test_an_unknown_collection_is_404_with_what_there_is(portal):
    problem = get_problem(portal, "/api/collections/ocurrences", 404)
    assert problem["suggestions"][0] == "occurrences"
    assert all(name in problem["detail"] for name in CONTRACT)


@pytest.mark.parametrize("collection", COLLECTIONS.values(), ids=lambda c: c.id)
def test_properties_never_show_what_is_the_houses_own(collection):
    assert not {"digest", "revision", "search", "geom", "sources"} & set(collection.properties)
