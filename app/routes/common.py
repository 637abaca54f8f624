"""What the API's routes share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from fastapi import Depends, Path, Query, Request, Response

from app.catalogue import COLLECTIONS, Collection
from app.crs import Crs
from app.db import SessionDep
from app.errors import NotFound
from app.languages import gettext as _
from app.links import Link, link_header
from app.params import refuse_doubled, refuse_unknown
from app.queries.vocabulary import Vocabulary, get_vocabulary, nearest
from app.schemas import Problem

# Of what the pages' scripts show as it comes. Programs, which say nothing, get English.
Lang = Annotated[
    Literal["en", "hi", "te", "or", "mr", "gu"] | None,
    Query(description="Language of the words; English (en) where none is said."),
]
STRICT = [Depends(refuse_unknown), Depends(refuse_doubled)]
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": title,
        "content": {"application/problem+json": {"schema": Problem.model_json_schema()}},
    }
    for status, title in (
        (400, "Invalid or unknown parameter"),
        (404, "Not found"),
        # What the guards answer, at any address.
        (414, "Address too long"),
        (429, "Too many requests"),
        (431, "Headers too large"),
        (503, "Database away"),
    )
}


async def get_collection(collection_id: Annotated[str, Path(description="Collection id")]) -> Collection:
    """The collection of the address.

    Raises: NotFound, with the nearest ids.
    """
    found = COLLECTIONS.get(collection_id)
    if found is None:
        raise NotFound(
            _(
                "There is no collection “%(collection_id)s”; there are %(collections)s.",
                collection_id=collection_id,
                collections=", ".join(COLLECTIONS),
            ),
            suggestions=nearest(collection_id, list(COLLECTIONS)),
        )
    return found


def vocabulary_dependency(session: SessionDep) -> Vocabulary:
    return get_vocabulary(session)


CollectionDep = Annotated[Collection, Depends(get_collection)]
VocabularyDep = Annotated[Vocabulary, Depends(vocabulary_dependency)]


def content_crs(crs: Crs) -> dict[str, str]:
    """The header that names the reference system. Source: OGC API Features Part 2, /req/crs/ogc-crs-header."""
    return {"Content-Crs": f"<{crs.uri}>"}


def base_url(request: Request) -> str:
    """Where the portal lies, without a slash at the end."""
    return (request.app.state.settings.public_url or str(request.base_url)).rstrip("/")


def json_response(
    body: Mapping[str, Any] | bytes,
    links: Sequence[Link] = (),
    media_type: str = "application/json",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """JSON with its links in the header as well."""
    content = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(
        content,
        media_type=media_type,
        headers={**(link_header(links) if links else {}), "Vary": "Accept", **(headers or {})},
    )
