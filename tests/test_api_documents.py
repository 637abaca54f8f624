"""The API's documents against what OGC API Features 1.0 wants of them, and the OpenAPI document against the API.

The schemas are written here after the requirements; their originals are YAML, which nothing in the project reads.
"""

import json
import re

import pytest
from conftest import get_json
from fastapi.routing import iter_route_contexts
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import OpenAPIV30SpecValidator

from app.catalogue import COLLECTIONS
from app.params import FILTER_NAMES

OPENAPI_TYPE = "application/vnd.oai.openapi+json;version=3.0"
FOR_PROGRAMS = ("/api", "/download", "/feeds", "/healthz", "/readyz", "/metrics")
LINK = {
    "type": "object",
    "required": ["href", "rel"],
    "properties": {
        "href": {"type": "string", "format": "uri", "pattern": "^https?://"},
        "rel": {"type": "string", "minLength": 1},
        "type": {"type": "string", "pattern": "^[a-z]+/[a-z0-9.+-]+(;.*)?$"},
        "title": {"type": "string"},
    },
}
LINKS = {"type": "array", "items": LINK, "minItems": 1}
NUMBER = {"type": "number"}
POSITION = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
RING = {"type": "array", "items": POSITION, "minItems": 4}


def geometry(name, coordinates):
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"const": name}, "coordinates": coordinates},
        "additionalProperties": False,
    }


