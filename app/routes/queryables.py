"""By what a collection can be filtered, as JSON Schema, and the functions that CQL2 knows here."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from app.catalogue import COLLECTIONS, Collection, view_of
from app.describe import geometry_schema, property_schema
from app.filters import GEOMETRY, list_queryables
from app.links import Link, address
from app.params import Format
from app.routes.common import PROBLEMS, STRICT, CollectionDep, base_url, json_response

router = APIRouter(prefix="/api", tags=["Collections"], dependencies=STRICT, responses=PROBLEMS)

MEDIA_TYPE = "application/schema+json"
REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DOCUMENT: dict[int | str, dict[str, Any]] = {200: {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}}


@router.get(
    "/collections/{collection_id}/queryables",
    summary="Properties to filter by",
    responses=_DOCUMENT,
    response_class=Response,
)
def read_queryables(request: Request, collection: CollectionDep, f: Format = None) -> Response:
    here = address(base_url(request), "api", "collections", collection.id)
    properties = {name: _schema(collection, name) for name in list_queryables(view_of(collection))}
    description = "Properties that filter takes in CQL2, and all but the geometry as parameters of their own name."
    links = [
        Link(f"{here}/queryables", "self", MEDIA_TYPE, "This document"),
        Link(here, "collection", "application/json", collection.title),
    ]
    document = _document(f"{here}/queryables", collection.title, description, properties)
    return json_response(document, links, MEDIA_TYPE)


@router.get(
    "/queryables", summary="Properties to filter all collections by", responses=_DOCUMENT, response_class=Response
)
def read_shared_queryables(request: Request, f: Format = None) -> Response:
    """What every collection can be filtered by. Source: OGC API Features Part 3, /req/queryables."""
    here = f"{base_url(request)}/api/queryables"
    each = [set(list_queryables(view_of(collection))) for collection in COLLECTIONS.values()]
    shared = [name for name in list_queryables(view_of(COLLECTIONS["blocks"])) if all(name in names for names in each)]
    properties = {name: _schema(COLLECTIONS["blocks"], name) for name in shared}
    properties[GEOMETRY] = {"title": "Geometry", "description": "Where it lies.", "format": "geometry-any"}
    description = "Properties that every collection has."
    links = [Link(here, "self", MEDIA_TYPE, "This document")]
    return json_response(_document(here, "All collections", description, properties), links, MEDIA_TYPE)


@router.get("/functions", summary="Functions of CQL2 beyond the standard's", response_model=dict[str, Any])
def list_functions(request: Request, f: Format = None) -> Response:
    """None: what CQL2 itself defines is enough. Source: OGC API Features Part 3, /req/functions."""
    return json_response({"functions": []})


def _document(here: str, title: str, description: str, properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "$schema": _DIALECT,
        "$id": here,
        "type": "object",
        "title": title,
        "description": description,
        "properties": properties,
        "additionalProperties": False,
    }


def _schema(collection: Collection, name: str) -> dict[str, Any]:
    return geometry_schema(collection) if name == GEOMETRY else property_schema(collection, name)
