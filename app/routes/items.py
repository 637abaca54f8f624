"""Items of a collection: pages of features, and one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ConfigDict
from sqlalchemy.orm import Session

from app.catalogue import Collection
from app.db import SessionDep
from app.filters import where
from app.geojson import MEDIA_TYPE, feature, feature_collection
from app.links import Ends, Link, address, paging
from app.params import (
    Clocks,
    Crs,
    Filters,
    Format,
    Slice,
    Systems,
    check_names,
    parse_crs,
    parse_moment,
    parse_selection,
    parse_slice,
)
from app.params.paging import make_key_token, question_of
from app.queries.items import get_feature, list_features
from app.queries.moments import find_renamed, view_at
from app.queries.tallies import count_at_once, find_count, find_deep
from app.queries.vocabulary import Vocabulary
from app.routes.bodies import BODY, TOO_LARGE, UNSUPPORTED, BodyDep, merge_body
from app.routes.common import (
    PROBLEMS,
    STRICT,
    CollectionDep,
    VocabularyDep,
    base_url,
    content_crs,
    json_response,
)
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.schemas import FeatureCollectionShape, FeatureShape

router = APIRouter(prefix="/api/collections", tags=["Items"], dependencies=STRICT, responses=PROBLEMS)


class ItemQuery(Clocks):
    """All that one item takes."""

    model_config = ConfigDict(extra="ignore")
    crs: Crs = None
    f: Format = None


class ItemsQuery(Filters, Clocks, Systems, Slice):
    """All that a page of items takes."""

    f: Format = None


_FEATURES: dict[int | str, dict[str, Any]] = {200: {"model": FeatureCollectionShape, "content": {MEDIA_TYPE: {}}}}


@router.get("/{collection_id}/items", summary="A page of features", responses=_FEATURES)
def list_items(
    request: Request,
    session: SessionDep,
    collection: CollectionDep,
    vocabulary: VocabularyDep,
    asked: Annotated[ItemsQuery, Query()],
) -> Response:
    return _answer_page(request, session, collection, vocabulary, asked, dict(request.query_params))


@router.post(
    "/{collection_id}/items",
    summary="A page of features, where the question is too long for an address",
    responses={**_FEATURES, 413: TOO_LARGE, 415: UNSUPPORTED},
    openapi_extra={"requestBody": BODY},
)
def search_items(
    request: Request, session: SessionDep, collection: CollectionDep, vocabulary: VocabularyDep, sent: BodyDep
) -> Response:
    """The parameters of GET as a form, or CQL2 as JSON with all other parameters in the address."""
    given = merge_body(request, sent)
    check_names(request, given)
    return _answer_page(request, session, collection, vocabulary, ItemsQuery.model_validate(given), given)


def _answer_page(
    request: Request,
    session: Session,
    collection: Collection,
    vocabulary: Vocabulary,
    asked: ItemsQuery,
    given: Mapping[str, str],
) -> Response:
    selection = parse_selection(asked, collection, vocabulary)
    crs = parse_crs("crs", asked.crs)
    question = question_of(request.url.path, given)
    page = parse_slice(asked, collection, question)
    moment = parse_moment(asked.model_dump(), collection, session, vocabulary)
    etag = make_etag(request, vocabulary.edition, given)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    view = view_at(collection, moment)
    condition = where(view, selection)

    about = vocabulary.edition, collection.id, moment
    found = list_features(
        session,
        view,
        condition,
        page,
        lambda: count_at_once(session, view, selection, about),
        crs,
        find_count(session, view, selection, about),
        find_deep(session, view, selection, page, about),
    )
    here = address(base_url(request), "api", "collections", collection.id)
    ends = Ends(
        *(
            make_key_token(key, question, backwards=backwards) if key else None
            for key, backwards in ((found.last_key, False), (found.first_key, True))
        )
    )
    links = [
        *paging(f"{here}/items", given, page, ends, MEDIA_TYPE),
        Link(here, "collection", "application/json", collection.title),
    ]
    body = feature_collection(
        found.features,
        number_matched=found.number_matched,
        links=links,
        revision=moment.revision or vocabulary.revision,
        attribution=collection.attribution,
    )
    return json_response(body, links, MEDIA_TYPE, cache_headers(etag, vocabulary.edition) | content_crs(crs))


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
    crs = parse_crs("crs", asked.crs)
    etag = make_etag(request, vocabulary.edition)
    moment = parse_moment(asked.model_dump(), collection, session, vocabulary)
    view = view_at(collection, moment)
    if renamed := find_renamed(session, view, item_id):
        here = address(base_url(request), "api", "collections", collection.id, "items", renamed)
        return RedirectResponse(f"{here}?{request.url.query}" if request.url.query else here, 308)
    found = get_feature(session, view, item_id, crs)
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
        cache_headers(etag, vocabulary.edition) | content_crs(crs),
    )
