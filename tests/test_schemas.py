"""Schema, feature schema and sortables of each collection. Source: OGC API Features Part 5 and Part 8 (draft)."""

import pytest
from conftest import get_json, get_problem
from ets import link_of
from jsonschema import Draft202012Validator, FormatChecker

from app.catalogue import COLLECTIONS
from app.describe import DESCRIPTIONS, UNITS

MEDIA_TYPE = "application/schema+json"
REL = "http://www.opengis.net/def/rel/ogc/1.0/"
# What Part 5 lets a property say.
WORDS = set(
    "title description type format items enum minimum maximum pattern x-ogc-role x-ogc-propertySeq x-ogc-unit "
    "x-ogc-unitLang".split()
)
ADDRESSES = [f"/api/collections/{name}/{kind}" for name in COLLECTIONS for kind in ("schema", "sortables")]


def known(feature):
    """The feature's properties and geometry as one object, without what is unknown, as the logical schema has it."""
    found = {name: value for name, value in feature["properties"].items() if value is not None}
    return found | {"geometry": feature["geometry"]}


@pytest.mark.parametrize("address", [*ADDRESSES, *(f"/api/collections/{name}/feature-schema" for name in COLLECTIONS)])
def test_a_schema_is_a_json_schema_with_its_own_address(portal, address):
    """Source: /req/schemas/json-schema."""
    response = portal.get(address, headers={"accept": MEDIA_TYPE})
    assert (response.status_code, response.headers["content-type"]) == (200, MEDIA_TYPE)
    schema = response.json()
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["$id"].endswith(address) and portal.get(schema["$id"]).json() == schema
    assert schema["type"] == "object" and schema["title"] and schema["properties"]


@pytest.mark.parametrize("name", COLLECTIONS)
def test_every_property_is_described(portal, name):
    """Source: /req/schemas/properties, role, role-id, property-seq, unit."""
    schema = get_json(portal, f"/api/collections/{name}/schema")
    properties = schema["properties"]
    assert set(properties) == {*COLLECTIONS[name].properties, "geometry"}
    for property_name, said in properties.items():
        assert said["title"] and said["description"] and set(said) <= WORDS, property_name
        if property_name == "geometry":
            assert "type" not in said and said["format"] == f"geometry-{COLLECTIONS[name].geometry_type.lower()}"
        else:
            assert said["type"] in ("string", "number", "integer", "boolean", "array")
        assert said.get("x-ogc-unit") == UNITS.get(property_name)
    roles = [said["x-ogc-role"] for said in properties.values() if "x-ogc-role" in said]
    assert sorted(roles) == sorted(set(roles)) and {"id", "primary-geometry"} <= set(roles)
    assert properties["id"]["x-ogc-role"] == "id"
    assert [said["x-ogc-propertySeq"] for said in properties.values()] != []
    places = sorted(said["x-ogc-propertySeq"] for said in properties.values())
    assert places == list(range(1, len(properties) + 1))


def test_schemas_are_declared(portal):
    declared = get_json(portal, "/api/conformance")["conformsTo"]
    for standard in ("ogcapi-features-5/1.0", "ogcapi-common-3/1.0"):
        for name in ("schemas", "returnables-and-receivables", "queryables", "sortables"):
            assert f"http://www.opengis.net/spec/{standard}/conf/{name}" in declared


@pytest.mark.parametrize("name", COLLECTIONS)
def test_queryables_are_a_schema_too(portal, name):
    """Their properties are said as in the schema, but for the place. Source: Part 5, /req/queryables/response."""
    collection = get_json(portal, f"/api/collections/{name}")
    queryables = get_json(portal, link_of(collection, f"{REL}queryables", MEDIA_TYPE))
    said = get_json(portal, f"/api/collections/{name}/schema")["properties"]
    for queryable, schema in queryables["properties"].items():
        assert schema | {"x-ogc-propertySeq": said[queryable]["x-ogc-propertySeq"]} == said[queryable]


def test_no_description_is_left_over():
    assert set(DESCRIPTIONS) == {name for collection in COLLECTIONS.values() for name in collection.properties}


