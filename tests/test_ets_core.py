"""OGC API Features Part 1 as the OGC suite tests it: a test for each method of its core classes.

Names of classes and methods are the suite's (ets-ogcapi-features10); the requests are the same ones.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from conftest import EMPTY, get_json, get_problem
from ets import FEATURES, box_of, checks, geometry_of, link_of, stands_for
from openapi_spec_validator import OpenAPIV30SpecValidator

from app.catalogue import COLLECTIONS
from app.ingest.history import period_of

GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
# Where the records of every collection but one lie; axes that were swapped would not.
INDIA = box_of(60, 0, 100, 40)
# Across Greenwich, the equator, the antimeridian, and at both poles.
BOXES = (
    (-1.5, 50, 1.5, 53),
    (-80, -5, -70, 5),
    (177, 65, -177, 70),
    (-180, 85, 180, 90),
    (-180, -90, 180, -85),
)


class Answer(NamedTuple):
    """An answer of a collection's items to a question."""

    collection: str
    asked: dict[str, Any]
    body: dict[str, Any]
    before: datetime
    after: datetime


@pytest.fixture(scope="module")
def collections(portal):
    return get_json(portal, "/api/collections")["collections"]


@pytest.fixture(scope="module")
def document(portal):
    """The API definition that a suite takes: the first one of the right type."""
    landing = get_json(portal, "/api")
    response = portal.get(link_of(landing, "service-desc", OPENAPI), headers={"accept": OPENAPI})
    assert response.status_code == 200 and response.headers["content-type"] == OPENAPI
    return response.json()


def items_of(collection):
    return link_of(collection, "items", GEOJSON)


def ask(portal, collection, **asked):
    before = datetime.now(UTC)
    response = portal.get(items_of(collection), params=asked, headers={"accept": GEOJSON})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == GEOJSON
    return Answer(collection["id"], asked, response.json(), before, datetime.now(UTC))


@pytest.fixture(scope="module")
def every(portal, collections):
    """Collection → all its features."""
    return {c["id"]: portal.get(items_of(c), params={"limit": 10_000}).json()["features"] for c in collections}


def moments_of(collection):
    """The suite's questions of time: an instant, a period, a period by its length."""
    period = collection["extent"].get("temporal")
    if not period:
        return
    begin, end = (datetime.fromisoformat(text) for text in period["interval"][0])
    quarter = begin + (end - begin) / 4
    yield f"{begin:%Y-%m-%dT%H:%M:%SZ}"
    yield f"{quarter:%Y-%m-%dT%H:%M:%SZ}/{quarter + (end - begin) / 4:%Y-%m-%dT%H:%M:%SZ}"
    yield f"{quarter:%Y-%m-%d}/P2D"
    # The suite's own quarters hold next to nothing here.
    yield f"{begin + (end - begin) * 0.7:%Y-%m-%dT%H:%M:%SZ}/{end:%Y-%m-%dT%H:%M:%SZ}"


@pytest.fixture(scope="module")
def answers(portal, collections):
    """Class of the suite → what its requests are answered."""
    here = [c for c in collections if "extent" in c]
    assert len(here) == len(COLLECTIONS) - len(EMPTY), "all but the operator's own hold something"
    boxes = [(c, b) for c in here for b in (c["extent"]["spatial"]["bbox"][0], *BOXES)]
    return {
        "Features": [ask(portal, c) for c in collections],
        "FeaturesBBox": [ask(portal, c, bbox=",".join(f"{edge}" for edge in b)) for c, b in boxes],
        "FeaturesLimit": [ask(portal, c, limit=limit) for c in collections for limit in (1, 100)],
        "FeaturesTime": [ask(portal, c, datetime=moment) for c in here for moment in moments_of(c)],
    }


# Landing page, API definition, conformance, HTTP


@stands_for(FEATURES, "core/landingpage/LandingPage", "landingPageRetrieval")
def test_landing_page_retrieval(portal):
    response = portal.get("/api", headers={"accept": "application/json"})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    # The suite asks with a slash at the end as well.
    assert portal.get("/api/").json() == response.json()


