"""The search box: what a text was understood as, and suggestions while it is typed."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from app.db import SessionDep
from app.errors import BadParameter
from app.languages import gettext as _
from app.routes.common import PROBLEMS, STRICT, Lang, VocabularyDep, json_response
from app.routes.conditional import cache_headers, make_etag, not_modified
from app.search.asked import read
from app.search.canonical import MOST_CHARACTERS
from app.search.shapes import SuggestionsShape
from app.search.suggest import as_document, suggest

router = APIRouter(prefix="/api", tags=["Search"], dependencies=STRICT, responses=PROBLEMS)

_DEFAULT, _MOST = 5, 20
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"model": SuggestionsShape},
    304: {"description": "The reader's copy (If-None-Match) still holds"},
}


@router.get("/suggestions", summary="What a text means, and suggestions while it is typed", responses=_ANSWERS)
def read_suggestions(
    request: Request,
    session: SessionDep,
    vocabulary: VocabularyDep,
    q: Annotated[
        str,
        Query(
            description="Free text: minerals, places, stages, statuses, tranches, names of blocks and companies, "
            f"numbers of tender documents, a pair of coordinates; at most {MOST_CHARACTERS} characters.",
        ),
    ] = "",
    limit: Annotated[
        int,
        Query(ge=1, description=f"Suggestions a group, {_DEFAULT} where none is said; more than {_MOST} is {_MOST}."),
    ] = _DEFAULT,
    lang: Lang = None,
) -> Response:
    if "\0" in q:
        raise BadParameter(_("%(name)s holds a NUL character; leave it out.", name="q"), parameter="q")
    if len(q) > MOST_CHARACTERS:
        detail = _(
            "q has %(number)s characters; at most %(most)s are read. A few words are enough.",
            number=len(q),
            most=MOST_CHARACTERS,
        )
        raise BadParameter(detail, parameter="q")
    etag = make_etag(request, vocabulary.edition)
    if unchanged := not_modified(request, etag, vocabulary.edition):
        return unchanged
    asked = read(session, vocabulary, q)
    understood = asked.understood()
    groups = suggest(asked, understood, min(limit, _MOST))
    return json_response(as_document(q, understood, groups), headers=cache_headers(etag, vocabulary.edition))
