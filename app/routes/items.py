"""Items of a collection: pages of features, and one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.db import SessionDep
from app.filters import where
from app.geojson import MEDIA_TYPE, feature, feature_collection
from app.links import Link, address, paging
from app.params import CRS84, Clocks, Filters, Format, Slice, Systems, parse_moment, parse_selection, parse_slice
from app.queries.items import get_feature, list_features
from app.queries.moments import find_renamed, view_at
from app.routes.common import PROBLEMS, STRICT, CollectionDep, VocabularyDep, base_url, json_response
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.schemas import FeatureCollectionShape, FeatureShape

router = APIRouter(prefix="/api/collections", tags=["Items"], dependencies=STRICT, responses=PROBLEMS)

# Source: OGC API Features Part 2, /req/crs/ogc-crs-header.
_IN_CRS84 = {"Content-Crs": f"<{CRS84}>"}


class ItemQuery(Clocks, Systems):
    """All that one item takes."""

    f: Format = None


class ItemsQuery(Filters, Clocks, Systems, Slice):
    """All that a page of items takes."""

    f: Format = None


@router.get(
    "/{collection_id}/items",
    summary="A page of features",
    responses={200: {"model": FeatureCollectionShape, "content": {MEDIA_TYPE: {}}}},
)
def list_items(
    request: Request,
    session: SessionDep,
    collection: CollectionDep,
    vocabulary: VocabularyDep,
    asked: Annotated[ItemsQuery, Query()],
) -> Response:
    selection = parse_selection(asked, collection, vocabulary)
    page = parse_slice(asked, collection)
    moment = parse_moment(asked.model_dump(), collection, session, vocabulary)
    etag = make_etag(request, vocabulary.edition)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    view = view_at(collection, moment)
    found = list_features(session, view, where(view, selection), page)
    here = address(base_url(request), "api", "collections", collection.id)
    links = [
        *paging(f"{here}/items", request.query_params, page, found.number_matched, MEDIA_TYPE),
        Link(here, "collection", "application/json", collection.title),
    ]
    body = feature_collection(
        found.features,
        number_matched=found.number_matched,
        links=links,
        revision=moment.revision or vocabulary.revision,
        attribution=collection.attribution,
    )
    return json_response(body, links, MEDIA_TYPE, cache_headers(etag, vocabulary.edition) | _IN_CRS84)


@router.get(
    "/{collection_id}/items/{item_id}",
    summary="One feature with its sources",
    responses={200: {"model": FeatureShape, "content": {MEDIA_TYPE: {}}}},
)
def read_item(
    request: Request,
    session: SessionDep,
    collection: CollectionDep,
    vocabulary: VocabularyDep,
    item_id: Annotated[str, Path(description="Item id")],
    asked: Annotated[ItemQuery, Query()],
) -> Response:
    etag = make_etag(request, vocabulary.edition)
    moment = parse_moment(asked.model_dump(), collection, session, vocabulary)
    view = view_at(collection, moment)
    if renamed := find_renamed(session, view, item_id):
        here = address(base_url(request), "api", "collections", collection.id, "items", renamed)
        return RedirectResponse(f"{here}?{request.url.query}" if request.url.query else here, 308)
    found = get_feature(session, view, item_id)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    base = base_url(request)
    here = address(base, "api", "collections", collection.id)
    links = [
        Link(address(here, "items", item_id), "self", MEDIA_TYPE, "This feature"),
        Link(here, "collection", "application/json", collection.title),
    ]
    if collection.page:
        links.append(Link(base + collection.page.format(id=item_id), "alternate", "text/html", "Page for people"))
    return json_response(
        feature(found.feature, sources=found.sources, links=links),
        links,
        MEDIA_TYPE,
        cache_headers(etag, vocabulary.edition),
    )