@stands_for(FEATURES, "core/landingpage/LandingPage", "landingPageValidation")
def test_landing_page_validation(portal):
    links = get_json(portal, "/api")["links"]
    assert {"conformance", "data"} <= {link["rel"] for link in links}
    assert {"service-desc", "service-doc"} & {link["rel"] for link in links}
    assert all(link["type"] and link["href"].startswith("http") for link in links)


@stands_for(FEATURES, "core/apidefinition/ApiDefinition", "openapiDocumentRetrieval")
def test_openapi_document_retrieval(document):
    assert document["openapi"].startswith("3.0.")


@stands_for(FEATURES, "core/apidefinition/ApiDefinition", "apiDefinitionValidation")
def test_api_definition_validation(document):
    assert [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()] == []


@stands_for(FEATURES, "Conformance", "validateConformanceOperationAndResponse")
def test_conformance_operation_and_response(portal, document):
    (server,) = document["servers"]
    assert "/conformance" in document["paths"]
    declared = get_json(portal, f"{server['url']}/conformance")["conformsTo"]
    part_1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
    assert {f"{part_1}/core", f"{part_1}/geojson", f"{part_1}/oas30"} <= set(declared)
    assert all(isinstance(name, str) for name in declared)


@stands_for(FEATURES, "core/general/GeneralHttp", "http")
def test_http(live_url):
    """HTTP/1.1, as a server answers it."""
    from http.client import HTTPConnection

    connection = HTTPConnection(live_url.removeprefix("http://"))
    connection.request("GET", "/api")
    response = connection.getresponse()
    assert (response.status, response.version) == (200, 11)
    connection.close()


# Collections


LIST_CLASS = "core/collections/FeatureCollections"


@stands_for(FEATURES, LIST_CLASS, "validateFeatureCollectionsMetadataOperation")
def test_collections_operation(portal, document):
    assert "/collections" in document["paths"]
    response = portal.get("/api/collections", headers={"accept": "application/json"})
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")


@stands_for(FEATURES, LIST_CLASS, "validateFeatureCollectionsMetadataOperationResponse_Links")
def test_collections_links(portal):
    body = get_json(portal, "/api/collections")
    assert link_of(body, "self", "application/json").endswith("/api/collections")
    assert all(link["rel"] and link["type"] for link in body["links"])


@stands_for(FEATURES, LIST_CLASS, "validateFeatureCollectionsMetadataOperationResponse_Items")
def test_collections_items(collections):
    for collection in collections:
        assert items_of(collection).endswith(f"/collections/{collection['id']}/items")
        assert all(link["rel"] and link["type"] for link in collection["links"] if link["rel"] == "items")


@stands_for(FEATURES, LIST_CLASS, "validateFeatureCollectionsMetadataOperationResponse_CrsProperty")
def test_collections_crs(collections):
    assert all(CRS84 in collection["crs"] for collection in collections)


@stands_for(FEATURES, LIST_CLASS, "validateFeatureCollectionsMetadataOperationResponse_Content")
def test_collections_content(collections, every):
    """Every collection is listed, and its extent holds all that is in it."""
    assert [collection["id"] for collection in collections] == list(COLLECTIONS)
    for collection in collections:
        if not collection["itemCount"]:
            assert "extent" not in collection
            continue
        extent = box_of(*collection["extent"]["spatial"]["bbox"][0]).buffer(1e-5)
        assert all(extent.covers(geometry_of(feature)) for feature in every[collection["id"]])


@stands_for(FEATURES, "core/collections/FeatureCollection", "validateFeatureCollectionMetadataOperation")
def test_collection_operation(portal, document, collections):
    assert "/collections/{collection_id}" in document["paths"]
    for collection in collections:
        get_json(portal, f"/api/collections/{collection['id']}")


@stands_for(FEATURES, "core/collections/FeatureCollection", "validateFeatureCollectionMetadataResponse")
def test_collection_response(portal, collections):
    """Id, links, extent and CRSs are the same as in the list."""
    for listed in collections:
        alone = get_json(portal, f"/api/collections/{listed['id']}")
        assert alone == listed


# Items


def has_type(answer):
    assert answer.body["type"] == "FeatureCollection"


def has_features(answer):
    assert isinstance(answer.body["features"], list)
    assert all(feature["type"] == "Feature" and feature["id"] for feature in answer.body["features"])


