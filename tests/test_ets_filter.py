"""OGC API Features Part 3: a test for each abstract test of its four classes, over the portal's own collections.

That the predicates of CQL2 mean what they should is proven elsewhere, over OGC's own data.
"""

import json

import pytest
from conftest import EMPTY, get_json, get_problem
from ets import geometry_of, link_of
from jsonschema import Draft202012Validator
from shapely import box

from app.catalogue import COLLECTIONS

GEOJSON = "application/geo+json"
SCHEMA = "application/schema+json"
QUERYABLES = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
PART_3 = "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf"
CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
INVALID = "THIS IS NOT A FILTER"
FILLED = [name for name in COLLECTIONS if name not in EMPTY]


def items(portal, collection, /, **asked):
    response = portal.get(f"/api/collections/{collection}/items", params={"limit": 10_000, **asked})
    assert (response.status_code, response.headers["content-type"]) == (200, GEOJSON), response.text
    return response.json()["features"]


def ids(features):
    return {feature["id"] for feature in features}


@pytest.fixture(scope="module")
def declared(portal):
    return get_json(portal, "/api/conformance")["conformsTo"]


# /conf/queryables


@pytest.mark.parametrize("name", ["queryables", "queryables-query-parameters", "filter", "features-filter"])
def test_the_class_is_declared(declared, name):
    assert f"{PART_3}/{name}" in declared
    assert {f"{CQL2}/cql2-text", f"{CQL2}/basic-cql2"} <= set(declared)


@pytest.mark.parametrize("name", COLLECTIONS)
def test_get_queryables_uris(portal, name):
    """The collection links to its queryables, in the body and, for HEAD, in the header."""
    here = f"/api/collections/{name}"
    address = link_of(get_json(portal, here), QUERYABLES, SCHEMA)
    assert address.endswith(f"{here}/queryables")
    assert f'<{address}>; rel="{QUERYABLES}"' in portal.head(here).headers["link"]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_get_queryables(portal, name):
    address = link_of(get_json(portal, f"/api/collections/{name}"), QUERYABLES)
    response = portal.get(address, headers={"accept": SCHEMA})
    assert (response.status_code, response.headers["content-type"]) == (200, SCHEMA)
    schema = response.json()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert (schema["$id"], schema["type"]) == (address, "object")
    assert schema["properties"] and schema["additionalProperties"] is False
    for said in schema["properties"].values():
        assert said.get("type") or said["format"].startswith("geometry-")


# /conf/queryables-query-parameters


def sample_of(portal, name):
    """A queryable with a value that some feature has, and the ids of those that have it."""
    schema = get_json(portal, f"/api/collections/{name}/queryables")["properties"]
    every = items(portal, name)
    for queryable, said in schema.items():
        if queryable in ("id", "as_of"):  # as a parameter as_of is the portal's clock
            continue
        if said.get("type") in ("string", "number", "integer") and "format" not in said:
            for value in (feature["properties"][queryable] for feature in every):
                if value is not None:
                    same = {feature["id"] for feature in every if feature["properties"][queryable] == value}
                    yield queryable, value, same
                    break


@pytest.mark.parametrize("name", FILLED)
def test_query_param(portal, name):
    """Every plain queryable is a parameter that keeps what has the value."""
    tried = 0
    for queryable, value, same in sample_of(portal, name):
        if queryable in ("status", "district", "state"):  # also filters of the portal, which read more spellings
            assert same <= ids(items(portal, name, **{queryable: value}))
        else:
            assert ids(items(portal, name, **{queryable: value})) == same, queryable
        tried += 1
    assert tried >= 3


def test_queryables_of_other_collections_are_unknown(portal):
    assert get_problem(portal, "/api/collections/ports/items?area_ha=5")["parameter"] == "area_ha"


# /conf/filter


def literal(value):
    return str(value) if isinstance(value, int | float) else "'" + value.replace("'", "''") + "'"


@pytest.mark.parametrize("name", FILLED)
def test_filter_param(portal, name):
    """A predicate on each plain queryable is applied, whatever language the text says or leaves unsaid."""
    for queryable, value, same in sample_of(portal, name):
        text = f"{queryable} = {literal(value)}"
        assert ids(items(portal, name, filter=text, **{"filter-lang": "cql2-text"})) == same, text
        tree = json.dumps({"op": "=", "args": [{"property": queryable}, value]})
        assert ids(items(portal, name, filter=tree, **{"filter-lang": "cql2-json"})) == same, tree


