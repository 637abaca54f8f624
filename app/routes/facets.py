"""Facets of a collection: what each choice of each filter would find."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from app.db import SessionDep
from app.links import Link, address
from app.params import Clocks, Filters, Format, parse_moment, parse_selection
from app.queries.facets import list_facets
from app.queries.moments import view_at
from app.queries.tallies import count_matched
from app.routes.common import PROBLEMS, STRICT, CollectionDep, VocabularyDep, base_url, json_response
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.schemas import FacetsShape

router = APIRouter(prefix="/api/collections", tags=["Items"], dependencies=STRICT, responses=PROBLEMS)


class FacetsQuery(Filters, Clocks):
    """All that facets take."""

    f: Format = None


@router.get(
    "/{collection_id}/facets",
    summary="What each choice of each filter would find",
    responses={200: {"model": FacetsShape}, 304: {"description": "The reader's copy (If-None-Match) still holds"}},
)
def read_facets(
    request: Request,
    session: SessionDep,
    collection: CollectionDep,
    vocabulary: VocabularyDep,
    asked: Annotated[FacetsQuery, Query()],
) -> Response:
    selection = parse_selection(asked, collection, vocabulary)
    moment = parse_moment(asked.model_dump(), collection, session, vocabulary)
    etag = make_etag(request, vocabulary.edition)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    view = view_at(collection, moment)
    question = (vocabulary.edition, collection.id, moment)
    found = list_facets(session, view, selection, vocabulary, question)
    here = address(base_url(request), "api", "collections", collection.id)
    query = f"?{request.url.query}" if request.url.query else ""
    links = [
        Link(f"{here}/facets{query}", "self", "application/json", "This document"),
        Link(f"{here}/items{query}", "items", "application/geo+json", "The records"),
    ]
    body = {
        "numberMatched": count_matched(session, view, selection, question),
        "facets": {name: [asdict(choice) for choice in choices] for name, choices in found.choices.items()},
        "histograms": {name: asdict(histogram) for name, histogram in found.histograms.items()},
        "links": [link.as_dict() for link in links],
    }
    return json_response(body, links, headers=cache_headers(etag, vocabulary.edition))