def is_in_crs84(answer):
    for feature in answer.body["features"]:
        geometry = geometry_of(feature)
        assert geometry.is_valid and not geometry.is_empty
        assert box_of(-180, -90, 180, 90).covers(geometry)
        if answer.collection != "global-assets":
            assert INDIA.covers(geometry), (answer.collection, feature["id"])


def has_links(answer):
    """Itself; of other media types there are none to link to. Each link says rel and type."""
    assert link_of(answer.body, "self", GEOJSON)
    assert all(link["rel"] and link["type"] for link in answer.body["links"])


def has_time_stamp(answer):
    made = datetime.fromisoformat(answer.body["timeStamp"])
    assert answer.before - timedelta(seconds=1) <= made <= answer.after


def has_number_returned(answer):
    assert answer.body["numberReturned"] == len(answer.body["features"])


def has_number_matched(answer, portal, every):
    """As many as all pages have, each once."""
    ids, body = [feature["id"] for feature in answer.body["features"]], answer.body
    while following := [link["href"] for link in body["links"] if link["rel"] == "next"]:
        # One by one would be some hundred requests, and the token of a page is good for any length.
        body = get_json(portal, following[0].replace("limit=1&", "limit=50&"))
        ids += [feature["id"] for feature in body["features"]]
    assert len(ids) == len(set(ids)) == answer.body["numberMatched"], answer.asked


def is_answered(answer):
    """`ask` has looked at status and media type; the self link gives the same again."""
    assert link_of(answer.body, "self").split("?")[0].endswith(f"/{answer.collection}/items")


def meets_the_box(answer, portal, every):
    """Whatever meets the box, and nothing else. Source: /req/core/fc-bbox-response."""
    asked = box_of(*(float(edge) for edge in answer.asked["bbox"].split(",")))
    meeting = [feature["id"] for feature in every[answer.collection] if geometry_of(feature).intersects(asked)]
    assert answer.body["numberMatched"] == len(meeting)
    assert {feature["id"] for feature in answer.body["features"]} <= set(meeting)


def keeps_to_the_limit(answer):
    assert len(answer.body["features"]) <= answer.asked["limit"]
    assert len(answer.body["features"]) == min(answer.asked["limit"], answer.body["numberMatched"])


def meets_the_time(answer, portal, every):
    """Whatever has a time that meets the one asked for. Source: /req/core/fc-time-response."""
    first, _, last = answer.asked["datetime"].partition("/")
    start = date.fromisoformat(first[:10])
    end = start + timedelta(days=2) if last == "P2D" else date.fromisoformat((last or first)[:10])
    here, all_at_once = f"/api/collections/{answer.collection}/items", {"limit": 10_000}
    meeting = set()
    for feature in every[answer.collection]:
        period = period_of(feature["properties"]["status_since"])
        if period and period[0] <= end and start <= period[1]:
            meeting.add(feature["id"])
    found = portal.get(here, params=answer.asked | all_at_once).json()["features"]
    assert {feature["id"] for feature in found if feature["properties"]["status_since"]} == meeting
    assert {feature["id"] for feature in answer.body["features"]} <= {feature["id"] for feature in found}


FEATURES_CLASS = "core/collections/Features"
PLAIN = checks(
    FEATURES,
    FEATURES_CLASS,
    {
        "validateFeaturesOperation": is_answered,
        "validateFeaturesResponse_GeometryInCRS84": is_in_crs84,
        "validateFeaturesResponse_TypeProperty": has_type,
        "validateFeaturesResponse_FeaturesProperty": has_features,
        "validateFeaturesResponse_Links": has_links,
        "validateFeaturesResponse_TimeStamp": has_time_stamp,
        "validateFeaturesResponse_NumberMatched": has_number_matched,
        "validateFeaturesResponse_NumberReturned": has_number_returned,
    },
)


