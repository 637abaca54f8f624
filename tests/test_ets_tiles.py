"""OGC API Tiles Part 1 as the OGC suite tests it: a test for each method of ets-ogcapi-tiles10."""

from math import cos, floor, log, pi, radians, tan

import mapbox_vector_tile
import pytest
from conftest import get_json
from ets import TILES, link_of, stands_for
from openapi_spec_validator import OpenAPIV30SpecValidator

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
MVT = "application/vnd.mapbox-vector-tile"
VECTOR = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
CONFORMANCE = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf"
REGISTERED = "http://www.opengis.net/def/tilematrixset/OGC/1.0/"
SETS = {"WebMercatorQuad", "WorldCRS84Quad"}
# Dhenkanal, Odisha: near the middle of many blocks.
LON, LAT, ZOOM = 85.6, 20.7, 7
PACKAGE = "org/opengis/cite/ogcapitiles10"


def address_of(set_id, zoom=ZOOM):
    """Row and column of the tile that the place lies in."""
    if set_id == "WebMercatorQuad":
        fraction = (1 - log(tan(radians(LAT)) + 1 / cos(radians(LAT))) / pi) / 2
        return floor(fraction * 2**zoom), floor((LON + 180) / 360 * 2**zoom)
    side = 180 / 2**zoom
    return floor((90 - LAT) / side), floor((LON + 180) / side)


@pytest.fixture(scope="module")
def document(portal):
    landing = get_json(portal, "/api")
    return portal.get(link_of(landing, "service-desc", OPENAPI)).json()


@pytest.fixture(scope="module")
def collections(portal):
    return get_json(portal, "/api/collections")["collections"]


@pytest.fixture(scope="module")
def tilesets(portal, collections):
    """Collection id → the tilesets of its list."""
    return {c["id"]: get_json(portal, link_of(c, VECTOR, "application/json"))["tilesets"] for c in collections}


def set_of(tileset):
    return tileset["tileMatrixSetURI"].rsplit("/", 1)[1]


def template_of(portal, tileset):
    """The address of a tile, from the tileset's own document."""
    return link_of(get_json(portal, link_of(tileset, "self", "application/json")), "item", MVT)


def fill(template, zoom, row, col):
    return template.replace("{tileMatrix}", str(zoom)).replace("{tileRow}", str(row)).replace("{tileCol}", str(col))


# The API definition and what is declared


@stands_for(TILES, f"{PACKAGE}/apidefinition/ApiDefinition", "apiDefinitionValidation")
def test_api_definition_lists_the_tiles(document):
    assert [error.message for error in OpenAPIV30SpecValidator(document).iter_errors()] == []
    tiles = [path for path in document["paths"] if "/tiles" in path]
    assert [path.count("{") for path in sorted(tiles, key=len)][-1] >= 5, tiles


@stands_for(TILES, f"{PACKAGE}/apidefinition/ApiDefinition", "apiDefinitionOperationIdValidation")
def test_operation_ids_of_tiles_end_as_they_should(document):
    """Source: OGC API Tiles Part 1, /req/oas30/operation-id, table of suffixes."""
    ids = {path: item["get"]["operationId"] for path, item in document["paths"].items() if "/tiles" in path}
    for suffix in (".getTileSetsList", ".getTileSet", ".getTile"):
        assert any(name.endswith(f".collection.vector{suffix}") for name in ids.values()), (suffix, ids)


@stands_for(TILES, "Conformance", "validateConformanceOperationAndResponse")
def test_tiles_are_declared(portal):
    declared = get_json(portal, "/api/conformance")["conformsTo"]
    assert f"{CONFORMANCE}/core" in declared


# Tilesets


@stands_for(TILES, "Tile", "validateTilesAreAvailable")
def test_tilesets_are_there(portal, tilesets):
    for listed in tilesets.values():
        assert {set_of(tileset) for tileset in listed} == SETS
        for tileset in listed:
            assert get_json(portal, link_of(tileset, "self", "application/json"))["links"]


