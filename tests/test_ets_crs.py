"""OGC API Features Part 2 as the OGC suite tests it: a test for each method of its crs classes.

The suite converts geometries itself; here pyproj does, which knows the axis order of each reference system.
"""

import re

import pytest
from conftest import get_json, get_problem
from ets import FEATURES, geometry_of, link_of, stands_for
from pyproj import CRS, Transformer
from shapely import box, get_coordinates, prepare, transform

GEOJSON = "application/geo+json"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
# The systems that the portal promises.
PROMISED = {CRS84, *(f"{EPSG}{code}" for code in (4326, 3857, *range(32642, 32648), 7755))}
UNKNOWN = "http://www.opengis.net/def/crs/OGC/1.3/unknown"
CRS_URI = re.compile(r"http://www\.opengis\.net/def/crs/[^/]+/[^/]+/[^/]+|urn:ogc:def:crs:.+|\[[^:]+:.+\]|#/crs")
# A part of Odisha and Chhattisgarh: it has some of most collections.
ASKED = (82.0, 18.5, 86.0, 22.5)
COLLECTION = "crs/discovery/collection/DiscoveryCollection"
LIST = "crs/discovery/collections/DiscoveryCollections"
QUERY = "crs/query"


def pyproj_of(uri):
    return CRS.from_user_input("OGC:CRS84" if uri == CRS84 else f"EPSG:{uri.rsplit('/', 1)[1]}")


def converter(source, target):
    """Between two systems, in the order of axes that each defines."""
    return Transformer.from_crs(pyproj_of(source), pyproj_of(target), always_xy=False)


@pytest.fixture(scope="module")
def collections(portal):
    return get_json(portal, "/api/collections")["collections"]


@pytest.fixture(scope="module")
def filled(collections):
    return [collection for collection in collections if collection["itemCount"]]


@pytest.fixture(scope="module")
def first_ids(portal, filled):
    return {c["id"]: portal.get(items_of(c), params={"limit": 1}).json()["features"][0]["id"] for c in filled}


@pytest.fixture(scope="module")
def shapes(portal, filled):
    """Collection → id → geometry in CRS84."""
    every = {c["id"]: get_geojson(portal, items_of(c), limit=10_000).json()["features"] for c in filled}
    return {name: {f["id"]: geometry_of(f) for f in features} for name, features in every.items()}


def items_of(collection):
    return link_of(collection, "items", GEOJSON)


def alone(portal, collection):
    return get_json(portal, link_of(collection, "self"))


def get_geojson(portal, address, **asked):
    response = portal.get(address, params=asked, headers={"accept": GEOJSON})
    assert response.status_code == 200, response.text
    return response


def ids_of(response):
    return {feature["id"] for feature in response.json()["features"]}