def of_a_parameter(suite_class, word, **more):
    """The suite repeats its checks for each parameter, under names that are not quite alike."""
    of = f"validateFeaturesWith{word}Response"
    crs84 = "validateFeaturesResponse" if word == "BoundingBox" else of
    return checks(
        FEATURES,
        f"core/collections/{suite_class}",
        {
            f"validateFeaturesWith{word}Operation": is_answered,
            f"{crs84}_GeometryInCRS84": is_in_crs84,
            f"{of}_TypeProperty": has_type,
            f"{of}_FeaturesProperty": has_features,
            f"{of}_Links": has_links,
            f"{of}_TimeStamp": has_time_stamp,
            f"{of}_NumberMatched": has_number_matched,
            "validateFeaturesResponse_NumberReturned": has_number_returned,
            of: more["response"],
        },
    )


@pytest.mark.parametrize(
    ("suite_class", "check"),
    [
        *PLAIN,
        *of_a_parameter("FeaturesBBox", "BoundingBox", response=meets_the_box),
        *of_a_parameter("FeaturesLimit", "Limit", response=keeps_to_the_limit),
        *of_a_parameter("FeaturesTime", "DateTime", response=meets_the_time),
    ],
)
def test_items(portal, answers, every, suite_class, check):
    assert answers[suite_class]
    for answer in answers[suite_class]:
        if check in (meets_the_box, has_number_matched, meets_the_time):
            check(answer, portal, every)
        else:
            check(answer)


@pytest.mark.parametrize(
    ("suite_class", "name", "schema"),
    [
        ("FeaturesBBox", "bbox", {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}),
        ("FeaturesLimit", "limit", {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 100}),
        ("FeaturesTime", "datetime", {"type": "string"}),
    ],
)
@stands_for(FEATURES, "core/collections/FeaturesBBox", "boundingBoxParameterDefinition")
@stands_for(FEATURES, "core/collections/FeaturesLimit", "limitParameterDefinition")
@stands_for(FEATURES, "core/collections/FeaturesTime", "timeParameterDefinition")
def test_parameter_definition(document, suite_class, name, schema):
    listed = document["paths"]["/collections/{collection_id}/items"]["get"]["parameters"]
    (parameter,) = [p for p in listed if p["name"] == name]
    assert (parameter["in"], parameter["required"]) == ("query", False)
    assert (parameter["style"], parameter["explode"]) == ("form", False)
    assert parameter["schema"] == schema


@stands_for(FEATURES, "core/collections/FeaturesErrorConditions", "validateFeaturesOperation_QueryParamInvalid")
def test_query_param_invalid(portal, collections):
    for collection in collections:
        for name, value in (("limit", "lots"), ("bbox", "1,2,3"), ("datetime", "yesterday")):
            assert get_problem(portal, f"{items_of(collection)}?{urlencode({name: value})}")["parameter"] == name


@stands_for(FEATURES, "core/collections/FeaturesErrorConditions", "validateFeaturesOperation_QueryParamUnknown")
def test_query_param_unknown(portal, collections):
    for collection in collections:
        problem = get_problem(portal, f"{items_of(collection)}?unknownQueryParameter=1")
        assert problem["parameter"] == "unknownQueryParameter"


# A feature


@pytest.fixture(scope="module")
def single_features(portal, answers):
    """The first feature of each collection: (collection, address, answer)."""
    found = []
    for answer in answers["Features"]:
        for feature in answer.body["features"][:1]:
            address = f"/api/collections/{answer.collection}/items/{feature['id']}"
            found.append((answer.collection, feature, portal.get(address, headers={"accept": GEOJSON})))
    assert found
    return found


@stands_for(FEATURES, "core/collections/Feature", "featureOperation")
def test_feature_operation(document, single_features):
    assert "/collections/{collection_id}/items/{item_id}" in document["paths"]
    for _, feature, response in single_features:
        assert (response.status_code, response.headers["content-type"]) == (200, GEOJSON)
        assert response.json()["id"] == feature["id"]


@stands_for(FEATURES, "core/collections/Feature", "validateFeatureResponse")
def test_feature_response(single_features):
    """Links to itself and its collection, each with rel and type; geometry and properties as in the page."""
    for collection, feature, response in single_features:
        body = response.json()
        assert link_of(body, "self", GEOJSON).endswith(f"/items/{feature['id']}")
        assert link_of(body, "collection").endswith(f"/collections/{collection}")
        assert all(link["rel"] and link["type"] for link in body["links"])
        assert (body["geometry"], body["properties"]) == (feature["geometry"], feature["properties"])
