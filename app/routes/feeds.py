"""Feeds of changes: the same for everybody at the same second, back to the beginning."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.orm import Session

from app.catalogue import COLLECTIONS, Collection
from app.db import SessionDep
from app.errors import BadParameter
from app.feeds import ATOM_TYPE, JSON_TYPE, Page, make_entry, write_atom, write_json_feed
from app.links import Link, link_header
from app.params import Filters, given_filters, parse_selection
from app.params.moments import parse_revision
from app.params.paging import make_token, parse_limit, read_token
from app.queries.changes import Change, Key, list_changes
from app.queries.vocabulary import Vocabulary, nearest
from app.routes.common import PROBLEMS, STRICT, VocabularyDep, base_url
from app.routes.conditional import cache_headers, make_etag, not_modified

router = APIRouter(prefix="/feeds", tags=["Feeds"], dependencies=STRICT, responses=PROBLEMS)

DEFAULT_LIMIT, MAXIMUM_LIMIT = 50, 500


class FeedQuery(Filters):
    """All that a feed takes."""

    collection: Annotated[str, Query(description=f"Whose changes: {', '.join(COLLECTIONS)}.")] = "blocks"
    revision: Annotated[str | None, Query(description="Changes up to this revision: its number, or a time.")] = None
    limit: Annotated[
        str | None, Query(description=f"Entries a page, 1 to {MAXIMUM_LIMIT}; more is served as {MAXIMUM_LIMIT}.")
    ] = None
    token: Annotated[str | None, Query(description="Of a next page, as its link has it.")] = None


@router.get(
    "/changes.atom",
    summary="Changes as an Atom feed",
    responses={200: {"content": {ATOM_TYPE: {"schema": {"type": "string"}}}}},
    response_class=Response,
)
def atom(
    request: Request, session: SessionDep, vocabulary: VocabularyDep, asked: Annotated[FeedQuery, Query()]
) -> Response:
    return _answer(request, session, vocabulary, asked, ATOM_TYPE)


@router.get(
    "/changes.json",
    summary="Changes as a JSON Feed",
    responses={200: {"content": {JSON_TYPE: {"schema": {"type": "object"}}}}},
    response_class=Response,
)
def json_feed(
    request: Request, session: SessionDep, vocabulary: VocabularyDep, asked: Annotated[FeedQuery, Query()]
) -> Response:
    return _answer(request, session, vocabulary, asked, JSON_TYPE)


def _answer(request: Request, session: Session, vocabulary: Vocabulary, asked: FeedQuery, media_type: str) -> Response:
    collection = _find_collection(asked.collection)
    selection = parse_selection(asked, collection, vocabulary)
    limit = parse_limit(asked.limit, default=DEFAULT_LIMIT, maximum=MAXIMUM_LIMIT)
    before = _parse_before(session, vocabulary, asked)
    etag = make_etag(request, vocabulary.edition)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    # One more than the page holds tells whether there is a next one.
    changes = list_changes(session, collection, selection, before=before, limit=limit + 1)
    page = _page_of(request, vocabulary, asked, changes, limit)
    entries = [make_entry(change, collection, base_url(request)) for change in changes[:limit]]
    write = write_atom if media_type == ATOM_TYPE else write_json_feed
    links = [Link(page.here, "self", media_type)]
    if page.next:
        links.append(Link(page.next, "next", media_type))
    headers = {**link_header(links), **cache_headers(etag, vocabulary.edition)}
    return Response(write(page, entries), media_type=media_type, headers=headers)


def _find_collection(name: str) -> Collection:
    if name not in COLLECTIONS:
        close = nearest(name, list(COLLECTIONS))
        raise BadParameter(
            f"collection: there is no “{name}”; there are {', '.join(COLLECTIONS)}.",
            parameter="collection",
            suggestions=close,
        )
    return COLLECTIONS[name]


def _bound_to(asked: FeedQuery) -> dict[str, str]:
    """The parameters that make one feed, which a token goes with; how long its pages are is no part of it."""
    revision = {} if asked.revision is None else {"revision": asked.revision}
    return {"collection": asked.collection, **revision, **given_filters(asked)}


def _parse_before(session: Session, vocabulary: Vocabulary, asked: FeedQuery) -> Key | None:
    """The key after which the page begins; None for the newest change.

    Raises: BadParameter.
    """
    number = parse_revision(asked.revision, session, vocabulary) if asked.revision is not None else None
    if asked.token is not None:
        return read_token(asked.token, _bound_to(asked))
    return None if number is None else (number + 1, "")


def _page_of(request: Request, vocabulary: Vocabulary, asked: FeedQuery, changes: list[Change], limit: int) -> Page:
    bound = _bound_to(asked)
    collection = COLLECTIONS[asked.collection]
    here = base_url(request) + request.url.path
    length = {"limit": asked.limit} if asked.limit else {}
    filters = [f"{name} {text}" for name, text in bound.items() if name != "collection"]

    def address(**more: str) -> str:
        query = urlencode({**{n: t for n, t in bound.items() if (n, t) != ("collection", "blocks")}, **length, **more})
        return f"{here}?{query}" if query else here

    following = None
    if len(changes) > limit:
        last = changes[limit - 1]
        following = address(token=make_token(last.made.number, last.id, bound))
    return Page(
        key=urlencode(sorted(bound.items())),
        title=f"Khanij Atlas: changes of {collection.title.lower()}",
        subtitle=f"What changed in {collection.title.lower()}"
        + (f", where {', '.join(filters)}" if filters else "")
        + ": one entry for each record and revision, the newest first.",
        here=address(token=asked.token) if asked.token else address(),
        first=address(),
        next=following,
        home=f"{base_url(request)}/",
        is_archive=asked.token is not None,
        updated=changes[0].made.at if changes else vocabulary.edition.at,
        rights=f"{collection.licence}. {collection.attribution}".rstrip(". "),
    )