@pytest.mark.parametrize("name", FILLED)
def test_filter_lang_default(portal, name):
    queryable, value, same = next(sample_of(portal, name))
    assert ids(items(portal, name, filter=f"{queryable} = {literal(value)}")) == same


@pytest.mark.parametrize("name", COLLECTIONS)
def test_invalid_filters_are_refused(portal, name):
    here = f"/api/collections/{name}/items"
    assert get_problem(portal, f"{here}?filter={INVALID}")["parameter"] == "filter"
    assert get_problem(portal, f"{here}?filter=name='x'&filter-lang=sql")["parameter"] == "filter-lang"
    assert get_problem(portal, f"{here}?filter=name='x'&filter-lang=cql2-json")["parameter"] == "filter"


@pytest.mark.parametrize("name", COLLECTIONS)
def test_expression_construction(portal, name):
    """The schema allows no other properties, so an unknown one is an error."""
    problem = get_problem(portal, f"/api/collections/{name}/items?filter=this_is_not_a_queryable = 1")
    assert problem["parameter"] == "filter"


def test_get_functions(portal):
    """A resource that lists functions is optional; it is there and holds a list."""
    assert isinstance(get_json(portal, "/api/functions")["functions"], list)


ENVELOPE = (83.0, 20.0, 86.0, 22.0)
SOME = ["blocks", "occurrences", "states"]


def test_filter_crs_wgs84(portal):
    """Without filter-crs, and with CRS84, coordinates are longitude, latitude."""
    west, south, east, north = ENVELOPE
    text = f"S_INTERSECTS(geometry, BBOX({west}, {south}, {east}, {north}))"
    for name in SOME:
        wanted = ids(f for f in items(portal, name) if geometry_of(f).intersects(box(*ENVELOPE)))
        assert wanted
        assert ids(items(portal, name, filter=text)) == wanted
        assert ids(items(portal, name, filter=text, **{"filter-crs": CRS84})) == wanted


def test_filter_crs_param(portal):
    """Every CRS of the collection is one of filter-crs; another one is refused."""
    west, south, east, north = ENVELOPE
    flipped = f"S_INTERSECTS(geometry, BBOX({south}, {west}, {north}, {east}))"
    for name in SOME:
        wanted = ids(items(portal, name, bbox=",".join(map(str, ENVELOPE))))
        asked = {"filter-crs": "http://www.opengis.net/def/crs/EPSG/0/4326"}
        assert ids(items(portal, name, filter=flipped, **asked)) == wanted
        for uri in get_json(portal, f"/api/collections/{name}")["crs"]:
            assert items(portal, name, filter="name IS NOT NULL", **{"filter-crs": uri})
        unknown = f"/api/collections/{name}/items?filter=name='x'&filter-crs=http://www.opengis.net/def/crs/EPSG/0/0"
        assert get_problem(portal, unknown)["parameter"] == "filter-crs"


# /conf/features-filter


def test_get_collections_and_collection(portal):
    """Each collection of the list has queryables, in the list and alone."""
    for collection in get_json(portal, "/api/collections")["collections"]:
        alone = get_json(portal, link_of(collection, "self"))
        assert link_of(collection, QUERYABLES) == link_of(alone, QUERYABLES)


@pytest.mark.parametrize("name", FILLED)
def test_filter_on_items(portal, name):
    """A filter that all meet, one that none meets, and each with its opposite."""
    every = ids(items(portal, name))
    assert ids(items(portal, name, filter="id IS NOT NULL")) == every
    assert items(portal, name, filter="id IS NULL") == []
    some = ids(items(portal, name, filter="name < 'K'"))
    others = ids(items(portal, name, filter="NOT (name < 'K')"))
    assert some | others == every and not some & others


@pytest.mark.parametrize("name", FILLED)
def test_mixing_expression(portal, name):
    """With bbox, datetime and other parameters a filter narrows: all of them hold."""
    bbox = "70,8,90,30"
    filtered, boxed = items(portal, name, filter="confidence = 'high'"), items(portal, name, bbox=bbox)
    both = items(portal, name, filter="confidence = 'high'", bbox=bbox)
    assert ids(both) == ids(filtered) & ids(boxed)
    if name == "blocks":
        timed = items(portal, name, datetime="2024-01-01/..")
        all_three = items(portal, name, filter="confidence = 'high'", bbox=bbox, datetime="2024-01-01/..")
        assert ids(all_three) == ids(both) & ids(timed)
