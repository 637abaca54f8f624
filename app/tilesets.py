"""Documents about tiles: tile matrix sets, a collection's tilesets, and TileJSON.

Source: OGC API Tiles 1.0 (20-057), OGC Two Dimensional Tile Matrix Set 2.0 (17-083r4), TileJSON 3.0.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from app.catalogue import Collection
from app.crs import CRS84
from app.describe import DESCRIPTIONS, property_schema
from app.links import Link, address
from app.queries.tiles import COUNTS_LAYER, MEDIA_TYPE, MOST_SHAPES, fields_of, shapes_from
from app.tiling import TILE_MATRIX_SETS, TileMatrixSet
from app.values import BBox

VECTOR_TILESETS = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector"
TILING_SCHEMES = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes"
_TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
_GEODATA = "http://www.opengis.net/def/rel/ogc/1.0/geodata"
_JSON = "application/json"
# TileJSON knows one pyramid of tiles.
TILEJSON_SET = "WebMercatorQuad"
# A step of a tile's grid is 15 cm there; clients enlarge these tiles rather than ask for more.
GREATEST_ZOOM = 16
_DIMENSIONS = {"Point": 0, "MultiLineString": 1, "MultiPolygon": 2}
_COUNTS: dict[str, dict[str, Any]] = {
    "count": {"type": "integer", "minimum": 1, "title": "Records", "description": "How many records lie in the cell."},
    "id": {"type": "string", "title": "Id", "description": "The record's id, where it is the only one."},
}


class Held(NamedTuple):
    """What a tileset holds: the parameters that it was asked for with, the box of its records, the revision."""

    asked: Mapping[str, str]
    box: BBox | None
    revision: int


def say_rule(collection: Collection) -> str:
    """When a tile holds shapes, and when counts; in words, for people who read a tileset's description."""
    return (
        f"Layer “{collection.id}” has true shapes, layer “{COUNTS_LAYER}” points with the count of records in a cell; "
        f"a tile has one of the two. A selection of up to {MOST_SHAPES:,} records has shapes at every zoom, each "
        f"record in at least one tile. One of up to {4 * MOST_SHAPES:,} has shapes from zoom "
        f"{shapes_from(4 * MOST_SHAPES)} of {TILEJSON_SET} on (one less in WorldCRS84Quad), and one zoom later for "
        "each further fourfold; before that it has counts, which add up to the number matched. A tile that would be "
        "too large with shapes has counts. All filters of the items are taken."
    )


def list_matrix_sets(base: str) -> dict[str, Any]:
    """Source: 20-057, Tiling Schemes; tileMatrixSet-item.yaml."""
    items = []
    for matrix_set in TILE_MATRIX_SETS.values():
        link = Link(f"{base}/api/tileMatrixSets/{matrix_set.id}", "self", _JSON, matrix_set.title)
        items.append(
            {
                "id": matrix_set.id,
                "title": matrix_set.title,
                "uri": matrix_set.uri,
                "crs": matrix_set.crs.uri,
                "links": [link.as_dict()],
            }
        )
    links = [
        Link(f"{base}/api/tileMatrixSets", "self", _JSON, "This document"),
        Link(f"{base}/api", "parent", _JSON, "Landing page"),
    ]
    return {"links": as_dicts(links), "tileMatrixSets": items}


def as_dicts(links: Sequence[Link]) -> list[dict[str, Any]]:
    return [link.as_dict() for link in links]


def list_tilesets(collection: Collection, base: str) -> dict[str, Any]:
    """Source: 20-057, /req/tilesets-list/tileset-links."""
    here = address(base, "api", "collections", collection.id)
    links = [
        Link(f"{here}/tiles", "self", _JSON, "This document"),
        Link(here, "collection", _JSON, collection.title),
    ]
    items = [
        _about(collection, matrix_set)
        | {"links": [*as_dicts(_links(collection, matrix_set, base, {})), _template(collection, matrix_set, base, {})]}
        for matrix_set in TILE_MATRIX_SETS.values()
    ]
    return {"links": as_dicts(links), "tilesets": items}


def describe_tileset(collection: Collection, matrix_set: TileMatrixSet, base: str, held: Held) -> dict[str, Any]:
    """Source: 20-057, /req/tileset/description; 17-083r4, tileSet.yaml."""
    found = _about(collection, matrix_set) | {
        "description": f"{collection.description} {say_rule(collection)}",
        "license": collection.licence,
        "version": str(held.revision),
        "mediaTypes": [MEDIA_TYPE],
        "links": [
            *as_dicts(_links(collection, matrix_set, base, held.asked)),
            _template(collection, matrix_set, base, held.asked),
        ],
        "layers": _layers(collection, base, held.box),
    }
    if collection.attribution:
        found["attribution"] = collection.attribution
    if held.box:
        found["boundingBox"] = _bounding_box(held.box)
        lon, lat, zoom = _centre(held.box, matrix_set)
        found["centerPoint"] = {"coordinates": [lon, lat], "crs": CRS84, "tileMatrix": str(zoom)}
    return found