GEOMETRY = {
    "oneOf": [
        geometry("Point", POSITION),
        geometry("Polygon", {"type": "array", "items": RING}),
        geometry("MultiPolygon", {"type": "array", "items": {"type": "array", "items": RING}}),
    ]
}
FEATURE = {
    "type": "object",
    "required": ["type", "id", "geometry", "properties"],
    "properties": {
        "type": {"const": "Feature"},
        "id": {"type": "string"},
        "geometry": GEOMETRY,
        "properties": {"type": "object"},
        "links": LINKS,
    },
}
# Source: /req/geojson/content and /req/core/fc-response.
FEATURES = {
    "type": "object",
    "required": ["type", "features", "links", "timeStamp", "numberMatched", "numberReturned"],
    "properties": {
        "type": {"const": "FeatureCollection"},
        "features": {"type": "array", "items": FEATURE},
        "links": LINKS,
        "timeStamp": {"type": "string", "format": "date-time"},
        "numberMatched": {"type": "integer", "minimum": 0},
        "numberReturned": {"type": "integer", "minimum": 0},
    },
    "not": {"anyOf": [{"required": [name]} for name in ("coordinates", "geometry", "geometries", "properties")]},
}
# Source: /req/core/fc-md-success and extent.yaml.
COLLECTION = {
    "type": "object",
    "required": ["id", "links"],
    "properties": {
        "id": {"type": "string"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "links": LINKS,
        "itemType": {"const": "feature"},
        "crs": {"type": "array", "items": {"type": "string"}, "contains": {"pattern": "CRS84$"}},
        "extent": {
            "type": "object",
            "properties": {
                "spatial": {
                    "type": "object",
                    "properties": {
                        "bbox": {
                            "type": "array",
                            "minItems": 1,
                            "items": {"type": "array", "items": NUMBER, "minItems": 4, "maxItems": 4},
                        },
                        "crs": {"const": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
                    },
                },
                "temporal": {
                    "type": "object",
                    "properties": {
                        "interval": {
                            "type": "array",
                            "minItems": 1,
                            "items": {
                                "type": "array",
                                "minItems": 2,
                                "maxItems": 2,
                                "items": {"type": ["string", "null"], "format": "date-time"},
                            },
                        },
                        "trs": {"const": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"},
                    },
                },
            },
        },
    },
}
COLLECTIONS_DOCUMENT = {
    "type": "object",
    "required": ["links", "collections"],
    "properties": {"links": LINKS, "collections": {"type": "array", "items": COLLECTION}},
}
LANDING = {
    "type": "object",
    "required": ["links", "title", "description"],
    "properties": {"title": {"type": "string"}, "description": {"type": "string"}, "links": LINKS},
}
CONFORMANCE = {
    "type": "object",
    "required": ["conformsTo"],
    "properties": {"conformsTo": {"type": "array", "items": {"type": "string", "format": "uri"}, "minItems": 1}},
}
PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "parameter": {"type": "string"},
        "suggestions": {"type": "array", "items": {"type": "string"}},
    },
    "additionalProperties": False,
}
FILTERED = [*FILTER_NAMES, "revision", "as_of", "crs", "bbox-crs", "sortby", "limit", "offset", "token", "f"]


def check(document, schema):
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(document)


def hrefs(document, rel):
    return [link["href"] for link in document["links"] if link["rel"] == rel]


@pytest.mark.parametrize(
    ("address", "schema"),
    [
        ("/api", LANDING),
        ("/api/conformance", CONFORMANCE),
        ("/api/collections", COLLECTIONS_DOCUMENT),
        *((f"/api/collections/{name}", COLLECTION) for name in COLLECTIONS),
        *((f"/api/collections/{name}/items?limit=10000", FEATURES) for name in COLLECTIONS),
        ("/api/collections/blocks/items/akharkata-graphite", FEATURE),
    ],
)
def test_a_document_is_as_ogc_wants_it(portal, address, schema):
    check(get_json(portal, address), schema)


def test_an_error_is_a_problem_document(portal):
    for address in ("/api/collections/blocks/items?limit=0", "/api/nothing", "/api/collections/blocks/items?minral=x"):
        check(portal.get(address).json(), PROBLEM)


def test_the_landing_page_leads_everywhere(portal):
    landing = get_json(portal, "/api")
    for rel in ("self", "service-doc", "conformance", "data"):
        (href,) = hrefs(landing, rel)
        assert portal.get(href).status_code == 200
    described = [href.rsplit("/", 1)[1] for href in hrefs(landing, "service-desc")]
    assert described == ["openapi-ogc.json", "openapi.json"]
    for link in landing["links"]:
        assert portal.get(link["href"]).headers["content-type"].replace(" ", "").startswith(link["type"].split(";")[0])


def test_conformance_names_the_core_and_geojson(portal):
    declared = get_json(portal, "/api/conformance")["conformsTo"]
    features = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
    assert {f"{features}/core", f"{features}/geojson"} <= set(declared)
    assert len(declared) == len(set(declared))


def test_f_and_accept_give_the_same(portal):
    plain = get_json(portal, "/api/collections/blocks/items/akharkata-graphite")
    for f in ("json", "geojson"):
        assert get_json(portal, f"/api/collections/blocks/items/akharkata-graphite?f={f}") == plain
    for accept in ("*/*", "application/geo+json", "application/json", "text/html,application/xhtml+xml,*/*;q=0.8"):
        response = portal.get("/api/collections/blocks/items?limit=1", headers={"accept": accept})
        assert response.headers["content-type"] == "application/geo+json"


# OpenAPI


@pytest.fixture(scope="module")
def openapi(portal):
    response = portal.get("/api/openapi.json")
    assert response.headers["content-type"] == OPENAPI_TYPE
    return response.json()


@pytest.fixture(scope="module")
def openapi_ogc(portal):
    response = portal.get("/api/openapi-ogc.json")
    assert response.headers["content-type"] == OPENAPI_TYPE
    return response.json()


def parameters_of(openapi, path):
    return {p["name"] for p in openapi["paths"][path]["get"]["parameters"] if p["in"] == "query"}


def test_openapi_is_valid_3_0(openapi, openapi_ogc):
    for document in (openapi, openapi_ogc):
        assert document["openapi"] == "3.0.3"
        assert [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()] == []
        # Words that 3.0 does not know, and that its own schema lets pass in places.
        assert not re.findall(r'"(?:const|prefixItems|\$defs|examples)":|"type": ?(?:\[|"null")', json.dumps(document))


def test_openapi_lists_every_route_for_programs(portal, openapi):
    """Pages for people are no part of it, nor are the documents themselves."""
    of_itself = {"/api/openapi.json", "/api/openapi-ogc.json", "/api/docs"}
    served = {route.path for route in routes_of(portal.app) if route.path.startswith(FOR_PROGRAMS)}
    assert served - of_itself == set(openapi["paths"]) and len(served) > 12


def routes_of(app):
    """Every route with a path, those of included routers as well."""
    return [context for context in iter_route_contexts(app.routes) if context.path]


def test_the_ogc_document_has_the_same_seen_from_the_landing_page(openapi, openapi_ogc):
    """Conformance suites look for /collections below the server's address."""
    (server,) = openapi_ogc["servers"]
    assert server["url"] == openapi["servers"][0]["url"] + "/api"
    below = {path: item for path, item in openapi["paths"].items() if path.startswith("/api")}
    assert openapi_ogc["paths"] == {path.removeprefix("/api") or "/": item for path, item in below.items()}


def test_openapi_has_the_core_parameters_where_clients_look(openapi):
    """QGIS and GDAL read the length of a page from components."""
    assert openapi["components"]["parameters"]["limit"]["schema"]["default"] == 100


def test_openapi_lists_every_parameter_with_a_description(openapi):
    listed = openapi["paths"]["/api/collections/{collection_id}/items"]["get"]["parameters"]
    assert {p["name"] for p in listed if p["in"] == "query"} == set(FILTERED)
    for path in openapi["paths"].values():
        for operation in path.values():
            for parameter in operation.get("parameters", []):
                assert parameter.get("description"), parameter["name"]


@pytest.mark.parametrize(
    ("name", "explode", "schema"),
    [
        ("limit", False, {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}),
        ("bbox", False, {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}),
        ("datetime", False, {"type": "string"}),
    ],
)
def test_openapi_defines_the_core_parameters_as_ogc_has_them(openapi, name, explode, schema):
    """Source: OGC API Features 1.0, /req/core/fc-limit-definition, fc-bbox-definition, fc-time-definition."""
    listed = openapi["paths"]["/api/collections/{collection_id}/items"]["get"]["parameters"]
    (parameter,) = [p for p in listed if p["name"] == name]
    assert (parameter["in"], parameter["required"]) == ("query", False)
    assert (parameter["style"], parameter["explode"]) == ("form", explode)
    assert {key: parameter["schema"].get(key) for key in schema} == schema


def test_openapi_has_problem_documents_and_no_422(openapi):
    for path, operations in openapi["paths"].items():
        for method, operation in operations.items():
            responses = operation["responses"]
            assert "422" not in responses, (method, path)
            if path.startswith("/api/collections/"):
                for status in ("400", "404", "414", "429", "431", "503"):
                    assert "application/problem+json" in responses[status]["content"], (method, path, status)


def test_openapi_says_which_answers_can_be_unchanged(portal, openapi):
    given = {
        "{collection_id}": "blocks", "{item_id}": "akharkata-graphite", "{file}": "ports.csv",
        "{tileMatrixSetId}": "WebMercatorQuad", "{tileMatrix}": "4", "{tileRow}": "6", "{tileCol}": "11",
    }  # fmt: skip
    said, found = set(), set()
    for path, operations in openapi["paths"].items():
        address = path
        for name, value in given.items():
            address = address.replace(name, value)
        address += "?block=akharkata-graphite" if path == "/api/screening" else ""
        etag = portal.get(address).headers.get("etag")
        if "304" in operations.get("get", {"responses": {}})["responses"]:
            said.add(path)
        if etag and portal.get(address, headers={"if-none-match": etag}).status_code == 304:
            found.add(path)
    assert said == found and len(said) == 10


def test_references_in_openapi_lead_somewhere(openapi):
    for reference in set(re.findall(r'"#/([^"]+)"', json.dumps(openapi))):
        target = openapi
        for step in reference.split("/"):
            target = target[step]


def test_every_declared_parameter_is_taken(portal, openapi):
    good = {
        "mineral": "graphite", "state": "odisha", "district": "Angul", "stage": "G4", "status": "offered",
        "concession": "CL", "asset_class": "central_auction_block", "tranche": "I", "position_accuracy": "surveyed",
        "ids": "akharkata-graphite", "area_min_ha": "1", "area_max_ha": "1e6", "premium_min_percent": "0",
        "premium_max_percent": "900", "q": "graphite", "bbox": "60,0,100,40", "near": "84,20&within_km=500",
        "within_km": "500&near=84,20", "datetime": "2020/..", "sortby": "-area_ha", "limit": "5", "offset": "0",
        "revision": "1", "as_of": "2026-01-01", "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "bbox-crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "intersects": "POLYGON((60 0,100 0,100 40,60 0))", "buffer_km": "300&intersects=POINT(84 20)",
        "filter": "area_ha>1", "filter-lang": "cql2-text&filter=area_ha>1",
        "filter-crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84&filter=area_ha>1", "f": "geojson",
    }  # fmt: skip
    declared = parameters_of(openapi, "/api/collections/{collection_id}/items")
    assert declared == {*good, "token"}  # a token is good for its own question only
    for name, value in good.items():
        assert get_json(portal, f"/api/collections/blocks/items?{name}={value}")["features"], name


def test_the_items_of_every_collection_fit_the_declared_shape(portal, openapi):
    schema = {"$ref": "#/components/schemas/FeatureCollectionShape", "components": openapi["components"]}
    for name in COLLECTIONS:
        check(get_json(portal, f"/api/collections/{name}/items?limit=20"), schema)


def test_the_reader_for_people_asks_no_other_host(portal):
    html = portal.get("/api/docs").text
    sources = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert sources and not [s for s in sources if s.startswith(("http:", "https:", "//"))]
    assert all(portal.get(s).status_code == 200 for s in sources)
    assert "/api/openapi.json" in html