@stands_for(FEATURES, "crs/CrsRequirementClassPrecondition", "verifyConformanceClass")
def test_crs_is_declared(portal):
    declared = get_json(portal, "/api/conformance")["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs" in declared


# What a collection says


@stands_for(FEATURES, f"{COLLECTION}CrsUri", "verifyCollectionCrsIdentifierOfCrsProperty")
def test_crs_of_a_collection_are_uris(portal, collections):
    for collection in collections:
        listed = alone(portal, collection)["crs"]
        assert listed and all(CRS_URI.fullmatch(uri) for uri in listed)
        assert set(listed) == PROMISED and len(listed) == len(PROMISED)


@stands_for(FEATURES, f"{COLLECTION}CrsUri", "verifyCollectionCrsIdentifierOfStorageCrsProperty")
def test_storage_crs_of_a_collection_is_a_uri(portal, collections):
    assert all(CRS_URI.fullmatch(alone(portal, collection)["storageCrs"]) for collection in collections)


@stands_for(FEATURES, f"{COLLECTION}DefaultCrs", "verifyCollectionCrsIdentifierOfCrsProperty")
def test_crs_of_a_collection_have_the_default(portal, collections):
    assert all(CRS84 in alone(portal, collection)["crs"] for collection in collections)


@stands_for(FEATURES, f"{COLLECTION}StorageCrs", "verifyCollectionCrsIdentifierOfCrsProperty")
def test_crs_of_a_collection_have_the_storage_crs(portal, collections):
    for collection in collections:
        read = alone(portal, collection)
        assert read["storageCrs"] in read["crs"]


@stands_for(FEATURES, f"{LIST}CrsUri", "verifyCollectionsCrsIdentifierOfCrsProperty")
@stands_for(FEATURES, f"{LIST}CrsUri", "verifyCollectionsCrsIdentifierOfStorageCrs")
def test_crs_of_the_list_are_uris(portal):
    """A list for all collections is optional; where it is there, it holds URIs, and no storage CRS."""
    body = get_json(portal, "/api/collections")
    assert all(CRS_URI.fullmatch(uri) for uri in body.get("crs", ()))
    assert "storageCrs" not in body


@stands_for(FEATURES, f"{LIST}CrsUri", "verifyCollectionsCollectionCrsIdentifierOfCrsProperty")
def test_crs_in_the_list_are_uris(portal, collections):
    """`#/crs` stands for the list that all collections share, which must then be there."""
    shared = get_json(portal, "/api/collections").get("crs")
    for collection in collections:
        assert collection["crs"] and all(CRS_URI.fullmatch(uri) for uri in collection["crs"])
        assert shared or "#/crs" not in collection["crs"]


@stands_for(FEATURES, f"{LIST}CrsUri", "verifyCollectionsCollectionCrsIdentifierOfStorageCrs")
def test_storage_crs_in_the_list_are_uris(collections):
    assert all(CRS_URI.fullmatch(collection["storageCrs"]) for collection in collections)


@stands_for(FEATURES, f"{LIST}DefaultCrs", "verifyCollectionsPathCollectionCrsPropertyContainsDefaultCrs")
def test_crs_in_the_list_have_the_default(portal, collections):
    shared = get_json(portal, "/api/collections").get("crs", [])
    assert all(CRS84 in [*collection["crs"], *shared] for collection in collections)


@stands_for(FEATURES, f"{LIST}StorageCrs", "verifyCollectionsPathCollectionCrsPropertyContainsStorageCrs")
def test_crs_in_the_list_have_the_storage_crs(portal, collections):
    shared = get_json(portal, "/api/collections").get("crs", [])
    assert all(collection["storageCrs"] in [*collection["crs"], *shared] for collection in collections)


# bbox-crs


@stands_for(FEATURES, f"{QUERY}/bboxcrs/BBoxCrsParameter", "verifyBboxCrsParameterWithDefaultCrs")
@stands_for(FEATURES, f"{QUERY}/bboxcrs/BBoxCrsParameterDefault", "verifyBboxCrsParameterDefault")
def test_bbox_without_its_crs_is_in_the_default_one(portal, filled):
    """The CITE suite's AbstractBBoxCrs asks with bbox-crs=CRS84 and without, and wants the same."""
    bbox = ",".join(map(str, ASKED))
    for collection in filled:
        plain = get_geojson(portal, items_of(collection), bbox=bbox, limit=10_000)
        named = get_geojson(portal, items_of(collection), bbox=bbox, limit=10_000, **{"bbox-crs": CRS84})
        assert ids_of(plain) == ids_of(named)
        assert all(geometry_of(f).intersects(box(*ASKED)) for f in plain.json()["features"])


@stands_for(FEATURES, f"{QUERY}/bboxcrs/BBoxCrsParameter", "verifyBboxCrsParameter")
@pytest.mark.parametrize("uri", sorted(PROMISED), ids=lambda uri: uri.rsplit("/", 1)[1])
def test_bbox_in_each_crs_finds_the_same(portal, filled, shapes, uri):
    """A rectangle of the system finds what meets it, whatever shape it has in degrees; what just touches it is free."""
    edges = converter(CRS84, uri).transform_bounds(*ASKED, densify_pts=50)
    there = box(*edges).segmentize(max(edges[2] - edges[0], edges[3] - edges[1]) / 200)
    back = converter(uri, CRS84)
    in_degrees = transform(there, lambda points: _columns(back, points))
    inner, outer = in_degrees.buffer(-0.01), in_degrees.buffer(0.01)
    prepare([inner, outer])
    found = 0
    for collection in filled:
        answer = get_geojson(
            portal, items_of(collection), bbox=",".join(map(repr, edges)), limit=10_000, **{"bbox-crs": uri}
        )
        here = shapes[collection["id"]]
        surely = {key for key, geometry in here.items() if inner.intersects(geometry)}
        perhaps = {key for key, geometry in here.items() if outer.intersects(geometry)}
        assert surely <= ids_of(answer) <= perhaps, collection["id"]
        found += len(surely)
    assert found > 20


def _columns(convert, points):
    import numpy

    return numpy.column_stack(convert.transform(points[:, 0], points[:, 1]))


@stands_for(FEATURES, f"{QUERY}/bboxcrs/BBoxCrsParameterInvalid", "verifyBboxCrsParameterInvalid")
def test_bbox_in_an_unknown_crs_is_refused(portal, collections):
    for collection in collections:
        problem = get_problem(portal, f"{items_of(collection)}?bbox=5,5,6,6&bbox-crs={UNKNOWN}")
        assert problem["parameter"] == "bbox-crs"


# crs


def is_converted(given, answered, uri):
    """The same vertices, within half a metre, in the order of axes of the system."""
    convert = converter(CRS84, uri)
    expected = _columns(convert, get_coordinates(geometry_of(given)))
    got = get_coordinates(geometry_of(answered))
    assert got.shape == expected.shape
    assert abs(got - expected).max() < (5e-6 if pyproj_of(uri).is_geographic else 0.5)


@pytest.mark.parametrize("uri", sorted(PROMISED), ids=lambda uri: uri.rsplit("/", 1)[1])
@stands_for(FEATURES, f"{QUERY}/crs/features/FeaturesCrsParameter", "verifyFeaturesCrsParameter")
@stands_for(
    FEATURES,
    f"{QUERY}/crs/features/FeaturesCrsParameterTransform",
    "verifyFeaturesCrsParameterTransformWithoutCrsParameter",
    "verifyFeaturesCrsParameterTransformWithCrsParameter",
)
def test_features_come_in_each_crs(portal, filled, uri):
    """Content-Crs names the system, and the geometries are those of the answer without crs, converted.

    Only where the system is meant for: UTM zones are no more than near India.
    """
    asked = {"bbox": "68,6,98,37", "limit": 10}
    for collection in filled:
        plain = get_geojson(portal, items_of(collection), **asked)
        answer = get_geojson(portal, items_of(collection), crs=uri, **asked)
        assert answer.headers["content-crs"] == f"<{uri}>"
        assert ids_of(plain) == ids_of(answer)
        for given, answered in zip(plain.json()["features"], answer.json()["features"], strict=True):
            is_converted(given, answered, uri)


@stands_for(FEATURES, f"{QUERY}/crs/features/FeaturesCrsParameterDefault", "verifyFeaturesCrsParameterDefault")
def test_features_come_in_the_default_crs(portal, collections):
    for collection in collections:
        assert get_geojson(portal, items_of(collection), limit=1).headers["content-crs"] == f"<{CRS84}>"


@stands_for(FEATURES, f"{QUERY}/crs/features/FeaturesCrsParameterInvalid", "verifyFeaturesCrsParameterInvalid")
def test_features_in_an_unknown_crs_are_refused(portal, collections):
    for collection in collections:
        assert get_problem(portal, f"{items_of(collection)}?crs={UNKNOWN}")["parameter"] == "crs"


@pytest.mark.parametrize("uri", sorted(PROMISED), ids=lambda uri: uri.rsplit("/", 1)[1])
@stands_for(FEATURES, f"{QUERY}/crs/feature/FeatureCrsParameter", "verifyFeatureCrsParameter")
@stands_for(
    FEATURES,
    f"{QUERY}/crs/feature/FeatureCrsParameterTransform",
    "verifyFeatureCrsParameterTransformWithCrsParameter",
    "verifyFeatureCrsParameterTransformWithoutCrsParameter",
)
def test_a_feature_comes_in_each_crs(portal, filled, first_ids, uri):
    for collection in filled:
        if collection["id"] == "global-assets" and uri not in (CRS84, f"{EPSG}4326", f"{EPSG}3857"):
            continue  # half a world away from the zone
        address = f"{items_of(collection)}/{first_ids[collection['id']]}"
        answer = get_geojson(portal, address, crs=uri)
        assert answer.headers["content-crs"] == f"<{uri}>"
        is_converted(get_geojson(portal, address).json(), answer.json(), uri)


@stands_for(FEATURES, f"{QUERY}/crs/feature/FeatureCrsParameterDefault", "verifyFeatureCrsParameterDefault")
def test_a_feature_comes_in_the_default_crs(portal, filled, first_ids):
    for collection in filled:
        answer = get_geojson(portal, f"{items_of(collection)}/{first_ids[collection['id']]}")
        assert answer.headers["content-crs"] == f"<{CRS84}>"


@stands_for(FEATURES, f"{QUERY}/crs/feature/FeatureCrsParameterInvalid", "verifyFeatureCrsParameterInvalid")
def test_a_feature_in_an_unknown_crs_is_refused(portal, filled, first_ids):
    for collection in filled:
        address = f"{items_of(collection)}/{first_ids[collection['id']]}"
        assert get_problem(portal, f"{address}?crs={UNKNOWN}")["parameter"] == "crs"
