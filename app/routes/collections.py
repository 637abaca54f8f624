"""The collections and what each is."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import true
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, Collection, view_of
from app.crs import CRS84, SYSTEMS
from app.db import SessionDep
from app.downloads import FORMATS
from app.geojson import MEDIA_TYPE
from app.links import Link
from app.params import Format
from app.queries.items import count_features, get_extent, get_time_extent
from app.routes.common import PROBLEMS, STRICT, CollectionDep, base_url, json_response
from app.routes.queryables import MEDIA_TYPE as SCHEMA_TYPE
from app.routes.queryables import REL as QUERYABLES
from app.routes.schemas import schema_links
from app.schemas import Collections, CollectionShape
from app.tilesets import VECTOR_TILESETS

router = APIRouter(
    prefix="/api",
    tags=["Collections"],
    dependencies=STRICT,
    responses={status: about for status, about in PROBLEMS.items() if status != 404},
)


@router.get("/collections", response_model=Collections, summary="All collections")
def list_collections(request: Request, session: SessionDep, f: Format = None) -> Response:
    base = base_url(request)
    links = [
        Link(f"{base}/api/collections", "self", "application/json", "This document"),
        Link(f"{base}/api", "parent", "application/json", "Landing page"),
    ]
    described = [describe(session, c, base) for c in COLLECTIONS.values()]
    body = {"links": [x.as_dict() for x in links], "crs": list(SYSTEMS), "collections": described}
    return json_response(body, links)


@router.get(
    "/collections/{collection_id}",
    response_model=CollectionShape,
    summary="One collection",
    responses={404: PROBLEMS[404]},
)
def read_collection(request: Request, session: SessionDep, collection: CollectionDep, f: Format = None) -> Response:
    return json_response(describe(session, collection, base_url(request)), links_of(collection, base_url(request)))


def links_of(collection: Collection, base: str) -> list[Link]:
    here = f"{base}/api/collections/{collection.id}"
    return [
        Link(here, "self", "application/json", "This document"),
        Link(f"{here}/items", "items", MEDIA_TYPE, collection.title),
        Link(f"{base}/api/collections", "parent", "application/json", "All collections"),
        Link(f"{here}/queryables", QUERYABLES, SCHEMA_TYPE, "Properties to filter by"),
        *schema_links(here),
        Link(f"{here}/tiles", VECTOR_TILESETS, "application/json", "Vector tiles"),
        *(
            Link(
                f"{base}/download/{collection.id}.{ending}", "enclosure", kind.media_type, f"All of it as {kind.title}"
            )
            for ending, kind in FORMATS.items()
        ),
    ]


def describe(session: Session, collection: Collection, base: str) -> dict[str, Any]:
    """A collection's description with its extent and the number of its items.

    Source: OGC API Features 1.0, /req/core/fc-md-success; the extent is left out where nothing is there.
    """
    view = view_of(collection)
    described: dict[str, Any] = {
        "id": collection.id,
        "title": collection.title,
        "description": collection.description,
        "license": collection.licence,
        "itemType": "feature",
        "crs": list(SYSTEMS),
        "storageCrs": CRS84,
        "geometryType": collection.geometry_type,
        "itemCount": count_features(session, view, true()),
        "links": [link.as_dict() for link in links_of(collection, base)],
    }
    if collection.attribution:
        described["attribution"] = collection.attribution
    extent: dict[str, Any] = {}
    if box := get_extent(session, view):
        extent["spatial"] = {"bbox": [list(box)], "crs": CRS84}
    if period := get_time_extent(session, view):
        ends = [f"{day.isoformat()}T00:00:00Z" if day else None for day in period]
        extent["temporal"] = {"interval": [ends], "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"}
    return described | ({"extent": extent} if extent else {})
