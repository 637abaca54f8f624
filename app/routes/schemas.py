"""What a collection's features are made of, and by what they can be put in order, as JSON Schema."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.catalogue import Collection
from app.describe import geometry_schema, property_schema, required_properties
from app.links import Link, address
from app.params import Format
from app.routes.common import PROBLEMS, STRICT, CollectionDep, base_url, json_response

router = APIRouter(
    prefix="/api/collections",
    tags=["Collections"],
    dependencies=STRICT,
    responses=PROBLEMS,
)

MEDIA_TYPE = "application/schema+json"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}}


def schema_links(here: str) -> list[Link]:
    """Links of a collection at `here` to its schemas and its sortables."""
    rel = "http://www.opengis.net/def/rel/ogc/1.0/{}"
    as_geojson = Link(f"{here}/feature-schema", "describedby", MEDIA_TYPE, "Schema of a GeoJSON feature")
    return [
        as_geojson,
        # Names of relations are the same in any case (RFC 8288, 2.1.1); GDAL before 3.9 knows only this spelling.
        as_geojson._replace(rel="describedBy"),
        Link(f"{here}/schema", rel.format("schema"), MEDIA_TYPE, "Schema of the features"),
        Link(f"{here}/sortables", rel.format("sortables"), MEDIA_TYPE, "Properties to sort by"),
    ]


@router.get("/{collection_id}/schema", summary="Schema of the features", responses=_DOCUMENT, response_class=Response)
def read_schema(request: Request, collection: CollectionDep, f: Format = None) -> Response:
    properties = {name: property_schema(collection, name) for name in collection.properties}
    # The geometry after id and name, as GeoJSON readers show it.
    ordered = [*collection.properties[:2], "geometry", *collection.properties[2:]]
    properties["geometry"] = geometry_schema(collection)
    return _answer(
        request,
        collection,
        "schema",
        description=f"{collection.description} A value that is not known is null.",
        properties={
            name: properties[name] | {"x-ogc-propertySeq": place} for place, name in enumerate(ordered, start=1)
        },
        required=[*required_properties(collection), "geometry"],
    )


@router.get("/{collection_id}/sortables", summary="Properties to sort by", responses=_DOCUMENT, response_class=Response)
def read_sortables(request: Request, collection: CollectionDep, f: Format = None) -> Response:
    return _answer(
        request,
        collection,
        "sortables",
        description="Properties that sortby takes; features without a value come last, equal ones in the order of ids.",
        properties={name: property_schema(collection, name) for name in collection.sortables},
    )


@router.get(
    "/{collection_id}/feature-schema",
    summary="Schema of a GeoJSON feature",
    responses=_DOCUMENT,
    response_class=Response,
)
def read_feature_schema(request: Request, collection: CollectionDep, f: Format = None) -> Response:
    """The same as `schema`, laid out as GeoJSON: GDAL takes the fields from it, else guesses them from ten features.

    The id stands beside the properties only: GDAL would have it twice.
    """
    properties = {name: property_schema(collection, name) for name in collection.properties if name != "id"}
    geometry = {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"type": "string", "enum": [collection.geometry_type]},
            "coordinates": {"type": "array"},
        },
    }
    return _answer(
        request,
        collection,
        "feature-schema",
        description="A GeoJSON feature of the collection: the types of what is known; what is not known is null.",
        required=["type", "id", "geometry", "properties"],
        properties={
            "type": {"type": "string", "enum": ["Feature"]},
            "id": property_schema(collection, "id"),
            "geometry": geometry,
            "properties": {"type": "object", "properties": properties},
        },
        additionalProperties=True,
    )


def _answer(request: Request, collection: Collection, name: str, **members: Any) -> Response:
    """A schema, which allows what it names and nothing else unless `members` say otherwise.

    Source: OGC API Features Part 5, /req/schemas/json-schema; Part 8 (draft), /req/sortables/get-sortables-success.
    """
    collection_address = address(base_url(request), "api", "collections", collection.id)
    here = f"{collection_address}/{name}"
    document = {
        "$schema": _DIALECT,
        "$id": here,
        "type": "object",
        "title": collection.title,
        "additionalProperties": False,
        **members,
    }
    links = [
        Link(here, "self", MEDIA_TYPE, "This document"),
        Link(collection_address, "collection", "application/json", collection.title),
    ]
    return json_response(document, links, MEDIA_TYPE)