@stands_for(TILES, f"{PACKAGE}/tilesetslist/TilesetLlinks", "validateTilesetsListResponse")
def test_lists_of_tilesets(collections, tilesets):
    """Each tileset names its registered set, its kind of data and CRS. Source: /req/tilesets-list/tileset-links."""
    for collection in collections:
        assert "/tiles" in link_of(collection, VECTOR)
        for tileset in tilesets[collection["id"]]:
            assert tileset["tileMatrixSetURI"].startswith(REGISTERED)
            assert tileset["dataType"] == "vector" and tileset["crs"]
            assert link_of(tileset, "self")


@stands_for(TILES, f"{PACKAGE}/geodatatilesets/GeospatialDataResource", "geospatialResourceTilesetsLinksCheck")
@stands_for(TILES, f"{PACKAGE}/geodatatilesets/GeospatialDataResource", "geospatialResourceTilesetsRetrieval")
def test_a_collection_links_to_its_tilesets(portal, collections):
    for collection in collections:
        address = link_of(collection, VECTOR)
        assert address.split("?")[0].endswith(f"/collections/{collection['id']}/tiles")
        assert portal.get(address, headers={"accept": "application/json"}).json()["tilesets"]


@pytest.mark.skip("the portal has tiles of each collection, none of all together: dataset-tilesets is not declared")
@stands_for(TILES, f"{PACKAGE}/datasettilesets/LandingPage", "landingPageRetrieval")
def test_landing_page_links_to_tilesets():
    """Nothing to check."""


def test_dataset_tilesets_are_not_declared(portal):
    """As the test that is skipped above says."""
    assert f"{CONFORMANCE}/dataset-tilesets" not in get_json(portal, "/api/conformance")["conformsTo"]


# Tiles


@pytest.mark.parametrize("part", ["tileMatrix", "tileRow", "tileCol"])
@stands_for(TILES, "Tile", "validateTileMatrixDefinitionIsAvailable")
@stands_for(TILES, "Tile", "validateTileRowDefinitionIsAvailable")
@stands_for(TILES, "Tile", "validateTileColDefinitionIsAvailable")
def test_templates_have_each_part(portal, tilesets, part):
    for listed in tilesets.values():
        for tileset in listed:
            assert f"{{{part}}}" in template_of(portal, tileset)


@stands_for(TILES, f"{PACKAGE}/core/MandatoryCore", "verifyMinimalConformance")
def test_templates_name_a_registered_set(portal, tilesets):
    for listed in tilesets.values():
        for tileset in listed:
            assert f"/tiles/{set_of(tileset)}/" in template_of(portal, tileset)


@stands_for(TILES, "Tile", "validateSuccessfulTilesExecutionFollowingLinks")
@stands_for(TILES, f"{PACKAGE}/core/MandatoryCore", "validateSuccessfulTilesExecution")
def test_tiles_are_answered(portal, tilesets):
    """A tile over many blocks is a vector tile that can be read; an empty collection's has no content, or is empty."""
    for collection, listed in tilesets.items():
        for tileset in listed:
            row, col = address_of(set_of(tileset))
            response = portal.get(fill(template_of(portal, tileset), ZOOM, row, col))
            assert response.status_code in (200, 204)
            if collection == "blocks":
                assert (response.status_code, response.headers["content-type"]) == (200, MVT)
                layers = mapbox_vector_tile.decode(response.content)
                assert any(layer["features"] for layer in layers.values())


@pytest.mark.parametrize(
    ("zoom", "row", "col"),
    [(ZOOM, 2**31 - 1, 2**31 - 1), (ZOOM, 2**ZOOM, 0), (ZOOM, 0, 2**20), (99, 0, 0), (ZOOM, -1, 0), ("x", "y", "z")],
)
@stands_for(TILES, "Tile", "validateTilesErrorConditions")
@stands_for(TILES, f"{PACKAGE}/core/MandatoryCore", "verifyErrorResponses")
def test_tiles_out_of_range_are_refused(portal, tilesets, zoom, row, col):
    """Source: OGC API Tiles Part 1, /req/core/tc-error."""
    for tileset in tilesets["blocks"]:
        response = portal.get(fill(template_of(portal, tileset), zoom, row, col))
        assert response.status_code in (400, 404)
        assert response.headers["content-type"] == "application/problem+json"