def tilejson(collection: Collection, matrix_set: TileMatrixSet, base: str, held: Held) -> dict[str, Any]:
    """The tileset as map libraries want it. Source: TileJSON 3.0.0."""
    found: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": collection.title,
        "description": f"{collection.description} {say_rule(collection)}",
        "version": f"{held.revision}.0.0",
        "scheme": "xyz",
        "tiles": [tile_address(collection, matrix_set, base, held.asked, "{z}", "{y}", "{x}")],
        "minzoom": 0,
        "maxzoom": GREATEST_ZOOM,
        "vector_layers": [
            {
                "id": collection.id,
                "description": f"{collection.title}: true shapes",
                "minzoom": 0,
                "maxzoom": GREATEST_ZOOM,
                "fields": {name: DESCRIPTIONS.get(name, name) for name in fields_of(collection)},
            },
            {
                "id": COUNTS_LAYER,
                "description": f"{collection.title}: number of records in a cell",
                "minzoom": 0,
                "maxzoom": GREATEST_ZOOM,
                "fields": {name: schema["description"] for name, schema in _COUNTS.items()},
            },
        ],
    }
    if collection.attribution:
        found["attribution"] = collection.attribution
    if held.box:
        box, limit = held.box, matrix_set.bounds
        south, north = (min(max(lat, limit.south), limit.north) for lat in (box.south, box.north))
        found["bounds"] = [box.west, south, box.east, north]
        found["center"] = list(_centre(held.box, matrix_set))
    return found


def tile_address(
    collection: Collection,
    matrix_set: TileMatrixSet,
    base: str,
    asked: Mapping[str, str],
    zoom: str,
    row: str,
    col: str,
) -> str:
    """The address of a tile, or of all of them where the parts are variables in braces."""
    here = f"{address(base, 'api', 'collections', collection.id, 'tiles', matrix_set.id)}/{zoom}/{row}/{col}"
    return f"{here}?{urlencode(asked)}" if asked else here


def _about(collection: Collection, matrix_set: TileMatrixSet) -> dict[str, Any]:
    return {
        "title": f"{collection.title} ({matrix_set.id})",
        "dataType": "vector",
        "crs": matrix_set.crs.uri,
        "tileMatrixSetURI": matrix_set.uri,
    }


def _links(collection: Collection, matrix_set: TileMatrixSet, base: str, asked: Mapping[str, str]) -> list[Link]:
    collection_address = address(base, "api", "collections", collection.id)
    here = f"{collection_address}/tiles/{matrix_set.id}"
    links = [
        Link(f"{here}?{urlencode(asked)}" if asked else here, "self", _JSON, "The tileset"),
        Link(f"{base}/api/tileMatrixSets/{matrix_set.id}", _TILING_SCHEME, _JSON, matrix_set.title),
        Link(collection_address, _GEODATA, _JSON, collection.title),
    ]
    if matrix_set.id == TILEJSON_SET:
        query = urlencode({**asked, "f": "tilejson"})
        links.append(Link(f"{here}?{query}", "alternate", _JSON, "The tileset as TileJSON"))
    return links


def _template(collection: Collection, matrix_set: TileMatrixSet, base: str, asked: Mapping[str, str]) -> dict[str, Any]:
    href = tile_address(collection, matrix_set, base, asked, "{tileMatrix}", "{tileRow}", "{tileCol}")
    return Link(href, "item", MEDIA_TYPE, "Tiles").as_dict() | {"templated": True}


def _layers(collection: Collection, base: str, box: BBox | None) -> list[dict[str, Any]]:
    geodata = Link(address(base, "api", "collections", collection.id), "geodata", _JSON, collection.title).as_dict()
    # Of a property's schema, what a layer's may say. Source: 17-083r4, propertiesSchema.yaml.
    said = ("title", "description", "type", "enum", "format")
    shapes = {
        name: {key: part for key, part in property_schema(collection, name).items() if key in said}
        for name in fields_of(collection)
    }
    common = {"dataType": "vector", "links": [geodata]} | ({"boundingBox": _bounding_box(box)} if box else {})
    return [
        {
            "id": collection.id,
            "title": collection.title,
            "description": "True shapes. A value that is not known is left out.",
            "geometryDimension": _DIMENSIONS[collection.geometry_type],
            "propertiesSchema": {"type": "object", "required": ["id"], "properties": shapes},
            **common,
        },
        {
            "id": COUNTS_LAYER,
            "title": f"{collection.title}: counts",
            "description": "Points, each for all records of a cell, in place of their shapes.",
            "geometryDimension": 0,
            "propertiesSchema": {"type": "object", "required": ["count"], "properties": _COUNTS},
            **common,
        },
    ]


def _bounding_box(box: BBox) -> dict[str, Any]:
    return {"lowerLeft": [box.west, box.south], "upperRight": [box.east, box.north], "crs": CRS84}


def _centre(box: BBox, matrix_set: TileMatrixSet) -> tuple[float, float, int]:
    """The middle of a box, and the last zoom at which a tile is as wide and, near the equator, as high as the box."""
    side = max(box.east - box.west, box.north - box.south)
    zoom = 0
    while zoom < GREATEST_ZOOM and 360.0 / matrix_set.columns_at(zoom + 1) >= side:
        zoom += 1
    lat = min(max((box.south + box.north) / 2, matrix_set.bounds.south), matrix_set.bounds.north)
    return round((box.west + box.east) / 2, 6), round(lat, 6), zoom
