"""Every JSON document of the API against the schemas that OGC publishes for it, read from local files only."""

from functools import cache
from pathlib import PurePosixPath

import pytest
import yaml
from conftest import SHARED, get_json
from ets import link_of
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from app.catalogue import COLLECTIONS

OGC = SHARED / "ogc"
PART_1, PART_2 = "ogc_schemas/features-1/schemas", "ogc_schemas/features-2/schemas"
TILES = "ogcapi_tiles/schemas"
# No host: only a scheme that relative references are resolved in.
LOCAL = "http://ogc.invalid/"
PUBLISHED = "http://schemas.opengis.net/ogcapi/features/part1/1.0/openapi/schemas/"
VECTOR = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"

pytestmark = pytest.mark.skipif(not OGC.is_dir(), reason=f"the schemas of OGC are not there: {OGC}")


def as_written(node):
    """In YAML the type null is no text, and `nullable` is a word of OpenAPI 3.0."""
    if isinstance(node, list):
        return ["null" if part is None else as_written(part) for part in node]
    if not isinstance(node, dict):
        return node
    found = {key: as_written(part) for key, part in node.items()}
    if "type" in found and found["type"] is None:
        found["type"] = "null"
    if found.pop("nullable", False) is True:
        return {"anyOf": [found, {"type": "null"}]}
    return found


@cache
def read_schema(uri):
    """A schema by its place in the folder, or by the address at which OGC publishes it."""
    place = PurePosixPath(uri.replace(PUBLISHED, f"{LOCAL}{PART_1}/").removeprefix(LOCAL))
    schema = as_written(yaml.safe_load((OGC / place).read_text(encoding="utf-8")))
    if place.name == "extent-uad.yaml":
        # Its additionalProperties mean those beside spatial and temporal, which another part of the allOf names.
        schema["allOf"][1]["properties"] = {"spatial": True, "temporal": True}
    return DRAFT202012.create_resource(schema)


def retrieve(uri) -> Resource:
    return read_schema(uri)


@cache
def validator_of(place):
    registry = Registry(retrieve=retrieve)
    return Draft202012Validator({"$ref": f"{LOCAL}{place}"}, registry=registry, format_checker=FormatChecker())


def check(document, *places):
    for place in places:
        found = [f"{error.json_path}: {error.message}" for error in validator_of(f"{place}.yaml").iter_errors(document)]
        assert not found, (place, found[:3])


def test_the_schemas_refuse_what_is_wrong():
    """The loader reaches the schemas that others refer to."""
    feature = {"type": "Feature", "id": "a", "geometry": None, "properties": None}
    page = {"type": "FeatureCollection", "features": [feature]}
    assert validator_of(f"{PART_1}/featureCollectionGeoJSON.yaml").is_valid(page)
    feature["geometry"] = {"type": "Point", "coordinates": ["84", 20]}
    assert not validator_of(f"{PART_1}/featureCollectionGeoJSON.yaml").is_valid(page)
    assert not validator_of(f"{PART_2}/collection.yaml").is_valid({"id": "a"})


def test_landing_page(portal):
    check(get_json(portal, "/api"), f"{PART_1}/landingPage", f"{TILES}/common-core/landingPage")


def test_conformance(portal):
    check(get_json(portal, "/api/conformance"), f"{PART_1}/confClasses", f"{TILES}/common-core/confClasses")


def test_list_of_collections(portal):
    body = get_json(portal, "/api/collections")
    check(body, f"{PART_1}/collections", f"{PART_2}/collections", f"{TILES}/common-geodata/collections")


@pytest.mark.parametrize("name", COLLECTIONS)
def test_collection(portal, name):
    body = get_json(portal, f"/api/collections/{name}")
    check(body, f"{PART_1}/collection", f"{PART_2}/collection", f"{TILES}/common-geodata/collectionInfo")


@pytest.mark.parametrize("name", COLLECTIONS)
def test_items(portal, name):
    body = get_json(portal, f"/api/collections/{name}/items?limit=10000")
    check(body, f"{PART_1}/featureCollectionGeoJSON")
    for feature in body["features"][:3]:
        alone = get_json(portal, f"/api/collections/{name}/items/{feature['id']}")
        check(alone, f"{PART_1}/featureGeoJSON")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/api/nothing", 404),
        ("/api/collections/nothing", 404),
        ("/api/collections/blocks/items/nothing", 404),
        ("/api/collections/blocks/items?limit=0", 400),
        ("/api/collections/blocks/items?minral=x", 400),
        ("/api/collections/blocks/schema?x=1", 400),
    ],
)
def test_problem(portal, address, status):
    check(get_json(portal, address, status), f"{PART_1}/exception", f"{TILES}/common-core/exception")


@pytest.mark.parametrize("name", COLLECTIONS)
def test_tilesets(portal, name):
    listed = get_json(portal, link_of(get_json(portal, f"/api/collections/{name}"), VECTOR))
    for tileset in listed["tilesets"]:
        check(tileset, f"{TILES}/tms/tileSet-item")
        check(get_json(portal, link_of(tileset, "self", "application/json")), f"{TILES}/tms/tileSet")


@pytest.mark.parametrize("name", ["WebMercatorQuad", "WorldCRS84Quad"])
def test_tile_matrix_set(portal, name):
    listed = get_json(portal, "/api/tileMatrixSets")["tileMatrixSets"]
    (item,) = [item for item in listed if item["id"] == name]
    check(item, f"{TILES}/tms/tileMatrixSet-item")
    check(get_json(portal, link_of(item, "self")), f"{TILES}/tms/tileMatrixSet")