def test_known_answers_of_the_schema_of_blocks(portal):
    properties = get_json(portal, "/api/collections/blocks/schema")["properties"]
    assert properties["area_ha"]["type"] == "number" and properties["area_ha"]["x-ogc-unit"] == "har"
    assert properties["attempts"]["type"] == "integer"
    assert properties["minerals"] | {"description": ""} == {
        "title": "Minerals", "description": "", "type": "array", "items": {"type": "string"},
        "x-ogc-propertySeq": properties["minerals"]["x-ogc-propertySeq"],
    }  # fmt: skip
    assert properties["stage"]["enum"] == ["G4", "G3", "G2", "G1"]
    assert properties["boundary_kind"]["enum"] == ["published", "indicative"]
    assert properties["status_since"]["x-ogc-role"] == "primary-instant"
    assert properties["updated_at"]["format"] == "date-time"


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_features_are_as_their_schema_says(portal, name):
    schema = get_json(portal, f"/api/collections/{name}/schema")
    validator = Draft202012Validator(schema, format_checker=FormatChecker())
    for feature in get_json(portal, f"/api/collections/{name}/items?limit=10000")["features"]:
        validator.validate(known(feature))
        assert set(schema["required"]) <= set(known(feature))


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_features_are_as_their_feature_schema_says(portal, name):
    """Laid out as GeoJSON; again without what is unknown."""
    validator = Draft202012Validator(get_json(portal, f"/api/collections/{name}/feature-schema"))
    for feature in get_json(portal, f"/api/collections/{name}/items?limit=10000")["features"]:
        properties = known(feature)
        del properties["geometry"]
        validator.validate(feature | {"properties": properties})


@pytest.mark.parametrize("name", COLLECTIONS)
def test_a_collection_links_to_its_schemas(portal, name):
    collection = get_json(portal, f"/api/collections/{name}")
    here = link_of(collection, "self")
    assert link_of(collection, f"{REL}schema", MEDIA_TYPE) == f"{here}/schema"
    assert link_of(collection, f"{REL}sortables", MEDIA_TYPE) == f"{here}/sortables"
    assert link_of(collection, "describedby", MEDIA_TYPE) == f"{here}/feature-schema"


@pytest.mark.parametrize("name", COLLECTIONS)
def test_the_sortables_are_what_sortby_takes(portal, name):
    """Source: Part 5, /req/sortables/response; Part 8 (draft), /conf/sorting/sortby-param, expression-construction."""
    schema = get_json(portal, f"/api/collections/{name}/sortables")
    assert schema["additionalProperties"] is False
    here = f"/api/collections/{name}/items"
    for sortable, said in schema["properties"].items():
        assert said["type"] not in ("object", "array")
        for sign in ("", "-"):
            assert get_json(portal, f"{here}?sortby={sign}{sortable}&limit=5")["type"] == "FeatureCollection"
    for other in ("geometry", "this_is_not_a_sortable", "THIS IS NOT A SORTBY EXPRESSION"):
        assert get_problem(portal, f"{here}?sortby={other}")["parameter"] == "sortby"


@pytest.mark.parametrize(
    ("sortable", "name"), [("area_ha", "blocks"), ("state", "ports"), ("boreholes", "exploration-projects")]
)
@pytest.mark.parametrize("sign", ["", "+", "-"])
def test_sortby_puts_in_order(portal, sortable, name, sign):
    """Ascending unless a minus says otherwise; unknowns last."""
    address = f"/api/collections/{name}/items"
    body = portal.get(address, params={"sortby": sign + sortable, "limit": 1000}).json()
    values = [feature["properties"][sortable] for feature in body["features"]]
    there = [value for value in values if value is not None]
    assert len(set(there)) > 3
    assert values == sorted(there, reverse=sign == "-") + [None] * (len(values) - len(there))


def test_bad_requests_for_schemas_are_refused(portal):
    for kind in ("schema", "sortables", "feature-schema"):
        assert get_problem(portal, f"/api/collections/blocks/{kind}?colour=red")["parameter"] == "colour"
        assert get_problem(portal, f"/api/collections/blocks/{kind}?f=xml")["parameter"] == "f"
        assert "blocks" in get_problem(portal, f"/api/collections/block/{kind}", 404)["suggestions"]
